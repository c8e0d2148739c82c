// What a reader can do with tickets.
// @ts-check

import { t, word } from "../core/words.js";

const PRIORITIES = ["low", "normal", "high", "urgent"];

/** @param {string} name @param {string[]} values @returns {[string, string][]} */
function choices(name, values) {
  return values.map((value) => [value, word(name, value)]);
}

/** @param {string} [customer] who asks, if that is known @returns {import("./command.js").Wanted} */
export function openTicket(customer) {
  return {
    title: t("ticket.open"),
    method: "POST",
    path: "/v1/tickets",
    fields: [
      { name: "title", label: t("ticket.title"), required: true },
      { name: "description", label: t("ticket.description"), kind: "textarea" },
      { name: "priority", label: t("ticket.priority"), kind: "select", options: choices("priority", PRIORITIES), value: "normal" },
      { name: "category", label: t("ticket.category") },
      { name: "customer_id", label: t("ticket.requester"), value: customer ?? "", hint: t("ticket.requester.hint") },
    ],
    body: (values) => ({ opened_by: "agent", ...values }),
  };
}

/** @param {any} ticket @returns {import("./command.js").Wanted[]} */
export function ticketCommands(ticket) {
  const path = `/v1/tickets/${ticket.id}`;
  const done = ["solved", "closed"].includes(ticket.status);
  const waiting = ["pending", "on_hold"].includes(ticket.status);
  const reason = { name: "reason", label: t("command.reason"), hint: t("command.reason.hint") };
  /** @type {(import("./command.js").Wanted | false)[]} */
  const commands = [
    ticket.status !== "closed" && {
      title: t("ticket.reply"),
      method: "POST",
      path: `${path}/replies`,
      fields: [
        { name: "body", label: t("ticket.text"), kind: "textarea", required: true },
        { name: "visibility", label: t("ticket.visibility"), kind: "select", options: choices("visibility", ["public", "internal"]) },
      ],
      body: (values) => ({ by: "agent", ...values }),
    },
    {
      title: t("ticket.assign"),
      method: "PUT",
      path: `${path}/assignment`,
      fields: [
        { name: "owner", label: t("ticket.agent"), value: ticket.agent ?? "" },
        { name: "team", label: t("ticket.team"), value: ticket.team ?? "" },
      ],
      body: ({ owner, team }) => ({ owner: owner ?? null, team: team ?? null }),
    },
    !done && {
      title: t("ticket.solve"),
      method: "POST",
      path: `${path}/solution`,
      fields: [
        { name: "resolution", label: t("ticket.resolution"), kind: "textarea" },
        { name: "code", label: t("ticket.code"), hint: t("command.reason.hint") },
      ],
    },
    !done && !waiting && { title: t("ticket.pend"), method: "POST", path: `${path}/pending`, fields: [] },
    !done && waiting && { title: t("ticket.resume"), method: "POST", path: `${path}/resumption`, fields: [] },
    ticket.status === "solved" && { title: t("ticket.reopen"), method: "POST", path: `${path}/reopening`, fields: [reason] },
    ticket.status !== "closed" && { title: t("ticket.close"), method: "POST", path: `${path}/closure`, fields: [] },
  ];
  return commands.filter((command) => command !== false);
}

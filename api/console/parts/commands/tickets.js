// What a reader can do with tickets.
// @ts-check

import { t } from "../../core/words.js";
import { annotations, choices, offered, reason } from "./shared.js";

/** @typedef {import("../command.js").Wanted} Wanted */

const PRIORITIES = ["low", "normal", "high", "urgent"];
const LINKED = ["customer", "order", "ticket"];
const DISCARDED = ["spam", "duplicate", "test", "invalid"];

/** The usual priorities, and the one that the ticket has. @param {string | null} [given] */
function priorities(given) {
  return choices("priority", given == null || PRIORITIES.includes(given) ? PRIORITIES : [given, ...PRIORITIES]);
}

/** @param {string} [customer] who asks, if that is known @returns {Wanted} */
export function openTicket(customer) {
  return {
    title: t("ticket.open"),
    method: "POST",
    path: "/v1/tickets",
    fields: [
      { name: "title", label: t("ticket.title"), required: true },
      { name: "description", label: t("ticket.description"), kind: "textarea" },
      { name: "priority", label: t("ticket.priority"), kind: "select", options: priorities(), value: "normal" },
      { name: "category", label: t("ticket.category") },
      { name: "customer_id", label: t("ticket.requester"), kind: "customer", value: customer ?? "" },
    ],
    body: (values) => ({ opened_by: "agent", ...values }),
  };
}

/** @param {any} ticket @returns {Wanted[]} */
export function ticketCommands(ticket) {
  const path = `/v1/tickets/${ticket.id}`;
  const closed = ticket.status === "closed";
  const done = closed || ticket.status === "solved";
  const waiting = ["pending", "on_hold"].includes(ticket.status);
  const menu = t("page.ticket");
  const body = /** @type {const} */ ({ name: "body", label: t("ticket.text"), kind: "textarea", required: true });
  return [
    ...offered([
      !closed && { title: t("ticket.reply"), method: "POST", path: `${path}/replies`, fields: [body], body: (values) => ({ by: "agent", ...values }) },
      !closed && {
        title: t("ticket.note"),
        what: t("ticket.note.what"),
        method: "POST",
        path: `${path}/replies`,
        fields: [body],
        body: (values) => ({ by: "agent", visibility: "internal", ...values }),
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
      (ticket.status === "solved" || ticket.discarded) && { title: t("ticket.reopen"), method: "POST", path: `${path}/reopening`, fields: [reason()] },
      !closed && { title: t("ticket.close"), method: "POST", path: `${path}/closure`, fields: [] },
    ]),
    ...waits(ticket, path, !done, waiting),
    ...details(ticket, path),
    ...annotations(path, ticket, menu, "agent"),
    ...ends(path, menu, closed),
  ];
}

/** Who has to act next. @param {any} ticket @param {string} path @param {boolean} unsolved @param {boolean} waiting @returns {Wanted[]} */
function waits(ticket, path, unsolved, waiting) {
  const menu = t("ticket.waits");
  return offered([
    unsolved && waiting && { title: t("ticket.resume"), menu, method: "POST", path: `${path}/resumption`, fields: [] },
    unsolved && ticket.status !== "pending" && { title: t("ticket.pend"), menu, method: "POST", path: `${path}/pending`, fields: [] },
    unsolved && ticket.status !== "on_hold" && { title: t("ticket.hold"), menu, method: "POST", path: `${path}/hold`, fields: [reason()] },
    unsolved && { title: t("ticket.escalate"), menu, method: "POST", path: `${path}/escalation`, fields: [{ name: "team", label: t("ticket.team") }, reason()] },
  ]);
}

/** What the ticket is, and what it is about. @param {any} ticket @param {string} path @returns {Wanted[]} */
function details(ticket, path) {
  const menu = t("page.ticket");
  return [
    {
      title: t("ticket.priority.change"),
      menu,
      method: "PUT",
      path: `${path}/priority`,
      fields: [{ name: "priority", label: t("ticket.priority"), kind: "select", options: priorities(ticket.priority), value: ticket.priority ?? "", required: false }],
      body: ({ priority }) => ({ priority: priority ?? null }),
    },
    {
      title: t("ticket.category.change"),
      menu,
      method: "PUT",
      path: `${path}/category`,
      fields: [{ name: "category", label: t("ticket.category"), value: ticket.category ?? "" }],
      body: ({ category }) => ({ category: category ?? null }),
    },
    {
      title: t("ticket.requester.change"),
      menu,
      method: "PUT",
      path: `${path}/requester`,
      fields: [{ name: "customer_id", label: t("ticket.requester"), kind: "customer", required: true }],
    },
    {
      title: t("ticket.link"),
      menu,
      method: "POST",
      path: `${path}/links`,
      fields: [
        { name: "kind", label: t("ticket.link.kind"), kind: "select", options: choices("thing", LINKED), value: "order", at: "about/kind" },
        { name: "id", label: t("order.id"), required: true, at: "about/id" },
      ],
      body: ({ kind, id }) => ({ about: { kind, id } }),
    },
  ];
}

/** A ticket that was not a case of its own. @param {string} path @param {string} menu @param {boolean} closed @returns {Wanted[]} */
function ends(path, menu, closed) {
  if (closed) return [];
  return [
    {
      title: t("ticket.merge"),
      what: t("ticket.merge.what"),
      menu,
      method: "POST",
      path: `${path}/merge`,
      fields: [{ name: "into", label: t("ticket.merge.into"), required: true, hint: t("ticket.merge.hint") }],
    },
    {
      title: t("ticket.discard"),
      what: t("ticket.discard.what"),
      menu,
      method: "POST",
      path: `${path}/discarding`,
      fields: [{ name: "reason", label: t("command.reason"), kind: "select", options: choices("discarded", DISCARDED) }],
    },
  ];
}

/** Hides the text of a reply. @param {any} ticket @param {string} reply the reply's id @returns {Wanted} */
export function redaction(ticket, reply) {
  return {
    title: t("command.redact"),
    what: t("command.redact.what"),
    method: "POST",
    path: `/v1/tickets/${ticket.id}/replies/${encodeURIComponent(reply)}/redaction`,
    fields: [reason()],
  };
}

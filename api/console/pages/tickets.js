// The queue of tickets.
// @ts-check

import { go } from "../core/address.js";
import { may } from "../core/session.js";
import { html } from "../core/view.js";
import { t, word } from "../core/words.js";
import { Commands } from "../parts/command.js";
import { ListPage } from "../parts/list_page.js";
import { TicketStatus } from "../parts/ticket_status.js";
import { Ago, Time } from "../parts/time.js";
import { openTicket } from "../parts/commands/tickets.js";

const STATUSES = ["new", "open", "pending", "on_hold", "solved", "closed"];
const QUEUES = /** @type {[string, string][]} */ ([["true", "ticket.unsolved"], ["false", "ticket.finished"]]);

export function Page() {
  /** @type {import("../parts/list_page.js").Filter[]} */
  const filters = [
    { name: "number", label: t("ticket.number"), kind: "search" },
    { name: "unsolved", label: t("ticket.queue"), options: QUEUES.map(([value, name]) => [value, t(name)]) },
    { name: "status", label: t("ticket.status"), options: STATUSES.map((status) => [status, word("status", status)]) },
    { name: "priority", label: t("ticket.priority") },
    { name: "agent", label: t("ticket.agent") },
    { name: "team", label: t("ticket.team") },
    { name: "category", label: t("ticket.category") },
  ];
  /** @type {import("../parts/table.js").Column[]} */
  const columns = [
    { title: t("ticket.number"), name: "number", sort: "number", cell: (row) => `#${row.number}` },
    { title: t("ticket.title"), name: "private", cell: (row) => row.private?.title ?? row.category ?? "–" },
    { title: t("ticket.status"), name: "status", cell: (row) => html`<${TicketStatus} ticket=${row} />` },
    { title: t("ticket.priority"), name: "priority", cell: (row) => word("priority", row.priority) },
    { title: t("ticket.agent"), name: "agent", cell: (row) => row.agent ?? row.team ?? "–" },
    { title: t("ticket.opened"), name: "opened_at", sort: "opened_at", cell: (row) => html`<${Time} at=${row.opened_at} />` },
    { title: t("ticket.activity"), name: "last_activity_at", sort: "last_activity_at", cell: (row) => html`<${Ago} at=${row.last_activity_at} />` },
    { title: t("ticket.category"), name: "category", extra: true, cell: (row) => row.category ?? "–" },
    { title: t("ticket.channel"), name: "channel", extra: true, cell: (row) => word("channel", row.channel) },
    { title: t("customer.tags"), name: "tags", extra: true, cell: (row) => row.tags?.join(", ") || "–" },
  ];
  const aside = may("tickets:write") && html`<${Commands} commands=${[openTicket()]} onDone=${(/** @type {any} */ answer) => go(`/tickets/${answer.body.id}`)} />`;
  return html`<${ListPage} title=${t("page.tickets")} path="/v1/tickets" views="tickets" filters=${filters} columns=${columns} sort="-last_activity_at"
    href=${(/** @type {any} */ row) => `/tickets/${row.id}`} aside=${aside} />`;
}

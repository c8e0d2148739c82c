// All interactions: calls, e-mails, visits.
// @ts-check

import { go } from "../core/address.js";
import { duration } from "../core/format.js";
import { may } from "../core/session.js";
import { html } from "../core/view.js";
import { t, word } from "../core/words.js";
import { Commands } from "../parts/command.js";
import { CHANNELS, DIRECTIONS, logInteraction } from "../parts/commands/interactions.js";
import { choices } from "../parts/commands/shared.js";
import { ListPage } from "../parts/list_page.js";
import { Badge } from "../parts/pieces.js";
import { Time } from "../parts/time.js";

/** What an interaction was about, as far as the reader may see it. @param {any} interaction */
export function called(interaction) {
  return interaction.private?.title ?? word("channel", interaction.channel);
}

/** @param {{ interaction: any }} props */
export function Marks({ interaction }) {
  return html`<span class="badges">
    ${interaction.retracted_at && html`<${Badge} tone="bad">${t("interaction.retracted")}</${Badge}>`}
    ${interaction.redacted_at && html`<${Badge} tone="warn">${t("interaction.redacted")}</${Badge}>`}
  </span>`;
}

export function Page() {
  /** @type {import("../parts/list_page.js").Filter[]} */
  const filters = [
    { name: "channel", label: t("order.channel"), options: choices("channel", CHANNELS) },
    { name: "direction", label: t("interaction.direction"), options: choices("direction", DIRECTIONS) },
    { name: "agent", label: t("ticket.agent") },
    { name: "owner", label: t("customer.owner") },
    { name: "tag", label: t("customer.tag") },
    { name: "retracted", label: t("interaction.retracted"), options: [["false", t("choice.no")], ["true", t("choice.yes")]] },
    { name: "occurred_from", label: t("interaction.from"), kind: "date" },
    { name: "occurred_to", label: t("interaction.to"), kind: "date" },
  ];
  /** @type {import("../parts/table.js").Column[]} */
  const columns = [
    { title: t("ticket.title"), name: "subject", cell: (row) => called(row) },
    { title: t("order.channel"), name: "channel", cell: (row) => word("channel", row.channel) },
    { title: t("interaction.direction"), name: "direction", cell: (row) => word("direction", row.direction) },
    { title: t("order.customer"), name: "customer", cell: (row) => who(row) },
    { title: t("ticket.agent"), name: "agent", cell: (row) => row.agent ?? "–" },
    { title: t("interaction.took"), name: "duration_seconds", figures: true, cell: (row) => duration(row.duration_seconds) },
    { title: t("interaction.when"), name: "occurred_at", sort: "occurred_at", cell: (row) => html`<${Time} at=${row.occurred_at} /> <${Marks} interaction=${row} />` },
  ];
  return html`<${ListPage} title=${t("page.interactions")} path="/v1/interactions" views="interactions" filters=${filters} columns=${columns} sort="-occurred_at"
    href=${(/** @type {any} */ row) => `/interactions/${row.id}`}
    aside=${may("interactions:write") && html`<${Commands} commands=${[logInteraction()]} onDone=${(/** @type {any} */ answer) => go(`/interactions/${answer.body.id}`)} />`} />`;
}

/** With whom it was. @param {any} row */
function who(row) {
  if (row.customer_id) return html`<a href=${`/customers/${row.customer_id}`}>${t("page.customer")}</a>`;
  return row.lead_id && html`<a href=${`/leads/${row.lead_id}`}>${t("page.lead")}</a>`;
}

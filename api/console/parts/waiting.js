// What waits for somebody: the tickets that have waited longest, and the campaigns that run now.
// @ts-check

import { useRead } from "../core/reading.js";
import { html } from "../core/view.js";
import { t, word } from "../core/words.js";
import { Figure } from "./figure.js";
import { Sheet } from "./pieces.js";
import { Empty, Shown } from "./states.js";
import { Table } from "./table.js";
import { Ago } from "./time.js";

const LONGEST = 5;

export function WaitingTickets() {
  const read = useRead("/v1/tickets", { unsolved: "true", sort: "opened_at", limit: LONGEST });
  const columns = [
    { title: t("page.ticket"), cell: (/** @type {any} */ row) => row.private?.title ?? `#${row.number}` },
    { title: t("ticket.priority"), cell: (/** @type {any} */ row) => word("priority", row.priority) },
    { title: t("ticket.status"), cell: (/** @type {any} */ row) => word("status", row.status) },
    { title: t("ticket.opened"), cell: (/** @type {any} */ row) => html`<${Ago} at=${row.opened_at} />` },
  ];
  return html`<${Sheet} title=${t("waiting.tickets")} aside=${html`<a href="/tickets?unsolved=true">${t("waiting.all")}</a>`}>
    <${Shown} read=${read}>${(/** @type {any} */ body) =>
      body.items.length
        ? html`<${Table} caption=${t("waiting.tickets")} columns=${columns} rows=${body.items} href=${(/** @type {any} */ row) => `/tickets/${row.id}`} />`
        : html`<${Empty} text=${t("waiting.none")} />`}</${Shown}>
  </${Sheet}>`;
}

export function RunningCampaigns() {
  const read = useRead("/v1/reports/campaign-progress", { status: "running" });
  const measures = ["audience", "spend", "milestones_overdue"];
  const columns = [
    { title: t("page.campaign"), cell: (/** @type {any} */ row) => row.group.campaign ?? row.group.campaign_id },
    ...measures.map((name) => ({ title: word("measure", name), figures: true, cell: (/** @type {any} */ row) => html`<${Figure} figure=${row.measures[name]} />` })),
  ];
  return html`<${Sheet} title=${t("waiting.campaigns")} aside=${html`<a href="/reports/campaign-progress?status=running">${t("report.campaign-progress")}</a>`}>
    <${Shown} read=${read}>${(/** @type {any} */ body) =>
      body.groups.length
        ? html`<${Table} caption=${t("waiting.campaigns")} columns=${columns} rows=${body.groups} id=${(/** @type {any} */ row) => row.group.campaign_id}
            href=${(/** @type {any} */ row) => `/campaigns/${row.group.campaign_id}`} />`
        : html`<${Empty} text=${t("waiting.no-campaign")} />`}</${Shown}>
  </${Sheet}>`;
}

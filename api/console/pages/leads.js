// All leads.
// @ts-check

import { go } from "../core/address.js";
import { money } from "../core/format.js";
import { may } from "../core/session.js";
import { html } from "../core/view.js";
import { t, word } from "../core/words.js";
import { Commands } from "../parts/command.js";
import { captureLead } from "../parts/commands/leads.js";
import { choices } from "../parts/commands/shared.js";
import { ListPage } from "../parts/list_page.js";
import { Badge } from "../parts/pieces.js";
import { Ago, Time } from "../parts/time.js";

const STATUSES = ["open", "qualified", "converted", "lost"];
export const TONES = /** @type {Record<string, "good" | "warn" | "bad">} */ ({ open: "warn", converted: "good", lost: "bad" });

/** How a lead is called: its contact as far as the reader may see it, else its number. @param {any} lead */
export function called(lead) {
  const { name, organisation, handle, email } = lead.private?.contact ?? {};
  return name ?? organisation ?? handle ?? email ?? `${t("page.lead")} #${lead.number}`;
}

export function Page() {
  /** @type {import("../parts/list_page.js").Filter[]} */
  const filters = [
    { name: "number", label: t("order.number"), kind: "search" },
    { name: "status", label: t("things.status"), options: choices("status", STATUSES) },
    { name: "stage", label: t("deal.stage") },
    { name: "channel", label: t("order.channel") },
    { name: "origin", label: t("lead.origin") },
    { name: "without_origin", label: t("lead.origin.none"), options: [["true", t("lead.origin.none")], ["false", t("lead.origin.some")]] },
    { name: "owner", label: t("customer.owner") },
    { name: "captured_from", label: t("lead.from"), kind: "date" },
    { name: "captured_to", label: t("lead.to"), kind: "date" },
  ];
  /** @type {import("../parts/table.js").Column[]} */
  const columns = [
    { title: t("order.number"), name: "number", sort: "number", cell: (row) => `#${row.number}` },
    { title: t("lead.contact"), name: "contact", cell: (row) => (row.private?.contact ? called(row) : "–") },
    { title: t("things.status"), name: "status", cell: (row) => html`<${Badge} tone=${TONES[row.status]}>${word("status", row.status)}</${Badge}>` },
    { title: t("deal.stage"), name: "stage", cell: (row) => row.stage ?? "–" },
    { title: t("order.channel"), name: "channel", cell: (row) => word("channel", row.channel) },
    { title: t("lead.origin"), name: "origin", cell: (row) => row.origin ?? "–" },
    { title: t("customer.owner"), name: "owner", cell: (row) => row.owner ?? row.team ?? "–" },
    { title: t("lead.value"), name: "value", figures: true, cell: (row) => (row.value ? money(row.value, row.currency) : "–") },
    { title: t("lead.captured"), name: "captured_at", sort: "captured_at", cell: (row) => html`<${Time} at=${row.captured_at} precision="day" />` },
    { title: t("ticket.activity"), name: "last_activity_at", sort: "last_activity_at", cell: (row) => html`<${Ago} at=${row.last_activity_at} />` },
  ];
  return html`<${ListPage} title=${t("page.leads")} path="/v1/leads" views="leads" filters=${filters} columns=${columns} sort="-captured_at"
    href=${(/** @type {any} */ row) => `/leads/${row.id}`}
    aside=${may("leads:write") && html`<${Commands} commands=${[captureLead()]} onDone=${(/** @type {any} */ answer) => go(`/leads/${answer.body.id}`)} />`} />`;
}

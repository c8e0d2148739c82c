// All campaigns.
// @ts-check

import { go } from "../core/address.js";
import { day, money } from "../core/format.js";
import { may } from "../core/session.js";
import { html } from "../core/view.js";
import { t, word } from "../core/words.js";
import { Commands } from "../parts/command.js";
import { planCampaign } from "../parts/commands/campaigns.js";
import { ListPage } from "../parts/list_page.js";
import { Badge } from "../parts/pieces.js";

const STATUSES = ["planned", "running", "paused", "completed", "cancelled"];
export const TONES = /** @type {Record<string, "good" | "warn" | "bad">} */ ({ running: "good", paused: "warn", cancelled: "bad" });

export function Page() {
  /** @type {import("../parts/list_page.js").Filter[]} */
  const filters = [
    { name: "status", label: t("campaign.status"), options: STATUSES.map((status) => [status, word("choice", status)]) },
    { name: "channel", label: t("campaign.channel") },
    { name: "owner", label: t("customer.owner") },
    { name: "tag", label: t("customer.tag") },
  ];
  /** @type {import("../parts/table.js").Column[]} */
  const columns = [
    { title: t("campaign.name"), name: "name", sort: "name", cell: (row) => row.name },
    { title: t("campaign.status"), name: "status", cell: (row) => html`<${Badge} tone=${TONES[row.status]}>${word("choice", row.status)}</${Badge}>` },
    { title: t("campaign.channels"), name: "channels", cell: (row) => row.channels.join(", ") || "–" },
    { title: t("campaign.starts"), name: "starts", cell: (row) => day(row.starts) },
    { title: t("campaign.ends"), name: "ends", cell: (row) => day(row.ends) },
    { title: t("measure.budget"), name: "budget", figures: true, cell: (row) => (row.budget ? money(row.budget, row.currency) : "–") },
  ];
  return html`<${ListPage} title=${t("page.campaigns")} path="/v1/campaigns" views="campaigns" filters=${filters} columns=${columns} sort="-planned_at"
    href=${(/** @type {any} */ row) => `/campaigns/${row.id}`}
    aside=${may("campaigns:write") && html`<${Commands} commands=${[planCampaign()]} onDone=${(/** @type {any} */ answer) => go(`/campaigns/${answer.body.id}`)} />`} />`;
}

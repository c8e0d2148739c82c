// One campaign, at any moment: its plan, how far it is, its funnel, its members.
// @ts-check

import { options } from "../charts/options.js";
import { query, set } from "../core/address.js";
import { day, money, share } from "../core/format.js";
import { useList } from "../core/list.js";
import { useRead } from "../core/reading.js";
import { may } from "../core/session.js";
import { html } from "../core/view.js";
import { t, word } from "../core/words.js";
import { Chart } from "../parts/chart.js";
import { Figure } from "../parts/figure.js";
import { Badge, Pairs, Sheet } from "../parts/pieces.js";
import { Empty, Shown } from "../parts/states.js";
import { More, paging, Table } from "../parts/table.js";
import { Thing } from "../parts/thing.js";
import { Time } from "../parts/time.js";
import { TONES } from "./campaigns.js";

const STAGES = ["targeted", "sent", "delivered", "opened", "clicked", "responded", "converted"];
const SHOWN = ["targeted", "delivered", "opened", "clicked", "converted", "conversion_rate", "sales", "cost", "roi"];

/** @param {any} campaign @returns {import("../parts/command.js").Wanted[]} */
function commands(campaign) {
  const path = `/v1/campaigns/${campaign.id}`;
  const moves = /** @type {Record<string, string[]>} */ ({ planned: ["launch", "cancellation"], running: ["pause", "completion"], paused: ["resumption", "cancellation"] });
  return (moves[campaign.status] ?? []).map((move) => ({ title: t(`campaign.${move}`), method: /** @type {const} */ ("POST"), path: `${path}/${move}`, fields: [] }));
}

/** @param {{ id: string }} props */
export function Page({ id }) {
  return html`<${Thing} path=${`/v1/campaigns/${id}`} title=${(/** @type {any} */ campaign) => campaign.name}
    badges=${(/** @type {any} */ campaign) => html`<${Badge} tone=${TONES[campaign.status]}>${word("choice", campaign.status)}</${Badge}>`} commands=${may("campaigns:write") ? commands : undefined}>
    ${(/** @type {any} */ campaign, /** @type {import("../parts/thing.js").Seen} */ seen) => html`
      <${Sheet} title=${t("campaign.plan")}>
        <${Pairs} changed=${seen.changed} pairs=${[
          [t("campaign.channels"), campaign.channels.join(", "), "channels"],
          [t("campaign.starts"), campaign.starts && day(campaign.starts), "starts"],
          [t("campaign.ends"), campaign.ends && day(campaign.ends), "ends"],
          [t("measure.budget"), campaign.budget && money(campaign.budget, campaign.currency), "budget"],
          [t("campaign.spend"), campaign.spend.map((/** @type {any} */ one) => html`<div>${money(one.amount, one.currency)} <span class="soft">${one.category}</span></div>`), "spend"],
          [t("campaign.holdout"), campaign.holdout_share && share(campaign.holdout_share), "holdout_share"],
          [t("by.variant"), campaign.variants.map((/** @type {any} */ one) => one.code).join(", "), "variants"],
          [t("measure.goal"), campaign.goal && `${campaign.goal.metric} ${campaign.goal.target}`, "goal"],
          [t("measure.milestones"), campaign.milestones.map((/** @type {any} */ one) => html`<div>${one.milestone_id} ${one.reached_at ? "✓" : html`<span class="soft">${day(one.due)}</span>`}</div>`), "milestones"],
          [t("customer.owner"), campaign.owner, "owner"],
        ]} />
      </${Sheet}>
      ${!seen.past && may("reports:read") && html`<${Funnel} id=${id} />`}
      ${!seen.past && html`<${Members} id=${id} />`}
    `}
  </${Thing}>`;
}

/** @param {{ id: string }} props */
function Funnel({ id }) {
  const read = useRead("/v1/reports/campaign-effect", { campaign_id: id, by: ["variant"] });
  return html`<${Sheet} title=${t("campaign.funnel")} aside=${html`<a href=${`/reports/campaign-lift?campaign_id=${id}`}>${t("report.campaign-lift")}</a>`}>
    <${Shown} read=${read} empty=${(/** @type {any} */ body) => !body.groups.length}>${(/** @type {any} */ { groups }) => {
      /** @type {import("../parts/table.js").Column[]} */
      const columns = [
        { title: t("by.variant"), cell: (row) => row.group.variant ?? "–" },
        ...SHOWN.map((name) => ({ title: word("measure", name), figures: true, cell: (/** @type {any} */ row) => html`<${Figure} figure=${row.measures[name]} />` })),
      ];
      return html`<${Chart} caption=${t("campaign.funnel")} option=${() => options({ kind: "funnel", measure: "converted" }, groups)} columns=${columns} rows=${groups}
        id=${(/** @type {any} */ row) => JSON.stringify(row.group)} />`;
    }}</${Shown}>
  </${Sheet}>`;
}

/** @param {{ id: string }} props */
function Members({ id }) {
  const stage = query.value.get("stage") ?? "";
  const list = useList(`/v1/campaigns/${id}/members`, { stage, variant: query.value.get("variant"), limit: 50 });
  /** @type {import("../parts/table.js").Column[]} */
  const columns = [
    { title: t("campaign.member"), cell: (row) => (row.customer_id ? html`<a href=${`/customers/${row.customer_id}`}><code>${row.customer_id}</code></a>` : html`<code>${row.lead_id}</code>`) },
    { title: t("by.variant"), cell: (row) => row.variant ?? "–" },
    ...["sent", "opened", "clicked", "converted"].map((name) => ({ title: word("measure", name), cell: (/** @type {any} */ row) => html`<${Time} at=${row[`${name}_at`]} />` })),
  ];
  return html`<${Sheet} title=${t("campaign.members")} wide aside=${html`<label class="inline">${t("campaign.stage")}
    <select value=${stage} onChange=${(/** @type {any} */ event) => set({ stage: event.currentTarget.value })}>
      <option value="">${t("filter.any")}</option>${STAGES.map((one) => html`<option value=${one}>${word("measure", one)}</option>`)}
    </select></label>`}>
    ${list.rows.length ? html`<${Table} caption=${t("campaign.members")} columns=${columns} rows=${list.rows} />` : html`<${Empty} />`}
    <${More} ...${paging(list)} />
  </${Sheet}>`;
}

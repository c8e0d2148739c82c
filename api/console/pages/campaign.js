// One campaign, at any moment: its plan, how far it is, its funnel, what it changed, its members.
// @ts-check

import { options } from "../charts/options.js";
import { day, money, share } from "../core/format.js";
import { useRead } from "../core/reading.js";
import { may } from "../core/session.js";
import { html } from "../core/view.js";
import { t, word } from "../core/words.js";
import { Lift } from "../parts/campaign_lift.js";
import { Members } from "../parts/campaign_members.js";
import { Chart } from "../parts/chart.js";
import { campaignCommands, milestoneCommands, resourceCommands } from "../parts/commands/campaigns.js";
import { Figure } from "../parts/figure.js";
import { Badge, Pairs, Sheet } from "../parts/pieces.js";
import { Shown } from "../parts/states.js";
import { Thing } from "../parts/thing.js";
import { Time } from "../parts/time.js";
import { TONES } from "./campaigns.js";

/** @typedef {{ campaign: any, seen: import("../parts/thing.js").Seen }} Props */

const SHOWN = ["targeted", "delivered", "opened", "clicked", "converted", "conversion_rate", "sales", "cost", "roi"];

/** @param {{ id: string }} props */
export function Page({ id }) {
  return html`<${Thing} path=${`/v1/campaigns/${id}`} title=${(/** @type {any} */ campaign) => campaign.name}
    badges=${(/** @type {any} */ campaign) => html`<${Badge} tone=${TONES[campaign.status]}>${word("choice", campaign.status)}</${Badge}>`} commands=${may("campaigns:write") ? campaignCommands : undefined}>
    ${(/** @type {any} */ campaign, /** @type {import("../parts/thing.js").Seen} */ seen) => html`
      <${Plan} campaign=${campaign} seen=${seen} />
      <${Progress} campaign=${campaign} seen=${seen} />
      ${!seen.past && may("reports:read") && html`<${Funnel} id=${id} after=${seen.after} /><${Lift} id=${id} after=${seen.after} />`}
      ${!seen.past && html`<${Members} campaign=${campaign} seen=${seen} />`}
    `}
  </${Thing}>`;
}

/** @param {Props} props */
function Plan({ campaign, seen }) {
  const texts = campaign.private ?? {};
  return html`<${Sheet} title=${t("campaign.plan")}>
    <${Pairs} changed=${seen.changed} pairs=${[
      [t("campaign.channels"), campaign.channels.join(", "), "channels"],
      [t("campaign.starts"), campaign.starts && day(campaign.starts), "starts"],
      [t("campaign.ends"), campaign.ends && day(campaign.ends), "ends"],
      [t("measure.goal"), campaign.goal && `${word("measure", campaign.goal.metric)}: ${campaign.goal.target}`, "goal"],
      [t("by.variant"), campaign.variants.length > 0 && campaign.variants.map((/** @type {any} */ one) => html`<div>${one.code} ${one.share && html`<span class="soft">${share(one.share)}</span>`}</div>`), "variants"],
      [t("campaign.holdout"), campaign.holdout_share && share(campaign.holdout_share), "holdout_share"],
      [t("campaign.window"), campaign.attribution_window_days && t("campaign.days", { n: campaign.attribution_window_days }), "attribution_window_days"],
      [t("campaign.expected"), campaign.expected_conversion_difference && share(campaign.expected_conversion_difference), "expected_conversion_difference"],
      ...["audience", "strategy", "scheme"].filter((name) => texts[name]).map((name) => [t(`campaign.${name}`), html`<span class="prose">${texts[name]}</span>`, "private"]),
      [t("customer.owner"), campaign.owner, "owner"],
      [t("ticket.team"), campaign.team, "team"],
      [t("customer.tags"), campaign.tags.join(", "), "tags"],
    ]} />
  </${Sheet}>`;
}

/** How far it is: milestones, who works on it, what it costs. @param {Props} props */
function Progress({ campaign, seen }) {
  const writer = may("campaigns:write");
  const titles = campaign.private?.milestone_titles ?? {};
  const { budget, goal, days } = campaign.progress;
  return html`<${Sheet} title=${t("campaign.progress")}>
    <${Pairs} changed=${seen.changed} pairs=${[
      [t("measure.budget"), campaign.budget && html`${money(campaign.budget, campaign.currency)}${budget?.value != null && html` · <${Figure} figure=${budget} />`}`, "budget"],
      [t("campaign.spend"), campaign.spend.length > 0 && campaign.spend.map((/** @type {any} */ one) => html`<div>${money(one.amount, one.currency)} <span class="soft">${one.category}</span></div>`), "spend"],
      [t("measure.goal"), goal?.value != null && html`<${Figure} figure=${goal} />`, "progress"],
      [t("campaign.time"), days?.value != null && html`<${Figure} figure=${days} />`],
    ]} />
    ${campaign.milestones.length > 0 && html`<h3>${t("measure.milestones")}</h3><ul class="entries">${campaign.milestones.map((/** @type {any} */ one) => html`<li key=${one.milestone_id}>
      <span>${titles[one.milestone_id] ?? one.milestone_id} <span class="soft">${one.due && day(one.due)}</span></span>
      ${one.reached_at ? html`<${Badge} tone="good">✓ <${Time} at=${one.reached_at} precision="day" /></${Badge}>` : writer && seen.offer(milestoneCommands(campaign, one))}
    </li>`)}</ul>`}
    ${campaign.resources.length > 0 && html`<h3>${t("campaign.resources")}</h3><ul class="entries">${campaign.resources.map((/** @type {any} */ one) => html`<li key=${one.kind + one.code}>
      <span>${one.code} <span class="soft">${word("resource", one.kind)} ${one.share && share(one.share)}</span></span>
      ${one.assigned ? writer && seen.offer(resourceCommands(campaign, one)) : html`<${Badge}>${t("campaign.resource.released")}</${Badge}>`}
    </li>`)}</ul>`}
  </${Sheet}>`;
}

/** @param {{ id: string, after: number }} props */
function Funnel({ id, after }) {
  const read = useRead("/v1/reports/campaign-effect", { campaign_id: id, by: ["variant"], after: after || null });
  return html`<${Sheet} title=${t("campaign.funnel")} wide aside=${html`<a href=${`/reports/campaign-effect?campaign_id=${id}&by=variant`}>${t("report.campaign-effect")}</a>`}>
    <${Shown} read=${read} empty=${(/** @type {any} */ body) => !body.groups.length}>${(/** @type {any} */ { groups }) => {
      /** @type {import("../parts/table.js").Column[]} */
      const columns = [
        { title: t("by.variant"), cell: (row) => row.group.variant ?? "–" },
        ...SHOWN.map((name) => ({ title: word("measure", name), figures: true, cell: (/** @type {any} */ row) => html`<${Figure} figure=${row.measures[name]} />` })),
      ];
      const named = groups.map((/** @type {any} */ one) => ({ ...one, group: { variant: one.group.variant } }));
      return html`<${Chart} caption=${t("campaign.funnel")} option=${() => options({ kind: "funnel", measure: "converted" }, named)} columns=${columns} rows=${groups}
        id=${(/** @type {any} */ row) => JSON.stringify(row.group)} height=${320} />`;
    }}</${Shown}>
  </${Sheet}>`;
}

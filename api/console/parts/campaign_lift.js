// What a campaign changed against its hold-out: each variant beside those who got nothing, with intervals, and a verdict or why there is none.
// @ts-check

import { options } from "../charts/options.js";
import { share } from "../core/format.js";
import { useRead } from "../core/reading.js";
import { html } from "../core/view.js";
import { t, word } from "../core/words.js";
import { Chart } from "./chart.js";
import { Figure } from "./figure.js";
import { Badge, Sheet } from "./pieces.js";
import { Shown } from "./states.js";
import { Table } from "./table.js";

const SHOWN = ["members", "converted", "conversion_rate", "conversion_difference", "relative_lift"];
const MONEY = ["revenue_per_member", "revenue_per_member_difference"];
const TONES = /** @type {Record<string, "good" | "bad">} */ ({ better: "good", worse: "bad" });

/** @param {{ id: string, after: number }} props */
export function Lift({ id, after }) {
  const read = useRead("/v1/reports/campaign-lift", { campaign_id: id, after: after || null });
  return html`<${Sheet} title=${t("campaign.lift")} aside=${html`<a href=${`/reports/campaign-lift?campaign_id=${id}`}>${t("report.campaign-lift")}</a>`} wide>
    <p class="soft">${t("campaign.lift.what")}</p>
    <${Shown} read=${read}>${(/** @type {any} */ body) => html`<${Arms} body=${body} />`}</${Shown}>
  </${Sheet}>`;
}

/** @param {{ body: any }} props */
function Arms({ body }) {
  const groups = /** @type {any[]} */ (body.groups);
  const arms = [...new Map(groups.map((one) => [one.group.variant, { ...one, group: { variant: one.group.variant } }])).values()];
  const held = Number(arms.find(({ group }) => group.variant === body.control)?.measures.members.value ?? 0);
  if (!held) return html`<p>${t("campaign.lift.none")}</p>`;
  const money = groups.some(({ measures }) => measures.revenue_per_member.value != null);
  const key = (/** @type {any} */ row) => JSON.stringify(row.group);
  /** @type {import("./table.js").Column[]} */
  const columns = [
    { title: t("by.variant"), cell: (row) => (row.group.variant === body.control ? html`${row.group.variant} <span class="soft">${t("campaign.lift.control")}</span>` : row.group.variant) },
    ...SHOWN.map((name) => ({ title: word("measure", name), figures: true, cell: (/** @type {any} */ row) => html`<${Figure} figure=${row.measures[name]} />` })),
    { title: t("campaign.verdict"), cell: (row) => (row.group.variant === body.control ? "" : html`<${Verdict} of=${row.verdicts.conversion_difference} />`) },
  ];
  const priced = [
    columns[0],
    { title: t("by.currency"), cell: (/** @type {any} */ row) => row.group.currency ?? "–" },
    ...MONEY.map((name) => ({ title: word("measure", name), figures: true, cell: (/** @type {any} */ row) => html`<${Figure} figure=${row.measures[name]} />` })),
    { title: t("campaign.verdict"), cell: (/** @type {any} */ row) => (row.group.variant === body.control ? "" : html`<${Verdict} of=${row.verdicts.revenue_per_member_difference} />`) },
  ];
  const height = 90 + 38 * arms.length;
  return html`
    <div class="pair">
      ${["conversion_rate", "conversion_difference"].map((measure) => html`<div key=${measure}>
        <h3>${word("measure", measure)}</h3>
        <${Chart} caption=${word("measure", measure)} option=${() => options({ kind: "bars", measure }, arms)} columns=${columns} rows=${arms} id=${key} height=${height} />
      </div>`)}
    </div>
    <${Table} caption=${t("campaign.lift")} columns=${columns} rows=${arms} id=${key} />
    ${money && html`<${Table} caption=${word("measure", "revenue_per_member")} columns=${priced} rows=${groups} id=${key} />`}
    <p class="soft">${t("campaign.lift.level", { level: share(body.confidence) })} ${body.sample_ratio.caution ?? ""}</p>
  `;
}

/** @param {{ of: { verdict: string | null, reason: string | null } }} props */
function Verdict({ of }) {
  if (of.verdict) return html`<${Badge} tone=${TONES[of.verdict]}>${word("verdict", of.verdict)}</${Badge}>`;
  return html`<span class="soft">${t("campaign.no-verdict")}: ${of.reason}</span>`;
}

// One report: asked by its filters, drawn, and as a table in which every figure says what it was made of.
// @ts-check

import { query } from "../core/address.js";
import { address } from "../core/api.js";
import { useRead } from "../core/reading.js";
import { REPORTS } from "../core/reports.js";
import { html } from "../core/view.js";
import { t } from "../core/words.js";
import { CampaignsToChoose, ReportFilters } from "../parts/report_filters.js";
import { Copies } from "../parts/copies.js";
import { Heading } from "../parts/pieces.js";
import { Promises } from "../parts/promises.js";
import { Answer } from "../parts/report_answer.js";
import { Comparison } from "../parts/report_comparison.js";
import { SegmentMap } from "../parts/segment_map.js";
import { Failed, Shown } from "../parts/states.js";

/** Pictures that need more than the report's own answer. @type {Record<string, any>} */
const PICTURES = { segments: SegmentMap, "service-levels": Promises, "ticket-backlog": Promises, service: Promises };

/** @param {{ name: string }} props */
export function Page({ name }) {
  const report = REPORTS.find((one) => one.name === name);
  if (!report) return html`<${Failed} title=${t("state.no-page")} />`;
  return html`<${Report} report=${report} key=${name} />`;
}

/** @param {{ report: import("../core/reports.js").Report }} props */
function Report({ report }) {
  const path = `/v1/reports/${report.name}`;
  const given = Object.fromEntries(report.filters.map((name) => [name, query.value.get(name) ?? ""]));
  const by = query.value.has("by") ? query.value.getAll("by").filter(Boolean) : report.first;
  const asked = { ...given, ...(report.by.length > 0 && { by }) };
  const days = { from: query.value.get("from2") ?? "", to: query.value.get("to2") ?? "" };
  const comparing = report.filters.includes("from") && !report.positions && Boolean(days.from || days.to);
  const missing = report.needs && !given[report.needs];
  const read = useRead(missing ? null : path, asked);
  const other = useRead(comparing && !missing ? path : null, { ...asked, ...days });
  const Picture = PICTURES[report.name];
  return html`
    <${Heading} title=${t(`report.${report.name}`)} aside=${!missing && html`<${Copies} path=${address(path, asked)} name=${report.name} />`}>
      <p class="soft">${t(`report.${report.name}.what`)}</p>
    </${Heading}>
    <${ReportFilters} report=${report} given=${given} by=${by} days=${days} />
    ${Picture && !comparing && html`<${Picture} asked=${asked} report=${report} read=${read} />`}
    ${missing
      ? html`<${CampaignsToChoose} />`
      : html`<${Shown} read=${read}>${(/** @type {any} */ body) =>
          !comparing
            ? html`<${Answer} report=${report} body=${body} asked=${asked} />`
            : html`<${Shown} read=${other}>${(/** @type {any} */ beside) => html`<${Comparison} report=${report} bodies=${[body, beside]} asked=${[asked, { ...asked, ...days }]} />`}</${Shown}>`}</${Shown}>`}
  `;
}

// Two periods of a report in one table: of each group this period, the other one, and how far each figure has moved.
// @ts-check

import { BOTH, options } from "../charts/options.js";
import { moved, paired, PERIODS } from "../core/comparing.js";
import { day } from "../core/format.js";
import { measure } from "../core/measures.js";
import { html, useSignal } from "../core/view.js";
import { t } from "../core/words.js";
import { Chart } from "./chart.js";
import { percent, signed } from "./figure.js";
import { Sheet } from "./pieces.js";
import { About, heightOf, titleOf } from "./report_answer.js";
import { cell, columnsOf, groupValue, keysOf, keyTitle, known, mainOf } from "./report_columns.js";
import { Empty } from "./states.js";

/** @typedef {{ from?: string, to?: string }} Days */

/** @param {{ report: import("../core/reports.js").Report, bodies: [any, any], asked: [Record<string, any>, Record<string, any>] }} props */
export function Comparison({ report, bodies, asked }) {
  const every = useSignal(false);
  const [ones, others] = bodies.map((body) => body.groups ?? []);
  const both = [...ones, ...others];
  if (!both.length) return html`<${Empty} text=${t("report.empty")} />`;
  const all = known(both);
  const main = mainOf(report, all);
  const measures = every.value ? all : main;
  const titles = /** @type {[string, string]} */ (asked.map(named));
  const toggle = all.length > main.length && html`<button aria-pressed=${every.value} onClick=${() => (every.value = !every.value)}>${t("report.every", { n: all.length })}</button>`;
  return html`
    <${Picture} report=${report} groups=${[ones, others]} titles=${titles} asked=${asked} />
    <${Sheet} title=${t("report.figures")} aside=${toggle}>
      <p class="soft">${t("period.this")}: ${titles[0]}. ${t("period.other")}: ${titles[1]}.</p>
      <div class="scrolled" tabindex="0" role="region" aria-label=${t(`report.${report.name}`)}>
        <table class="compared">
          <caption class="hidden">${t(`report.${report.name}`)}</caption>
          <thead><tr>
            ${keysOf(both).map((name) => html`<th scope="col">${keyTitle(name)}</th>`)}
            <th scope="col"><span class="hidden">${t("filter.from")}</span></th>
            ${measures.map((name) => html`<th scope="col" class="figures">${measure(name, report.name)}</th>`)}
          </tr></thead>
          ${paired(ones, others, asked.map(({ from }) => from || null)).map((pair) => html`<${Rows} key=${pair.key} report=${report} pair=${pair} keys=${keysOf(both)} measures=${measures} asked=${asked} />`)}
        </table>
      </div>
    </${Sheet}>
    <${About} report=${report} body=${bodies[0]} />
  `;
}

/** The days of a period, as a name. @param {Days} asked */
function named({ from, to }) {
  return t("report.this", { from: from ? day(from) : t("report.begin"), to: to ? day(to) : t("report.end") });
}

/** Three rows of one group. @param {{ report: import("../core/reports.js").Report, pair: import("../core/comparing.js").Pair, keys: string[], measures: string[], asked: Record<string, any>[] }} props */
function Rows({ report, pair, keys, measures, asked }) {
  const sides = [pair.one, pair.other];
  const some = /** @type {any} */ (pair.one ?? pair.other);
  const alone = !pair.one || !pair.other;
  return html`<tbody>
    ${sides.map((side, place) => html`<tr>
      ${!place && keys.map((name) => html`<th scope="rowgroup" rowspan="3"><${Key} name=${name} pair=${pair} some=${some} /></th>`)}
      <th scope="row" class="soft">${t(place ? "period.other" : "period.this")}</th>
      ${measures.map((name) => html`<td class="figures">${side ? cell(report, name, side, asked[place]) : html`<span class="none">–</span>`}</td>`)}
    </tr>`)}
    <tr class="difference">
      <th scope="row">${alone ? t(pair.one ? "report.only.one" : "report.only.other") : t("period.difference")}</th>
      ${measures.map((name) => html`<td class="figures">${!alone && html`<${Difference} figure=${pair.one?.measures[name]} other=${pair.other?.measures[name]} />`}</td>`)}
    </tr>
  </tbody>`;
}

/** The value of a grouping; the days of both periods differ. @param {{ name: string, pair: import("../core/comparing.js").Pair, some: any }} props */
function Key({ name, pair, some }) {
  const [one, other] = [pair.one, pair.other].map((side) => side?.group[name]);
  const dated = PERIODS.includes(name) || ["from", "last"].includes(name);
  if (!dated || !one || !other || one === other) return html`${groupValue(name, some.group[name])}`;
  return html`${groupValue(name, one)}<br /><span class="soft">${groupValue(name, other)}</span>`;
}

/** How far a figure has moved: in its unit and in percent. @param {{ figure: any, other: any }} props */
function Difference({ figure, other }) {
  const move = moved(figure, other);
  if (!move) return html`<span class="none" title=${t("report.no-difference")}>–</span>`;
  const arrow = move.sign > 0 ? "▲" : move.sign < 0 ? "▼" : "";
  const relative = percent(move.change);
  const kind = move.cautious ? "cautious" : move.sign > 0 ? "up" : move.sign < 0 ? "down" : "";
  return html`<span class=${`move ${kind}`} title=${move.cautious ? t("figure.caution") : undefined}>
    <span aria-hidden="true">${arrow}</span> ${signed(move, figure)}${relative && html` <small>(${relative})</small>`}
  </span>`;
}

/** Both periods in one picture, or one below the other. @param {{ report: import("../core/reports.js").Report, groups: any[][], titles: [string, string], asked: Record<string, any>[] }} props */
function Picture({ report, groups: [ones, others], titles, asked }) {
  const { chart } = report;
  if (!chart) return null;
  const rows = [...ones, ...others];
  const drawn = (/** @type {any[]} */ shown, /** @type {string} */ caption, /** @type {() => any} */ option) =>
    html`<${Chart} caption=${caption} option=${option} rows=${shown} id=${(/** @type {any} */ row) => `${rows.indexOf(row)}`} height=${heightOf(chart, shown)} columns=${columnsOf(report, shown, [chart.measure], {}, false)} />`;
  if (BOTH.includes(chart.kind)) {
    const beside = { groups: others, titles, from: asked.map(({ from }) => from || null) };
    return html`<${Sheet} title=${titleOf(chart, report)}>${drawn(rows, t(`report.${report.name}`), () => options(chart, ones, beside))}</${Sheet}>`;
  }
  return html`<div class="sheets">${[ones, others].map((shown, place) => shown.length > 0 && html`<${Sheet} title=${`${titleOf(chart, report)}: ${titles[place]}`}>
    ${drawn(shown, titles[place], () => options(chart, shown))}
  </${Sheet}>`)}</div>`;
}

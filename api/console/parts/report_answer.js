// The answer of a report: its picture, its figures in a table, and what it says beside its groups.
// @ts-check

import { options } from "../charts/options.js";
import { PERIODS } from "../core/comparing.js";
import { day } from "../core/format.js";
import { measure } from "../core/measures.js";
import { html, useSignal } from "../core/view.js";
import { has, t } from "../core/words.js";
import { Chart } from "./chart.js";
import { Figure } from "./figure.js";
import { Pairs, Sheet } from "./pieces.js";
import { behind, columnsOf, known, mainOf, TOTAL } from "./report_columns.js";
import { Empty } from "./states.js";
import { Table } from "./table.js";

/** Figures of the whole answer, and lists of figures beside its groups. */
const FIGURES = ["log_rank", "fidelity", "sample_ratio", "unlabelled"];
/** More figures than these are not shown beside the groups. */
const MANY = 12;
const LISTS = ["total", "totals", "means", "unlabelled"];

/** @param {{ report: import("../core/reports.js").Report, body: any, asked: Record<string, any> }} props */
export function Answer({ report, body, asked }) {
  const every = useSignal(false);
  const groups = body.groups ?? [];
  if (!groups.length) return html`<${Empty} text=${t("report.empty")} /><${About} report=${report} body=${body} />`;
  const all = known(groups);
  const main = mainOf(report, all);
  const columns = columnsOf(report, groups, every.value ? all : main, asked);
  const id = (/** @type {any} */ row) => JSON.stringify(row.group);
  const chart = report.pictured && groups.some((/** @type {any} */ { group }) => PERIODS.some((one) => group[one])) ? null : report.chart;
  const rows = totalled(body, groups, all);
  const toggle = all.length > main.length && html`<button aria-pressed=${every.value} onClick=${() => (every.value = !every.value)}>${t("report.every", { n: all.length })}</button>`;
  return html`
    ${body.refit_advised && html`<p class="behind">${t("report.refit")}</p>`}
    ${chart && html`<${Sheet} title=${titleOf(chart, report)}>
      <${Chart} caption=${t(`report.${report.name}`)} option=${() => options(chart, groups)} columns=${columns} rows=${groups} id=${id} height=${heightOf(chart, groups)} />
    </${Sheet}>`}
    <${Sheet} title=${t("report.figures")} aside=${toggle}>
      <${Table} caption=${t(`report.${report.name}`)} columns=${columns} rows=${rows} id=${id} href=${(/** @type {any} */ row) => hrefOf(report, row, asked)} />
      ${body.next && html`<p class="soft">${t("report.cut", { n: groups.length })}</p>`}
    </${Sheet}>
    <${Beside} report=${report} body=${body} shown=${rows} />
    <${About} report=${report} body=${body} />
  `;
}

/** The groups, and the total below them if it has the same figures. @param {any} body @param {any[]} groups @param {string[]} all */
function totalled(body, groups, all) {
  const total = body.total?.measures;
  const fits = total && groups.length > 1 && Object.keys(total).every((name) => all.includes(name));
  return fits ? [...groups, { ...body.total, group: TOTAL }] : groups;
}

/** The list behind the name of a group. @param {import("../core/reports.js").Report} report @param {any} row @param {Record<string, any>} asked */
function hrefOf(report, row, asked) {
  return behind(Object.values(report.lists ?? {})[0], row, asked);
}

/** @param {import("../core/reports.js").Chart} chart @param {any[]} groups */
export function heightOf(chart, groups) {
  if (chart.kind === "heat") return 420;
  return chart.kind === "bars" ? Math.min(640, Math.max(180, 80 + 26 * groups.length)) : 320;
}

/** What a picture shows. @param {import("../core/reports.js").Chart} chart @param {import("../core/reports.js").Report} report */
export function titleOf(chart, report) {
  if (chart.kind === "curve") return t("report.curve");
  return chart.kind === "funnel" ? t("campaign.funnel") : measure(chart.measure, report.name);
}

/** What an answer says beside its groups. @param {{ report: import("../core/reports.js").Report, body: any, shown: any[] }} props */
function Beside({ report, body, shown }) {
  const figures = FIGURES.filter((name) => body[name]?.definition);
  const lists = LISTS.map((name) => /** @type {const} */ ([name, [body[name] ?? []].flat().filter((one) => one.measures)])).filter(([name, rows]) => rows.length > 0 && !(name === "total" && isShown(rows[0], shown)));
  if (!figures.length && !lists.length) return null;
  return html`<div class="sheets">
    ${figures.length > 0 && html`<${Sheet} title=${t("report.part.total")}><${Pairs} pairs=${figures.map((name) => [t(`report.figure.${name}`), html`<${Figure} figure=${body[name]} />`])} /></${Sheet}>`}
    ${lists.map(([name, rows]) => html`<${Sheet} title=${t(`report.part.${name}`)} wide=${known(rows).length > 4}>
      <${Table} caption=${t(`report.part.${name}`)} columns=${columnsOf(report, rows, shortly(report, known(rows)), {}, false)} rows=${rows} id=${(/** @type {any} */ row) => JSON.stringify(row.group)} />
    </${Sheet}>`)}
  </div>`;
}

/** All of these figures, or the main ones if they are many. @param {import("../core/reports.js").Report} report @param {string[]} names */
function shortly(report, names) {
  return names.length > MANY ? mainOf(report, names) : names;
}

/** Whether the total is the only group, or a row of the table already. @param {any} total @param {any[]} shown */
function isShown(total, shown) {
  return shown.some((row) => row.group === TOTAL || JSON.stringify(row.measures) === JSON.stringify(total.measures));
}

/** What the figures mean, of what they are, and why no list is behind them. @param {{ report: import("../core/reports.js").Report, body: any }} props */
export function About({ report, body }) {
  const why = `report.${report.name}.no-list`;
  const isDays = typeof body.from === "string";
  const days = isDays && (body.from !== "1900-01-01" || body.to !== "9999-01-01");
  return html`<p class="soft">${body.definition} ${body.model && body.cut_off_day && t("report.model", { model: body.model, day: day(body.cut_off_day), position: body.fit_position })}
    ${days && t("report.period", { from: day(body.from), to: day(body.to) })} ${body.zone} · #${body.position} ${has(why) && t(why)}</p>`;
}

// Promises kept by week, and below them how many tickets waited and for how long: service in one picture.
// @ts-check

import { promises } from "../charts/promises.js";
import { day } from "../core/format.js";
import { measure } from "../core/measures.js";
import { useRead } from "../core/reading.js";
import { DAYS, PERIODS, TICKETS } from "../core/reports/parts.js";
import { html } from "../core/view.js";
import { t, word } from "../core/words.js";
import { Chart } from "./chart.js";
import { Figure } from "./figure.js";
import { Sheet } from "./pieces.js";
import { Empty, Shown } from "./states.js";

const KEPT = ["first_response", "first_resolution", "full_resolution"].map((metric) => `${metric}_attainment`);
const WAITING = ["backlog", "mean_age"];

/** @param {{ asked: Record<string, any> }} props as the report of this page is asked */
export function Promises({ asked }) {
  const period = PERIODS.find((one) => asked.by?.includes(one)) ?? "week";
  const same = Object.fromEntries([...DAYS, ...TICKETS].map((name) => [name, asked[name]]));
  const kept = useRead("/v1/reports/service-levels", { ...same, by: [period] });
  const waiting = useRead("/v1/reports/ticket-backlog", { ...same, by: period });
  return html`<${Sheet} title=${t("report.kept")}>
    <${Shown} read=${kept}>${(/** @type {any} */ levels) => html`<${Shown} read=${waiting}>${(/** @type {any} */ backlog) => {
      const rows = together(period, levels.groups, backlog.groups);
      return rows.length ? html`<${Picture} period=${period} rows=${rows} />` : html`<${Empty} text=${t("report.empty")} />`;
    }}</${Shown}>`}</${Shown}>
  </${Sheet}>`;
}

/** The figures of both reports for each period, in the order of time. @param {string} period @param {any[][]} reports */
function together(period, ...reports) {
  /** @type {Map<string, any>} */
  const rows = new Map();
  for (const { group, measures } of reports.flat()) {
    const at = group[period];
    rows.set(at, { at, measures: { ...rows.get(at)?.measures, ...measures } });
  }
  return [...rows.values()].sort((one, other) => (one.at < other.at ? -1 : 1));
}

/** @param {{ period: string, rows: any[] }} props */
function Picture({ period, rows }) {
  /** @type {import("./table.js").Column[]} */
  const columns = [
    { title: word("by", period), cell: (row) => day(row.at) },
    ...[...KEPT, ...WAITING].map((name) => ({ title: measure(name), figures: true, cell: (/** @type {any} */ row) => html`<${Figure} figure=${row.measures[name]} />` })),
  ];
  return html`<${Chart} caption=${t("report.kept")} option=${() => promises(rows, KEPT)} columns=${columns} rows=${rows} id=${(/** @type {any} */ row) => row.at} height=${420} />`;
}

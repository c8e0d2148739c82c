// Orders and revenue by week: a line for each currency, because amounts of two currencies are never added.
// @ts-check

import { day, money, number } from "../core/format.js";
import { useRead } from "../core/reading.js";
import { html } from "../core/view.js";
import { t } from "../core/words.js";
import { Chart, axis } from "./chart.js";
import { Sheet } from "./pieces.js";
import { Empty, Shown } from "./states.js";

export function WeeklySales() {
  const read = useRead("/v1/reports/sales", { by: ["week"] });
  return html`<${Sheet} title=${t("sales.by-week")}>
    <${Shown} read=${read}>${(/** @type {any} */ body) =>
      body.groups.length ? html`<${Weeks} groups=${body.groups} />` : html`<${Empty} />`}</${Shown}>
  </${Sheet}>`;
}

/** @param {{ groups: any[] }} props */
function Weeks({ groups }) {
  const weeks = [...new Set(groups.map((one) => one.group.week))].sort();
  const currencies = [...new Set(groups.map((one) => one.group.currency))].sort();
  /** @param {string} week @param {string} currency @param {string} measure */
  const figure = (week, currency, measure) =>
    groups.find((one) => one.group.week === week && one.group.currency === currency)?.measures[measure]?.value ?? null;

  const option = () => ({
    xAxis: axis({ type: "category", data: weeks.map(day), splitLine: { show: false } }),
    yAxis: [axis({ type: "value" }), axis({ type: "value", splitLine: { show: false } })],
    series: currencies.flatMap((currency) => [
      { name: `${t("sales.revenue")} ${currency}`, type: "line", showSymbol: false, data: weeks.map((week) => figure(week, currency, "gross")) },
      { name: `${t("sales.orders")} ${currency}`, type: "bar", yAxisIndex: 1, data: weeks.map((week) => figure(week, currency, "orders")), itemStyle: { opacity: 0.35 } },
    ]),
  });
  const columns = [
    { title: t("sales.week"), cell: (/** @type {any} */ row) => day(row.group.week) },
    { title: t("sales.orders"), figures: true, cell: (/** @type {any} */ row) => number(row.measures.orders.value) },
    { title: t("sales.revenue"), figures: true, cell: (/** @type {any} */ row) => money(row.measures.gross.value, row.group.currency) },
  ];
  return html`<${Chart} caption=${t("sales.by-week")} option=${option} columns=${columns} rows=${groups} />`;
}

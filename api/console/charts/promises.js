// The share of promises kept as lines, and below, on the same weeks, tickets that waited and their mean age.
// @ts-check

import { day, number, share } from "../core/format.js";
import { measure } from "../core/measures.js";
import { t } from "../core/words.js";
import { axis, token } from "../parts/chart.js";
import { colour, numeric } from "./drawing.js";

const DAY = 86_400;
const SYMBOLS = ["circle", "triangle", "rect"];

/** @param {{ at: string, measures: Record<string, any> }[]} rows @param {string[]} kept names of the shares */
export function promises(rows, kept) {
  const soft = { color: token("ink-soft") };
  const weeks = rows.map(({ at }) => day(at));
  const of = (/** @type {string} */ name) => rows.map(({ measures }) => numeric(measures[name]));
  const scale = (/** @type {Record<string, any>} */ more) => axis({ type: "value", nameTextStyle: { ...soft, align: "left" }, ...more });
  const shown = kept.filter((name) => of(name).some((value) => value != null));
  return {
    legend: { top: 0, left: 0, icon: "roundRect", itemWidth: 12, itemHeight: 6, textStyle: soft },
    axisPointer: { link: [{ xAxisIndex: "all" }] },
    grid: [
      { left: 52, right: 56, top: 34, height: 150 },
      { left: 52, right: 56, top: 232, bottom: 28 },
    ],
    xAxis: [
      axis({ type: "category", data: weeks, splitLine: { show: false }, axisLabel: { show: false } }),
      axis({ type: "category", data: weeks, splitLine: { show: false }, gridIndex: 1 }),
    ],
    yAxis: [
      scale({ min: 0, max: 1, axisLabel: { ...soft, formatter: (/** @type {number} */ value) => share(value) } }),
      scale({ gridIndex: 1, minInterval: 1, name: measure("backlog"), axisLabel: soft }),
      scale({ gridIndex: 1, name: t("report.age-in-days"), nameTextStyle: { ...soft, align: "right" }, axisLabel: soft, splitLine: { show: false } }),
    ],
    series: [
      ...shown.map((name, place) => ({ name: measure(name), type: "line", data: of(name), symbol: SYMBOLS[place], symbolSize: 7, showSymbol: rows.length < 40, connectNulls: false, itemStyle: { color: colour(place) }, tooltip: { valueFormatter: share } })),
      { name: measure("backlog"), type: "bar", data: of("backlog"), xAxisIndex: 1, yAxisIndex: 1, itemStyle: { color: token("line-strong"), opacity: 0.55 }, barMaxWidth: 28 },
      { name: measure("mean_age"), type: "line", data: of("mean_age").map((age) => (age == null ? null : age / DAY)), xAxisIndex: 1, yAxisIndex: 2, showSymbol: rows.length < 40, symbol: "diamond", symbolSize: 8, itemStyle: { color: colour(4) }, tooltip: { valueFormatter: (/** @type {number | null} */ age) => (age == null ? "–" : `${number(age, 1)} ${t("unit.days")}`) } },
    ],
  };
}

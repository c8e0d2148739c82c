// Segments by two features: a circle at the mean of each segment's customers, and customers as small dots behind.
// @ts-check

import { number } from "../core/format.js";
import { feature } from "../core/measures.js";
import { t } from "../core/words.js";
import { axis, token } from "../parts/chart.js";
import { colour, numeric, tip } from "./drawing.js";

const SYMBOLS = ["circle", "triangle", "rect", "diamond", "pin"];
/** Pixels across the smallest circle, and how much more the largest one has. */
const SMALLEST = 14;
const MORE = 34;
/** Where the largest value is so many times the middle one, an axis is logarithmic. */
const SKEWED = 20;

/** @param {any[]} groups @param {any[]} customers each with its label and features @param {[string, string]} chosen */
export function segmentMap(groups, customers, chosen) {
  const most = Math.max(1, ...groups.map(({ measures }) => numeric(measures.customers) ?? 0));
  const labels = groups.map(({ group }) => group.label);
  const scales = chosen.map((name) => {
    const values = [...customers.map((row) => row.features[name]), ...groups.map(({ measures }) => numeric(measures[`mean:${name}`]))].filter((value) => value != null).sort((a, b) => a - b);
    const skewed = values.length > 0 && values[0] > 0 && values[values.length - 1] > SKEWED * values[values.length >> 1];
    return axis({ type: skewed ? "log" : "value", scale: true, name: feature(name), nameTextStyle: { color: token("ink-soft") }, axisLabel: { color: token("ink-soft"), hideOverlap: true, formatter: (/** @type {number} */ value) => number(value, 1) } });
  });
  return {
    tooltip: { trigger: "item", formatter: (/** @type {any} */ item) => (item.data.figure ? tip(item.data.name, item.data.figure) : undefined) },
    xAxis: { ...scales[0], nameLocation: "middle", nameGap: 28 },
    yAxis: { ...scales[1], nameLocation: "end", nameTextStyle: { color: token("ink-soft"), align: "left" } },
    grid: { left: 8, right: 24, top: 56, bottom: 36, outerBoundsMode: "same", outerBoundsContain: "axisLabel" },
    legend: { top: 0, left: 0, itemWidth: 12, itemHeight: 10, textStyle: { color: token("ink-soft") }, data: labels },
    series: [
      ...labels.map((label, place) => ({
        name: label,
        type: "scatter",
        symbol: SYMBOLS[place % SYMBOLS.length],
        symbolSize: 5,
        silent: true,
        large: false,
        itemStyle: { color: colour(place), opacity: 0.5 },
        data: customers.filter((row) => row.label === label).map((row) => chosen.map((name) => row.features[name])),
      })),
      ...groups.map(({ group, measures }, place) => ({
        name: t("segments.centre", { label: group.label }),
        type: "scatter",
        symbolSize: SMALLEST + MORE * Math.sqrt((numeric(measures.customers) ?? 0) / most),
        z: 3,
        itemStyle: { color: colour(place), opacity: 0.85, borderColor: token("sheet"), borderWidth: 2 },
        label: { show: true, position: "top", formatter: group.label, color: token("ink"), fontWeight: 600, textBorderColor: token("sheet"), textBorderWidth: 3 },
        data: [{ name: group.label, value: chosen.map((name) => numeric(measures[`mean:${name}`])), figure: measures.customers }],
      })),
    ],
  };
}

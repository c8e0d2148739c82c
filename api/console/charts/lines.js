// A measure by period.
// @ts-check

import { day } from "../core/format.js";
import { axis } from "../parts/chart.js";
import { bars } from "./bars.js";
import { named, numeric, PERIODS } from "./drawing.js";

/** A measure by period, a line for each other group. @param {any[]} groups @param {string} measure */
export function lines(groups, measure) {
  const period = PERIODS.find((one) => groups.some(({ group }) => group[one]));
  if (!period) return bars(groups, measure);
  const moments = [...new Set(groups.map(({ group }) => group[period]))].sort();
  const names = [...new Set(groups.map(({ group }) => named(group, PERIODS)))];
  return {
    xAxis: axis({ type: "category", data: moments.map(day), splitLine: { show: false } }),
    yAxis: axis({ type: "value" }),
    series: names.map((name) => ({
      name,
      type: "line",
      showSymbol: moments.length < 40,
      data: moments.map((at) => numeric(groups.find(({ group }) => group[period] === at && named(group, PERIODS) === name)?.measures[measure])),
    })),
  };
}

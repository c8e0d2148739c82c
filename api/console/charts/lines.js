// A measure by period: a line for each other group, and a dashed one for the period beside it.
// @ts-check

import { day } from "../core/format.js";
import { PERIODS } from "../core/reports/parts.js";
import { axis } from "../parts/chart.js";
import { bars } from "./bars.js";
import { LINED, colour, labels, named, numeric, SECOND, titled } from "./drawing.js";

/** @param {import("./drawing.js").Drawn[]} sets @param {string} measure */
export function lines(sets, measure) {
  const every = sets.flatMap(({ groups }) => groups);
  if (every.every(({ at }) => at == null)) return bars(sets, measure);
  const places = [...new Set(every.flatMap(({ at }) => at ?? []))].sort((one, other) => one - other);
  const moment = (/** @type {number} */ place) => Object.entries(every.find(({ at }) => at === place)?.group ?? {}).find(([name]) => PERIODS.includes(name))?.[1];
  const names = [...new Set(every.map(({ group }) => named(group, PERIODS)))];
  return {
    ...(sets.length > 1 ? { legend: LINED() } : names.length < 2 && { legend: { show: false } }),
    xAxis: axis({ type: "category", data: places.map((place) => day(moment(place))), splitLine: { show: false } }),
    yAxis: axis({ type: "value", axisLabel: labels(every.find(({ measures }) => measures[measure]?.value != null)?.measures[measure]) }),
    series: sets.flatMap(({ title, groups }, second) =>
      names.map((name, number) => ({
        name: titled(name, title),
        type: "line",
        showSymbol: places.length < 40,
        symbol: second ? SECOND.symbol : "circle",
        itemStyle: { color: colour(number) },
        lineStyle: { type: second ? SECOND.line : "solid", color: colour(number) },
        data: places.map((place) => numeric(groups.find(({ at, group }) => at === place && named(group, PERIODS) === name)?.measures[measure])),
      })),
    ),
  };
}

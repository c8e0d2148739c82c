// A measure of each group as a dot, with its interval as a whisker.
// @ts-check

import { axis, token } from "../parts/chart.js";
import { named, numeric, tip } from "./drawing.js";

/** A measure of each group as a dot, with its interval as a whisker. @param {any[]} groups @param {string} measure */
export function bars(groups, measure) {
  const shown = groups.filter(({ measures }) => numeric(measures[measure]) != null).slice(0, 40);
  const names = shown.map(({ group }) => named(group));
  const whiskers = shown.flatMap(({ measures }, place) => {
    const { interval } = measures[measure];
    return interval?.low != null && interval.high != null ? [[place, Number(interval.low), Number(interval.high)]] : [];
  });
  return {
    legend: { show: false },
    tooltip: { trigger: "item", formatter: (/** @type {any} */ item) => tip(names[item.data[0]], shown[item.data[0]].measures[measure]) },
    xAxis: axis({ type: "value", scale: true, splitLine: { lineStyle: { color: token("line") } } }),
    yAxis: axis({ type: "category", data: names, inverse: true, splitLine: { show: false } }),
    series: [
      {
        type: "custom",
        data: whiskers,
        encode: { x: [1, 2], y: 0 },
        renderItem: (/** @type {any} */ _, /** @type {any} */ api) => {
          const low = api.coord([api.value(1), api.value(0)]);
          const high = api.coord([api.value(2), api.value(0)]);
          const style = { stroke: token("ink-soft"), lineWidth: 1.5 };
          const line = (/** @type {number} */ x1, /** @type {number} */ y1, /** @type {number} */ x2, /** @type {number} */ y2) => ({ type: "line", shape: { x1, y1, x2, y2 }, style });
          return { type: "group", children: [line(low[0], low[1], high[0], high[1]), line(low[0], low[1] - 5, low[0], low[1] + 5), line(high[0], high[1] - 5, high[0], high[1] + 5)] };
        },
      },
      {
        type: "scatter",
        symbolSize: 11,
        data: shown.map(({ measures }, place) => ({
          value: [place, numeric(measures[measure])],
          itemStyle: measures[measure].caution ? { color: token("sheet"), borderColor: token("series-1"), borderWidth: 2 } : { color: token("series-1") },
        })),
        encode: { x: 1, y: 0 },
      },
    ],
  };
}

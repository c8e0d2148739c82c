// How many still wait, by time.
// @ts-check

import { share } from "../core/format.js";
import { word } from "../core/words.js";
import { axis, token } from "../parts/chart.js";
import { named } from "./drawing.js";

/** The share that still waits, by time, as steps with a band. @param {any[]} groups */
export function curve(groups) {
  const drawn = groups.filter((one) => one.curve?.length).slice(0, 5);
  return {
    tooltip: { trigger: "axis" },
    xAxis: axis({ type: "value", name: word("unit", "hours"), nameLocation: "middle", nameGap: 26 }),
    yAxis: axis({ type: "value", min: 0, max: 1, axisLabel: { formatter: (/** @type {number} */ value) => share(value), color: token("ink-soft") } }),
    grid: { left: 8, right: 16, top: 28, bottom: 30, outerBoundsMode: "same", outerBoundsContain: "axisLabel" },
    series: drawn.flatMap(({ group, curve: points }, place) => {
      const colour = token(`series-${place + 1}`);
      const steps = (/** @type {(point: any) => any} */ of) => [[0, 1], ...points.map((/** @type {any} */ point) => [Number(point.seconds) / 3600, Number(of(point))])];
      const edge = { type: "line", step: "end", showSymbol: false, lineStyle: { width: 1, type: "dotted", color: colour }, itemStyle: { color: colour }, silent: true, tooltip: { show: false } };
      return [
        { name: named(group), type: "line", step: "end", showSymbol: false, data: steps((point) => point.share), lineStyle: { width: 2, color: colour }, itemStyle: { color: colour } },
        { ...edge, data: steps((point) => point.low ?? point.share) },
        { ...edge, data: steps((point) => point.high ?? point.share) },
      ];
    }),
  };
}

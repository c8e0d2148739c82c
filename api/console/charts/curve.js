// How many still wait, by time.
// @ts-check

import { share } from "../core/format.js";
import { word } from "../core/words.js";
import { axis, token } from "../parts/chart.js";
import { LINED, colour, named, SECOND, titled } from "./drawing.js";

const MOST = 5;

/** The share that still waits, by time, as steps with a band; dashed and without a band for the period beside it. @param {import("./drawing.js").Drawn[]} sets */
export function curve(sets) {
  return {
    ...(sets.length > 1 && { legend: LINED() }),
    tooltip: { trigger: "axis" },
    xAxis: axis({ type: "value", name: word("unit", "hours"), nameLocation: "middle", nameGap: 26 }),
    yAxis: axis({ type: "value", min: 0, max: 1, axisLabel: { formatter: (/** @type {number} */ value) => share(value), color: token("ink-soft") } }),
    grid: { left: 8, right: 16, top: 28, bottom: 30, outerBoundsMode: "same", outerBoundsContain: "axisLabel" },
    series: sets.flatMap(({ title, groups }, second) => {
      const drawn = groups.filter((one) => one.curve?.length).slice(0, MOST);
      return drawn.flatMap(({ group, curve: points = [] }, place) => {
        const fill = colour(place);
        const steps = (/** @type {(point: any) => any} */ of) => [[0, 1], ...points.map((point) => [Number(point.seconds) / 3600, Number(of(point))])];
        const edge = { type: "line", step: "end", showSymbol: false, lineStyle: { width: 1, type: "dotted", color: fill }, itemStyle: { color: fill }, silent: true, tooltip: { show: false } };
        const line = { name: titled(named(group), title), type: "line", step: "end", showSymbol: false, data: steps((point) => point.share), lineStyle: { width: 2, color: fill, type: second ? SECOND.line : "solid" }, itemStyle: { color: fill } };
        if (second) return [line];
        return [line, { ...edge, data: steps((point) => point.low ?? point.share) }, { ...edge, data: steps((point) => point.high ?? point.share) }];
      });
    }),
  };
}

// The steps of a campaign, one under the other.
// @ts-check

import { word } from "../core/words.js";
import { axis } from "../parts/chart.js";
import { colour, named, numeric, titled } from "./drawing.js";

const STEPS = ["targeted", "sent", "delivered", "opened", "clicked", "converted"];

/** How many members reached each step, a series for each group and period. @param {import("./drawing.js").Drawn[]} sets */
export function funnel(sets) {
  return {
    xAxis: axis({ type: "value" }),
    yAxis: axis({ type: "category", data: STEPS.map((step) => word("measure", step)), inverse: true, splitLine: { show: false } }),
    series: sets.flatMap(({ title, groups }, second) =>
      groups.slice(0, 5).map(({ group, measures }, number) => ({
        name: titled(named(group, ["attribution_window_days", "currency"]), title),
        type: "bar",
        itemStyle: { color: colour(number), opacity: second ? 0.45 : 1 },
        data: STEPS.map((step) => numeric(measures[step])),
      })),
    ),
  };
}

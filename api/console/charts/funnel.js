// The steps of a campaign, one under the other.
// @ts-check

import { word } from "../core/words.js";
import { axis } from "../parts/chart.js";
import { named, numeric } from "./drawing.js";

const STEPS = ["targeted", "sent", "delivered", "opened", "clicked", "converted"];

/** How many members reached each step, a series for each group. @param {any[]} groups */
export function funnel(groups) {
  return {
    xAxis: axis({ type: "value" }),
    yAxis: axis({ type: "category", data: STEPS.map((step) => word("measure", step)), inverse: true, splitLine: { show: false } }),
    series: groups.slice(0, 5).map(({ group, measures }) => ({
      name: named(group, ["attribution_window_days", "currency"]),
      type: "bar",
      data: STEPS.map((step) => numeric(measures[step])),
    })),
  };
}

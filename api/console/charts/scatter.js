// Segments by two of their features.
// @ts-check

import { axis } from "../parts/chart.js";
import { bars } from "./bars.js";
import { named, numeric, tip } from "./drawing.js";

/** Segments by two of their features; the area is the number of customers. @param {any[]} groups */
export function scatter(groups) {
  const features = Object.keys(groups[0]?.measures ?? {}).filter((name) => name.startsWith("mean:"));
  const [x, y] = features;
  if (!y) return bars(groups, "customers");
  const most = Math.max(...groups.map(({ measures }) => numeric(measures.customers) ?? 0), 1);
  return {
    tooltip: { trigger: "item", formatter: (/** @type {any} */ item) => tip(item.seriesName, groups[item.seriesIndex].measures.customers) },
    xAxis: axis({ type: "value", name: x.slice(5), nameLocation: "middle", nameGap: 26, scale: true }),
    yAxis: axis({ type: "value", name: y.slice(5), scale: true }),
    grid: { left: 8, right: 40, top: 44, bottom: 30, outerBoundsMode: "same", outerBoundsContain: "axisLabel" },
    series: groups.map(({ group, measures }) => ({
      name: named(group, ["cluster", "cluster_id"]),
      type: "scatter",
      symbolSize: 12 + 48 * Math.sqrt((numeric(measures.customers) ?? 0) / most),
      data: [[numeric(measures[x]), numeric(measures[y])]],
    })),
  };
}

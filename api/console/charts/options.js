// What a report looks like: from its answer to the options of a chart. A picture shows what the answer says and no more.
// @ts-check

import { placed } from "../core/comparing.js";
import { bars } from "./bars.js";
import { curve } from "./curve.js";
import { flows } from "./flows.js";
import { funnel } from "./funnel.js";
import { heat } from "./heat.js";
import { lines } from "./lines.js";

const DRAWN = { lines, bars, curve, heat, funnel, flows };
/** Kinds that show two periods in one picture. */
export const BOTH = ["lines", "bars", "curve", "funnel"];

/**
 * The options of a report's chart.
 * @param {import("../core/reports.js").Chart} chart @param {any[]} groups
 * @param {{ groups: any[], titles: [string, string], from: (string | null)[] } | null} [beside] another period in the same picture
 */
export function options(chart, groups, beside = null) {
  const sets = [{ title: beside?.titles[0] ?? "", groups: placed(groups, beside?.from[0]) }];
  if (beside) sets.push({ title: beside.titles[1], groups: placed(beside.groups, beside.from[1]) });
  return DRAWN[chart.kind](sets, chart.measure);
}

// What a report looks like: from its answer to the options of a chart. A picture shows what the answer says and no more.
// @ts-check

import { bars } from "./bars.js";
import { curve } from "./curve.js";
import { funnel } from "./funnel.js";
import { heat } from "./heat.js";
import { lines } from "./lines.js";
import { scatter } from "./scatter.js";

const DRAWN = { lines, bars, curve, heat, funnel, scatter };

/** The options of a report's chart. @param {import("../core/reports.js").Chart} chart @param {any[]} groups */
export function options(chart, groups) {
  return DRAWN[chart.kind](groups, chart.measure);
}

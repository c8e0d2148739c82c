// What several kinds of chart need: names of groups, numbers to draw, and what is shown on hover.
// @ts-check

import { day } from "../core/format.js";
import { PERIODS } from "../core/reports/parts.js";
import { token } from "../parts/chart.js";
import { amount } from "../parts/figure.js";

/** @typedef {{ title: string, groups: (import("../core/comparing.js").Group & { at: number | null })[] }} Drawn groups of one period; the title names it if there are two */

/** How the second of two periods differs from the first, also for those who see no colours. */
export const SECOND = /** @type {const} */ ({ line: "dashed", symbol: "diamond" });

/** A legend that shows how lines are drawn, and not only their colours. */
export const LINED = () => ({ type: "scroll", top: 0, left: 0, itemWidth: 30, itemHeight: 8, textStyle: { color: token("ink-soft") } });

/** The name of a group, from its values. @param {Record<string, any>} group @param {string[]} [without] */
export function named(group, without = []) {
  const values = Object.entries(group).filter(([name, value]) => !without.includes(name) && value != null && !/_id$/.test(name));
  return values.map(([name, value]) => (PERIODS.includes(name) ? day(value) : String(value))).join(" · ") || "–";
}

/** The name of a series: of its group and its period. @param {string} name @param {string} title */
export function titled(name, title) {
  return [name === "–" && title ? "" : name, title].filter(Boolean).join(" · ");
}

/** The colour of a series by its place. @param {number} place */
export function colour(place) {
  return token(`series-${(place % 5) + 1}`);
}

/** A value to draw; null if the figure has none. @param {any} figure @returns {number | null} */
export const numeric = (figure) => (figure?.value == null ? null : Number(figure.value));

/** @param {string} name @param {any} figure */
export function tip(name, figure) {
  const interval = figure.interval ? ` (${amount(figure.interval.low, figure)} – ${amount(figure.interval.high, figure)})` : "";
  const safe = document.createElement("span");
  safe.textContent = `${name}: ${amount(figure.value, figure)}${interval}`;
  return safe;
}

/** An axis label of a measure, as its figures are read. @param {any} figure one of them */
export function labels(figure) {
  return { color: token("ink-soft"), hideOverlap: true, formatter: (/** @type {number} */ value) => (figure ? amount(value, figure) : String(value)) };
}

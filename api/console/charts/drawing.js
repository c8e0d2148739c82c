// What several kinds of chart need: names of groups, numbers to draw, and what is shown on hover.
// @ts-check

import { day } from "../core/format.js";
import { amount } from "../parts/figure.js";

export const PERIODS = ["day", "week", "month"];

/** The name of a group, from its values. @param {Record<string, any>} group @param {string[]} [without] */
export function named(group, without = []) {
  const values = Object.entries(group).filter(([name, value]) => !without.includes(name) && value != null && !/_id$/.test(name));
  return values.map(([name, value]) => (PERIODS.includes(name) ? day(value) : String(value))).join(" · ") || "–";
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

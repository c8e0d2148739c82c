// The reports of the API: how each is asked, which of its figures come first, how it is drawn, and which list is behind a group.
// @ts-check

import { marketing } from "./reports/marketing.js";
import { sales } from "./reports/sales.js";
import { segments } from "./reports/segments.js";
import { service } from "./reports/service.js";

/**
 * @typedef {object} Report
 * @property {string} name as in /v1/reports/<name>
 * @property {"marketing" | "sales" | "segments" | "service"} about
 * @property {string[]} filters parameters that the reader may set, in their order
 * @property {string[]} by what it can be grouped by
 * @property {string[]} first what it is grouped by at first
 * @property {string[]} main the figures that are shown at once; the others are one click away
 * @property {Chart} [chart]
 * @property {(group: Record<string, any>, asked: Record<string, any>) => string | null} [list] the address of the list that a group was made of
 */
/** @typedef {{ kind: "lines" | "bars" | "curve" | "heat" | "funnel" | "scatter", measure: string }} Chart */

/** Choices of parameters. @type {Record<string, string[]>} */
export const CHOICES = {
  conversion: ["orders-per-visit", "orders-per-lead", "leads-per-visit", "converted-leads-per-visit", "converted-leads-per-lead"],
  clock: ["calendar", "business"],
  date: ["solved", "opened", "closed"],
  measure: ["first_resolution", "first_response", "full_resolution"],
  model: ["first", "last", "linear", "time-decay", "position", "markov", "shapley"],
  value: ["conversions", "revenue"],
  status: ["planned", "running", "paused", "completed", "cancelled"],
};

/** @type {Report[]} */
export const REPORTS = [...marketing, ...sales, ...segments, ...service];

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
 * @property {boolean} [positions] it is asked for positions in the log, and not for days
 * @property {string[]} by what it can be grouped by
 * @property {boolean} [single] it is grouped by one of these at a time
 * @property {string[]} first what it is grouped by at first
 * @property {string} [needs] a parameter without which it has no answer
 * @property {string[]} main the figures that are shown at once; the others are one click away
 * @property {Chart} [chart]
 * @property {boolean} [pictured] another picture on its page shows it by time
 * @property {Record<string, List>} [lists] for a figure, the list that it counts; the first one is also behind the group's name
 * @property {Record<string, (group: any) => any>} [also] more columns: what the answer says of each group beside its figures
 */
/** @typedef {(group: Record<string, any>, asked: Record<string, any>) => string | null} List the address of a list, filtered as the group is; null if no list can be */
/** @typedef {{ kind: "lines" | "bars" | "curve" | "heat" | "funnel" | "flows", measure: string }} Chart */

/** Choices of parameters. @type {Record<string, string[]>} */
export const CHOICES = {
  conversion: ["orders-per-visit", "orders-per-lead", "leads-per-visit", "converted-leads-per-visit", "converted-leads-per-lead"],
  clock: ["calendar", "business"],
  date: ["solved", "opened", "closed"],
  measure: ["first_resolution", "first_response", "full_resolution"],
  model: ["first", "last", "linear", "time-decay", "position", "markov", "shapley"],
  value: ["conversions", "revenue"],
  kind: ["nps", "csat", "ces", "complaint", "praise", "suggestion"],
  rules: ["true"],
  status: ["planned", "running", "paused", "completed", "cancelled"],
};

/** @type {Report[]} */
export const REPORTS = [...marketing, ...sales, ...segments, ...service];

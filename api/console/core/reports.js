// The reports of the API: how each is asked, which of its figures come first, how it is drawn, and which list is behind a group.
// @ts-check

import { address } from "./api.js";

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

const DAYS = ["from", "to"];
const PERIODS = ["day", "week", "month"];
const TICKETS = ["agent", "team", "category", "priority", "channel"];

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
export const REPORTS = [
  {
    name: "campaign-effect",
    about: "marketing",
    filters: [...DAYS, "campaign_id"],
    by: ["campaign", "variant"],
    first: ["campaign"],
    main: ["targeted", "sent", "delivered", "opened", "clicked", "converted", "conversion_rate", "sales", "cost", "roi"],
    chart: { kind: "funnel", measure: "conversion_rate" },
    list: (group) => `/campaigns/${group.campaign_id}`,
  },
  {
    name: "campaign-lift",
    about: "marketing",
    filters: ["campaign_id", "covariate"],
    by: [],
    first: [],
    main: ["members", "converted", "conversion_rate", "conversion_difference", "relative_lift", "revenue_per_member_difference"],
    chart: { kind: "bars", measure: "conversion_difference" },
  },
  {
    name: "campaign-variants",
    about: "marketing",
    filters: ["campaign_id"],
    by: [],
    first: [],
    main: ["members", "converted", "conversion_rate", "probability_best", "next_members"],
    chart: { kind: "bars", measure: "probability_best" },
  },
  {
    name: "campaign-progress",
    about: "marketing",
    filters: ["status"],
    by: [],
    first: [],
    main: ["milestones", "milestones_overdue", "spend", "budget", "audience", "goal"],
    list: (group) => `/campaigns/${group.campaign_id}`,
  },
  {
    name: "attribution",
    about: "marketing",
    filters: [...DAYS, "model", "value", "currency"],
    by: ["channel", "campaign"],
    first: ["channel"],
    main: ["credit", "share", "touchpoints", "conversions_touched"],
    chart: { kind: "bars", measure: "share" },
  },
  {
    name: "channel-effect",
    about: "marketing",
    filters: [...DAYS, "channel", "currency", "conversion"],
    by: ["channel", ...PERIODS],
    first: ["channel"],
    main: ["visits", "orders", "gross", "conversion_rate", "customers", "new_customers", "cost", "acquisition_cost", "share_of_sales"],
    chart: { kind: "bars", measure: "conversion_rate" },
    list: orders,
  },
  {
    name: "channel-comparison",
    about: "marketing",
    filters: [...DAYS, "currency"],
    by: [],
    first: [],
    main: ["orders", "gross", "share", "average_order", "conversion_rate", "conversion_rate_shrunk", "repeat_purchase_rate"],
    chart: { kind: "bars", measure: "average_order" },
    list: orders,
  },
  {
    name: "lead-funnel",
    about: "marketing",
    filters: [...DAYS, "channel", "origin", "owner"],
    by: [...PERIODS, "channel", "origin", "owner", "pipeline", "stage"],
    first: ["channel"],
    main: ["captured", "qualified", "converted", "lost", "conversion_rate", "win_rate"],
    chart: { kind: "bars", measure: "conversion_rate" },
  },
  {
    name: "sales",
    about: "sales",
    filters: [...DAYS, "channel", "product", "category", "currency"],
    by: [...PERIODS, "channel", "product", "category"],
    first: ["month"],
    main: ["orders", "units", "gross", "discounts", "returns", "net", "average_order"],
    chart: { kind: "lines", measure: "net" },
    list: orders,
  },
  {
    name: "sales-trend",
    about: "sales",
    filters: [...DAYS, "channel", "currency"],
    by: ["channel"],
    first: [],
    main: ["weeks", "last_week", "change", "change_from_year_before", "mean", "trend"],
  },
  {
    name: "buyers",
    about: "sales",
    filters: [...DAYS, "channel", "currency"],
    by: ["channel", ...PERIODS],
    first: ["month"],
    main: ["customers", "orders", "gross", "net", "share_of_orders"],
    chart: { kind: "lines", measure: "customers" },
    list: orders,
  },
  {
    name: "cohorts",
    about: "sales",
    filters: [...DAYS, "channel", "currency"],
    by: [],
    first: [],
    main: ["size", "customers", "orders", "net", "retention"],
    chart: { kind: "heat", measure: "retention" },
  },
  {
    name: "segments",
    about: "segments",
    filters: [],
    by: [],
    first: [],
    main: ["customers", "share"],
    chart: { kind: "scatter", measure: "customers" },
    list: (group) => (group.label ? `/segments/${encodeURIComponent(group.label)}` : null),
  },
  { name: "segment-drift", about: "segments", filters: [], by: [], first: [], main: ["psi"], chart: { kind: "bars", measure: "psi" } },
  {
    name: "segment-explanation",
    about: "segments",
    filters: [],
    by: [],
    first: [],
    main: ["customers", "precision", "coverage"],
    list: (group) => (group.label ? `/segments/${encodeURIComponent(group.label)}` : null),
  },
  {
    name: "customer-value",
    about: "segments",
    filters: [],
    by: ["decile", "repeats"],
    first: ["decile"],
    main: ["customers", "alive", "expected_purchases", "expected_value", "share_of_value"],
    chart: { kind: "bars", measure: "share_of_value" },
  },
  {
    name: "value-calibration",
    about: "segments",
    filters: [],
    by: [],
    first: [],
    main: ["customers", "actual_purchases_per_customer", "predicted_purchases_per_customer"],
    chart: { kind: "bars", measure: "actual_purchases_per_customer" },
  },
  {
    name: "waiting-times",
    about: "service",
    filters: [...DAYS, "measure", "clock", ...TICKETS],
    by: [...PERIODS, ...TICKETS],
    first: ["category"],
    main: ["tickets", "events", "censored", "median", "p90", "restricted_mean"],
    chart: { kind: "curve", measure: "median" },
    list: tickets,
  },
  {
    name: "ticket-times",
    about: "service",
    filters: [...DAYS, "date", "clock", ...TICKETS],
    by: [...PERIODS, ...TICKETS],
    first: ["category"],
    main: ["tickets", "unsolved", "first_response_p50", "first_resolution_mean", "first_resolution_p50", "first_resolution_p90"],
    chart: { kind: "bars", measure: "first_resolution_p50" },
    list: tickets,
  },
  {
    name: "ticket-backlog",
    about: "service",
    filters: [...DAYS, ...TICKETS],
    by: PERIODS,
    first: ["week"],
    main: ["opened", "reopened", "finished", "backlog", "mean_age"],
    chart: { kind: "lines", measure: "backlog" },
  },
  {
    name: "service-levels",
    about: "service",
    filters: [...DAYS, ...TICKETS],
    by: [...PERIODS, ...TICKETS, "policy"],
    first: ["week"],
    main: ["tickets", "first_response_attainment", "first_resolution_attainment", "full_resolution_attainment"],
    chart: { kind: "lines", measure: "first_response_attainment" },
    list: tickets,
  },
  {
    name: "service",
    about: "service",
    filters: [...DAYS, "clock", "channel", "agent"],
    by: [...PERIODS, "channel", "kind", "agent"],
    first: ["channel"],
    main: ["feedback_submitted", "feedback_csat", "feedback_nps", "tickets_tickets", "tickets_first_response_p50"],
    chart: { kind: "bars", measure: "feedback_csat" },
  },
];

/** The day after a period that begins on this day. @param {string} first @param {string} period */
function after(first, period) {
  const day = new Date(`${first}T00:00:00Z`);
  if (period === "month") day.setUTCMonth(day.getUTCMonth() + 1);
  else day.setUTCDate(day.getUTCDate() + (period === "week" ? 7 : 1));
  return day.toISOString().slice(0, 10);
}

/** The days of a group, or those that were asked for. @param {Record<string, any>} group @param {Record<string, any>} asked */
function days(group, asked) {
  const period = PERIODS.find((one) => group[one]);
  return period ? { from: group[period], to: after(group[period], period) } : { from: asked.from, to: asked.to };
}

/** @param {Record<string, any>} group @param {Record<string, any>} asked */
function orders(group, asked) {
  const { from, to } = days(group, asked);
  const wanted = { channel: group.channel ?? asked.channel, currency: group.currency ?? asked.currency };
  return address("/orders", { ...wanted, placed_from: from, placed_to: to, test: "false" });
}

/** @param {Record<string, any>} group @param {Record<string, any>} asked */
function tickets(group, asked) {
  const { from, to } = days(group, asked);
  const wanted = Object.fromEntries(TICKETS.map((name) => [name, group[name] ?? asked[name]]));
  return address("/tickets", { ...wanted, opened_from: from, opened_to: to, discarded: "false" });
}

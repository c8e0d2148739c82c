// What reports share: parameters that several take, and the lists that their groups were made of.
// @ts-check

import { address } from "../api.js";

export const DAYS = ["from", "to"];
export const PERIODS = ["day", "week", "month"];
export const TICKETS = ["agent", "team", "category", "priority", "channel"];

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
export function orders(group, asked) {
  const { from, to } = days(group, asked);
  const wanted = { channel: group.channel ?? asked.channel, currency: group.currency ?? asked.currency };
  return address("/orders", { ...wanted, placed_from: from, placed_to: to, test: "false" });
}

/** @param {Record<string, any>} group @param {Record<string, any>} asked */
export function tickets(group, asked) {
  const { from, to } = days(group, asked);
  const wanted = Object.fromEntries(TICKETS.map((name) => [name, group[name] ?? asked[name]]));
  return address("/tickets", { ...wanted, opened_from: from, opened_to: to, discarded: "false" });
}

/** @param {Record<string, any>} group @param {Record<string, any>} asked */
export function leads(group, asked) {
  if ("pipeline" in group || "stage" in group || group.channel === null || group.owner === null) return null; // No filter of the list selects these.
  const { from, to } = days(group, asked);
  const wanted = Object.fromEntries(["channel", "origin", "owner"].map((name) => [name, group[name] ?? asked[name]]));
  return address("/leads", { ...wanted, without_origin: group.origin === null ? "true" : null, captured_from: from, captured_to: to });
}

/** @param {Record<string, any>} group @param {Record<string, any>} asked */
export function feedback(group, asked) {
  if (group.channel === null || group.agent === null) return null; // No filter of the list selects these.
  const { from, to } = days(group, asked);
  const wanted = Object.fromEntries(["channel", "kind", "agent"].map((name) => [name, group[name] ?? asked[name]]));
  return address("/feedback", { ...wanted, submitted_from: from, submitted_to: to });
}

// What reports share: parameters that several take, and the lists that their groups were made of.
// @ts-check

import { address } from "../api.js";

export const DAYS = ["from", "to"];
export const PERIODS = ["day", "week", "month"];
/** The currency of figures that have none, by ISO 4217. */
const NO_CURRENCY = "XXX";
export const TICKETS = ["agent", "team", "category", "priority", "channel"];

/** The day after a period that begins on this day. @param {string} first @param {string} period */
function after(first, period) {
  const day = new Date(`${first}T00:00:00Z`);
  if (period === "month") day.setUTCMonth(day.getUTCMonth() + 1);
  else day.setUTCDate(day.getUTCDate() + (period === "week" ? 7 : 1));
  return day.toISOString().slice(0, 10);
}

/** The days of a group: of its period, as far as they were asked for. @param {Record<string, any>} group @param {Record<string, any>} asked */
function days(group, asked) {
  const period = PERIODS.find((one) => group[one]);
  const { from, to } = asked;
  if (!period) return { from, to };
  const [first, end] = [group[period], after(group[period], period)];
  return { from: from && from > first ? from : first, to: to && to < end ? to : end };
}

/** The filters of a group: its own values, else those that were asked for. @param {string[]} names @param {Record<string, any>} group @param {Record<string, any>} asked */
function values(names, group, asked) {
  return Object.fromEntries(names.map((name) => [name, name in group ? group[name] : asked[name]]));
}

/** Whether the group is of things that lack a value or a day: no list has a filter for these. @param {Record<string, any>} group @param {string[]} names */
export function lacking(group, names) {
  return [...PERIODS, ...names].some((name) => group[name] === null);
}

/**
 * Orders placed. The list knows no products and no kinds of buyers, so nothing is behind such a group.
 * @param {Record<string, any>} group @param {Record<string, any>} asked
 */
export function orders(group, asked) {
  const unknown = ["product", "category"].some((name) => name in group || asked[name]) || "buyer" in group;
  if (unknown || lacking(group, ["channel"]) || group.currency === NO_CURRENCY) return null;
  const { from, to } = days(group, asked);
  return address("/orders", { ...values(["channel", "currency"], group, asked), placed_from: from, placed_to: to, test: "false" });
}

/** Tickets opened, with more filters. @param {Record<string, string>} [more] @returns {import("../reports.js").List} */
export function tickets(more = {}) {
  return (group, asked) => {
    if ("policy" in group || lacking(group, TICKETS) || Object.keys(group).some((name) => name.startsWith("attribute:"))) return null;
    const { from, to } = days(group, asked);
    return address("/tickets", { ...values(TICKETS, group, asked), opened_from: from, opened_to: to, discarded: "false", ...more });
  };
}

/** Whether something dates the tickets of a group: days that were asked for, or a period. @param {Record<string, any>} group @param {Record<string, any>} asked */
export function dated(group, asked) {
  const { from, to } = days(group, asked);
  return Boolean(from || to);
}

/** The days of a group under other names. @param {Record<string, any>} group @param {Record<string, any>} asked @param {string} name */
export function within(group, asked, name) {
  const { from, to } = days(group, asked);
  return { [`${name}_from`]: from, [`${name}_to`]: to };
}

// Two periods of a report beside each other: which groups belong together, and how far each figure has moved.
// @ts-check

import { change, difference, sign } from "./decimals.js";

/** @typedef {{ group: Record<string, any>, measures: Record<string, any>, curve?: any[] }} Group */
/** @typedef {{ key: string, one: Group | null, other: Group | null }} Pair a group that is in one period only has no partner */
/** @typedef {{ value: string, change: string | null, sign: number, cautious: boolean }} Move the change is in parts of the earlier figure */

/** Groupings by time: the third month of one period stands beside the third month of the other. */
export const PERIODS = ["day", "week", "month", "cohort"];
/** What says for which days a group is, and so differs between two periods. */
const DATED = ["from", "last"];
const DAY = 86_400_000;

/** @param {string} first */
const days = (first) => Math.floor(Date.parse(`${first}T00:00:00Z`) / DAY);

/** How many periods there are from the one that has the day `from` to this one. @param {string} kind @param {string} first @param {string} from */
function place(kind, first, from) {
  if (kind === "day") return days(first) - days(from);
  // 1 January 1970 was a Thursday: days since a Monday are days since 1970, plus three.
  if (kind === "week") return Math.floor((days(first) + 3) / 7) - Math.floor((days(from) + 3) / 7);
  const months = (/** @type {string} */ day) => 12 * Number(day.slice(0, 4)) + Number(day.slice(5, 7));
  return months(first) - months(from);
}

/** The place of each group in its period of time; null if the report is not grouped by time. @param {Group[]} groups @param {string | null} [from] */
export function placed(groups, from) {
  const kind = PERIODS.find((one) => groups.some(({ group }) => group[one]));
  // Things without a day, such as tickets that are not solved, have a group and no place in time.
  const begins = kind && (from || groups.flatMap(({ group }) => group[kind] ?? []).sort()[0]);
  return groups.map((one) => ({ ...one, at: kind && begins && one.group[kind] ? place(kind, one.group[kind], begins) : null }));
}

/** The values of a group that say what it is, and not when. @param {Record<string, any>} group */
function lasting(group) {
  return Object.fromEntries(Object.entries(group).filter(([name]) => !PERIODS.includes(name) && !DATED.includes(name)));
}

/**
 * Groups of two periods that belong together, in the order of time, and then of the first answer.
 * @param {Group[]} ones @param {Group[]} others @param {(string | null)[]} [from] the first day of each period
 * @returns {Pair[]}
 */
export function paired(ones, others, from = []) {
  /** @type {Map<string, Pair & { at: number | null }>} */
  const pairs = new Map();
  for (const [side, groups] of /** @type {const} */ ([["one", placed(ones, from[0])], ["other", placed(others, from[1])]])) {
    for (const { at, ...group } of groups) {
      const key = JSON.stringify([at, lasting(group.group)]);
      const pair = pairs.get(key) ?? { key, one: null, other: null, at };
      pairs.set(key, { ...pair, [side]: group });
    }
  }
  return [...pairs.values()].sort((a, b) => (a.at ?? Infinity) - (b.at ?? Infinity) || 0);
}

/**
 * How far a figure has moved from the other one. There is no move between figures of which one has no value, or of two units.
 * @param {any} figure @param {any} other @returns {Move | null}
 */
export function moved(figure, other) {
  if (figure?.value == null || other?.value == null || figure.unit !== other.unit) return null;
  const value = difference(figure.value, other.value);
  return { value, change: change(figure.value, other.value), sign: sign(value), cautious: Boolean(figure.caution || other.caution) };
}

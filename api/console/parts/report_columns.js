// The columns of a report's tables: what each group is, and its figures with the lists behind them.
// @ts-check

import { day } from "../core/format.js";
import { feature, measure } from "../core/measures.js";
import { found } from "../core/pages.js";
import { may } from "../core/session.js";
import { html } from "../core/view.js";
import { has, t, word } from "../core/words.js";
import { Figure } from "./figure.js";

/** Stands for the group of everything, below all groups. @type {Record<string, any>} */
export const TOTAL = Object.freeze({});
const DAYS = ["day", "week", "month", "cohort", "from", "last", "starts", "ends"];
/** Kinds of values that have words of their own. @type {Record<string, string>} */
const WORDS = { buyer: "buyer", priority: "priority", status: "choice", kind: "choice" };

/** The names of all figures that these groups have. @param {any[]} groups @returns {string[]} */
export function known(groups) {
  return [...new Set(groups.flatMap((one) => Object.keys(one.measures)))];
}

/** Those that are shown first. @param {import("../core/reports.js").Report} report @param {string[]} all */
export function mainOf(report, all) {
  const main = report.main.flatMap((name) => all.filter((one) => one === name || one.startsWith(`${name}:`)));
  return main.length ? main : all;
}

/** What groups are named by; ids, and the number of a cluster, stand behind names. @param {any[]} groups @returns {string[]} */
export function keysOf(groups) {
  const names = [...new Set(groups.flatMap((one) => Object.keys(one.group)))];
  return names.filter((name) => !/_id$/.test(name) && !(name === "cluster" && names.includes("label")));
}

/**
 * @param {import("../core/reports.js").Report} report @param {any[]} groups @param {string[]} measures
 * @param {Record<string, any>} asked @param {boolean} [linked] whether figures lead to their lists
 * @returns {import("./table.js").Column[]}
 */
export function columnsOf(report, groups, measures, asked, linked = true) {
  const keys = keysOf(groups);
  return [
    ...keys.map((name, place) => ({ title: keyTitle(name), cell: (/** @type {any} */ row) => (row.group !== TOTAL ? called(name, row) : place ? "" : t("report.part.total")) })),
    ...Object.entries(report.also ?? {}).map(([name, value]) => ({ title: t(`report.${name}`), cell: value })),
    ...measures.map((name) => ({ title: measure(name, report.name), figures: true, cell: (/** @type {any} */ row) => cell(report, name, row, asked, linked) })),
  ];
}

/** @param {import("../core/reports.js").Report} report @param {string} name @param {any} row @param {Record<string, any>} asked @param {boolean} linked */
export function cell(report, name, row, asked, linked = true) {
  const href = linked ? behind(report.lists?.[name], row, asked) : undefined;
  return html`<${Figure} figure=${row.measures[name]} verdict=${row.verdicts?.[name]} href=${href} />`;
}

/**
 * The address of the list behind a row, if there is one and the reader may see it.
 * @param {import("../core/reports.js").List | undefined} list @param {any} row @param {Record<string, any>} asked
 */
export function behind(list, row, asked) {
  const address = list?.(row.group === TOTAL ? {} : row.group, asked);
  const page = address && found(address.split("?")[0]).page;
  return page && may(page.permission) ? address : undefined;
}

/** @param {string} name */
export function keyTitle(name) {
  const [of, ...rest] = name.split(":");
  return rest.length ? `${word("by", of)}: ${rest.join(":")}` : word("by", name);
}

/** The value of a grouping, with the name of what it is a code of. @param {string} name @param {any} row */
function called(name, row) {
  const code = groupValue(name, row.group[name]);
  if (DAYS.includes(name)) return html`<span class="nowrap">${code}</span>`;
  const own = row[name]?.name;
  return own && own !== code ? `${own} (${code})` : code;
}

/** @param {string} name of a grouping @param {any} content */
export function groupValue(name, content) {
  if (content == null) return "–";
  if (Array.isArray(content)) return content.map(feature).join(", ");
  const text = String(content);
  if (DAYS.includes(name) && /^\d{4}-/.test(text)) return day(text);
  if (name === "of") return feature(text);
  const kind = WORDS[name];
  return kind && has(`${kind}.${text}`) ? word(kind, text) : text;
}

// Which columns of a list are shown: those of the address, or those that the reader chose last in this browser.
// @ts-check

import { query, set } from "./address.js";
import { kept } from "./kept.js";

/** @typedef {import("../parts/table.js").Column} Column */

/** @type {Map<string, import("../vendor/signals-core/signals-core.mjs").Signal<string>>} */
const choices = new Map();

/** What this browser keeps for the list under this path. @param {string} path */
function choice(path) {
  const known = choices.get(path) ?? kept(`columns.${path}`, "");
  choices.set(path, known);
  return known;
}

/**
 * The columns of a list as the reader sees them. The first one, and those without a name, cannot be hidden.
 * @param {string} path of the list @param {Column[]} columns all of them, in their order
 */
export function chosen(path, columns) {
  const named = columns.filter(({ name }) => name);
  const usual = named.filter(({ extra }) => !extra).map(({ name }) => String(name));
  const asked = (query.value.get("columns") ?? choice(path).value).split(",").filter((name) => named.some((one) => one.name === name));
  const names = asked.length ? asked : usual;
  return {
    shown: columns.filter((column, place) => !place || !column.name || names.includes(column.name)),
    hideable: columns.filter((column, place) => place && column.name),
    /** The names of the shown columns; none if they are the usual ones. */
    names: names.join() === usual.join() ? [] : names,
    /** Shows or hides a column. @param {Column} column @param {boolean} show */
    choose(column, show) {
      const wanted = named.filter((one) => one === columns[0] || (one === column ? show : names.includes(String(one.name))));
      const text = wanted.map(({ name }) => name).join();
      choice(path).value = text === usual.join() ? "" : text;
      set({ columns: choice(path).value });
    },
  };
}

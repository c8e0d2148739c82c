// What the fields of a form hold, and what the API says of them.
// @ts-check

/**
 * @typedef {object} Field
 * @property {string} name as the API names it
 * @property {string} label
 * @property {Kind} [kind]
 * @property {boolean} [required]
 * @property {[string, string][]} [options] values and labels of a select
 * @property {() => Promise<[string, string][]>} [load] the options, read when the form opens
 * @property {string} [none] what a select that may stay empty says then
 * @property {string} [value] that it begins with
 * @property {string} [hint]
 * @property {string} [at] where its value is in the request, such as `contact/name`; by default its name
 * @property {Field[]} [columns] of rows
 * @property {Row[]} [rows] those that the form begins with; of `lines`, all that there are
 */
/** @typedef {"text" | "textarea" | "decimal" | "number" | "date" | "datetime-local" | "email" | "select" | "check" | "customer" | "rows" | "lines"} Kind */
/** @typedef {{ id?: string, label?: string, values: Record<string, string> }} Row a line of the thing has an id and a label */

/** Fields of several lines: `rows` are added and removed, of `lines` some are chosen. A line counts if its first field is filled. */
export const ROWS = new Set(["rows", "lines"]);

/** The values of the fields that have one: texts, instants, true, or a list of rows. @param {HTMLFormElement} form @param {Field[]} fields */
export function values(form, fields) {
  const given = new FormData(form);
  /** @type {Record<string, any>} */
  const found = {};
  for (const field of fields) {
    const value = ROWS.has(field.kind ?? "") ? rows(given, field) : single(given, field, field.name);
    if (value !== undefined) found[field.name] = value;
  }
  return found;
}

/** @param {FormData} given @param {Field} field @param {string} name in the form @returns {string | boolean | undefined} */
function single(given, { kind }, name) {
  const text = String(given.get(name) ?? "").trim();
  if (!text) return undefined;
  if (kind === "check") return true;
  return kind === "datetime-local" ? new Date(text).toISOString() : text;
}

/** The rows that count, each with its values, and the id of a line as `line_id`. @param {FormData} given @param {Field} field */
function rows(given, { name, columns = [] }) {
  const found = [];
  for (let place = 0; given.has(`${name}/${place}`); place++) {
    const entries = columns.map((column) => [column.name, single(given, column, `${name}/${place}/${column.name}`)]);
    if (entries[0][1] === undefined) continue;
    const id = String(given.get(`${name}/${place}`));
    found.push(Object.fromEntries([...(id ? [["line_id", id]] : []), ...entries.filter(([, value]) => value !== undefined)]));
  }
  return found.length ? found : undefined;
}

/** What the API says of a part of the request. @param {import("../core/api.js").Refused | null | undefined} refused @param {string} at */
export function wrong(refused, at) {
  const errors = /** @type {any[]} */ (refused?.problem.errors ?? []);
  return errors.find(({ pointer }) => String(pointer ?? "") === `/${at}` || String(pointer ?? "").startsWith(`/${at}/`))?.detail;
}

/** @typedef {{ field: Field, refused: import("../core/api.js").Refused | null }} Props of a field */

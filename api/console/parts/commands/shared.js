// What commands on many kinds of things have in common.
// @ts-check

import { t, word } from "../../core/words.js";

/** @typedef {import("../command.js").Wanted} Wanted */
/** @typedef {import("../field_values.js").Field} Field */

/** A code for why. @returns {Field} */
export function reason() {
  return { name: "reason", label: t("command.reason"), hint: t("command.reason.hint") };
}

/** Values of the API as the options of a select, with their words. @param {string} kind @param {readonly string[]} values @returns {[string, string][]} */
export function choices(kind, values) {
  return values.map((value) => [value, word(kind, value)]);
}

/** Codes that a reader separates by commas or blanks. @param {string | undefined} text */
export function codes(text) {
  return text?.split(/[\s,]+/).filter(Boolean) ?? [];
}

/** The named fields, null for those that are empty: so a form clears what its reader empties. @param {Record<string, any>} values @param {string[]} names */
export function cleared(values, names) {
  return Object.fromEntries(names.map((name) => [name, values[name] ?? null]));
}

/** Commands without those that the thing's state does not allow. @param {(Wanted | false | null | undefined | "")[]} commands */
export function offered(commands) {
  return /** @type {Wanted[]} */ (commands.filter(Boolean));
}

/** Fields without those that this thing or reader does not have. @param {(Field | false)[]} fields */
export function present(fields) {
  return /** @type {Field[]} */ (fields.filter(Boolean));
}

/**
 * Who is responsible, and tags: every main kind of thing has them.
 * @param {string} path @param {any} thing @param {string} menu @param {string} [owner] the name of the thing's field for its owner
 * @returns {Wanted[]}
 */
export function annotations(path, thing, menu, owner = "owner") {
  const tags = /** @type {string[]} */ (thing.tags ?? []);
  return offered([
    {
      title: t("command.assign"),
      menu,
      method: "PUT",
      path: `${path}/assignment`,
      fields: [
        { name: "owner", label: t("customer.owner"), value: thing[owner] ?? "" },
        { name: "team", label: t("ticket.team"), value: thing.team ?? "" },
      ],
      body: (values) => cleared(values, ["owner", "team"]),
    },
    {
      title: t("command.tag"),
      menu,
      method: "POST",
      path: `${path}/tags`,
      fields: [{ name: "tags", label: t("customer.tags"), required: true, hint: t("command.codes") }],
      body: (values) => ({ tags: codes(values.tags) }),
    },
    tags.length > 0 && {
      title: t("command.untag"),
      menu,
      method: "POST",
      path: `${path}/tags/removal`,
      fields: [{ name: "tag", label: t("customer.tag"), kind: "select", options: tags.map((tag) => [tag, tag]) }],
      body: ({ tag }) => ({ tags: [tag] }),
    },
  ]);
}

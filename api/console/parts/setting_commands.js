// What a reader can do with the settings of the business. A body that is not flat is written as JSON, and checked by the API.
// @ts-check

import { Refused } from "../core/api.js";
import { may } from "../core/session.js";
import { ENTITIES, ended, pathOf } from "../core/settings.js";
import { t, word } from "../core/words.js";

/** @typedef {import("../core/settings.js").Setting} Setting @typedef {import("../core/settings.js").Entry} Entry */

/** A form for a new one. @param {Setting} setting @returns {import("./command.js").Wanted} */
export function create(setting) {
  const keys = setting.key.map((name) => ({
    name: `key-${name}`,
    label: t(`setting.${name}`),
    required: true,
    ...(name === "entity" && { kind: /** @type {const} */ ("select"), options: choices("thing", ENTITIES) }),
  }));
  return {
    title: t(`setting.new.${setting.name}`),
    method: "PUT",
    path: "",
    fresh: true,
    fields: [...keys, ...setting.entries.map((entry) => field(entry, entry.example))],
    address: (values) => pathOf(setting, Object.fromEntries(setting.key.map((name) => [name, values[`key-${name}`]]))),
    body: (values) => body(setting.entries, values),
  };
}

/** @param {Setting} setting @param {any} row as it stands @returns {import("./command.js").Wanted[]} */
export function settingCommands(setting, row) {
  const path = pathOf(setting, row);
  const open = setting.entries.filter((entry) => !entry.fixed);
  const fixed = Object.fromEntries(setting.entries.filter((entry) => entry.fixed).map(({ name }) => [name, row[name]]));
  const seen = !setting.personal || may("personal:read"); // Otherwise the form would replace what its reader cannot see.
  const gone = ended(row) != null;
  /** @type {(import("./command.js").Wanted | false)[]} */
  const commands = [
    seen && {
      title: t(gone ? "setting.again" : "setting.change"),
      method: "PUT",
      path,
      fields: open.map((entry) => field(entry, row[entry.name])),
      body: (values) => ({ ...fixed, ...body(open, values) }),
    },
    setting.name === "users" &&
      !gone && {
        title: t(row.available ? "setting.away" : "setting.available"),
        method: "PUT",
        path: `${path}/availability`,
        fields: [],
        body: () => ({ available: !row.available }),
      },
    setting.end != null && !gone && { title: t(`setting.${setting.end}`), method: "POST", path: `${path}/${setting.end}`, fields: [] },
  ];
  return commands.filter((command) => command !== false);
}

/** @param {Entry} entry @param {any} value that the form begins with @returns {import("./command.js").Field} */
function field({ name, as = "text", values, required }, value) {
  const label = t(`setting.${name}`);
  if (values) return { name, label, kind: "select", options: choices(`setting.${name}`, values), value: value ?? values[0] };
  if (as === "json") return { name, label, kind: "json", value: lines(value ?? []), hint: t("setting.json"), required };
  const text = as === "list" ? (value ?? []).join(", ") : String(value ?? "");
  return { name, label, kind: as === "number" ? "number" : "text", value: text, required, hint: hints(name, as) };
}

/** @param {string} name @param {string} as */
function hints(name, as) {
  if (as === "list") return t("setting.list");
  return name === "zone" ? t("setting.zone.hint") : undefined;
}

/** @param {Entry[]} entries @param {Record<string, string>} values */
function body(entries, values) {
  const given = entries.filter(({ name }) => values[name] != null);
  return Object.fromEntries(given.map(({ name, as }) => [name, parsed(values[name], as, name)]));
}

/** The value of a text. Raises Refused if it is no JSON. @param {string} text @param {Entry["as"]} as @param {string} name */
function parsed(text, as, name) {
  if (as === "number") return Number(text);
  if (as === "list") return text.split(/[,，、]/).map((one) => one.trim()).filter(Boolean);
  if (as !== "json") return text;
  try {
    return JSON.parse(text);
  } catch (error) {
    const detail = t("setting.json.wrong");
    throw new Refused(422, { detail, errors: [{ pointer: `/${name}`, detail: String(/** @type {Error} */ (error).message) }] });
  }
}

/** A list as JSON, one thing a line. @param {any[]} rows */
function lines(rows) {
  return rows.length ? `[\n${rows.map((row) => `  ${JSON.stringify(row)}`).join(",\n")}\n]` : "[]";
}

/** @param {string} name @param {string[]} values @returns {[string, string][]} */
function choices(name, values) {
  return values.map((value) => [value, word(name, value)]);
}

// The words of the console: one dictionary for each language. A page says `t("page.customers")` and is drawn again when the
// reader chooses another language.
// @ts-check

import { kept } from "./kept.js";
import { computed } from "./view.js";
import { en } from "../words/en.js";
import { zh } from "../words/zh.js";

/** @type {Record<string, Record<string, string | undefined>>} */
const DICTIONARIES = { en, zh };

export const LANGUAGES = /** @type {const} */ ({ en: "English", zh: "中文" });

export const language = kept("language", navigator.language.startsWith("zh") ? "zh" : "en");

/** The language as browsers name it. */
export const locale = computed(() => (language.value === "zh" ? "zh-CN" : "en-GB"));

/**
 * The text under this name, with `{placeholders}` filled in.
 * @param {string} name @param {Record<string, string | number>} [values]
 */
export function t(name, values = {}) {
  const text = DICTIONARIES[language.value][name] ?? name;
  return text.replace(/\{(\w+)\}/g, (_, key) => String(values[key] ?? ""));
}

/**
 * The word for a value of the API, such as the status `open`. A value without a word is shown as it is.
 * @param {string} kind @param {string | null | undefined} value
 */
export function word(kind, value) {
  if (value == null) return "–";
  return DICTIONARIES[language.value][`${kind}.${value}`] ?? value.replaceAll("_", " ").replaceAll("-", " ");
}

/** Whether the reader's language has a text under this name. @param {string} name */
export function has(name) {
  return DICTIONARIES[language.value][name] !== undefined;
}

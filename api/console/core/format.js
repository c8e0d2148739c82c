// How numbers, amounts and times look. Amounts are exact decimal texts: they are never turned into floating-point numbers.
// @ts-check

import { locale } from "./words.js";

/** @type {Map<string, Intl.NumberFormat | Intl.DateTimeFormat>} */
const made = new Map();

/**
 * @template {Intl.NumberFormat | Intl.DateTimeFormat} Format
 * @param {string} name @param {() => Format} make @returns {Format}
 */
function once(name, make) {
  const key = `${locale.value} ${name}`;
  if (!made.has(key)) made.set(key, make());
  return /** @type {Format} */ (made.get(key));
}

/** @param {number | string | null | undefined} value @param {number} [digits] at most this many after the point */
export function number(value, digits = 3) {
  if (value == null) return "–";
  const format = once(`n${digits}`, () => new Intl.NumberFormat(locale.value, { maximumFractionDigits: digits }));
  return format.format(/** @type {any} */ (value));
}

/** @param {string | null | undefined} amount @param {string} currency an ISO 4217 code */
export function money(amount, currency) {
  if (amount == null) return "–";
  const options = { style: "currency", currency, currencyDisplay: "narrowSymbol" };
  return once(`m${currency}`, () => new Intl.NumberFormat(locale.value, /** @type {any} */ (options))).format(
    /** @type {any} */ (amount),
  );
}

/** @param {string | number | null | undefined} value between 0 and 1 */
export function share(value) {
  if (value == null) return "–";
  return once("share", () => new Intl.NumberFormat(locale.value, { style: "percent", maximumFractionDigits: 1 })).format(
    Number(value),
  );
}

/** @param {string} instant @param {"day" | "minute" | "second"} [precision] */
export function when(instant, precision = "minute") {
  const time = precision === "day" ? {} : { timeStyle: precision === "second" ? "medium" : "short" };
  const options = /** @type {Intl.DateTimeFormatOptions} */ ({ dateStyle: "medium", ...time });
  return once(`t${precision}`, () => new Intl.DateTimeFormat(locale.value, options)).format(new Date(instant));
}

/** A calendar day such as 1997-01-12, which belongs to no zone. @param {string | null | undefined} text */
export function day(text) {
  if (text == null) return "–";
  const options = /** @type {const} */ ({ dateStyle: "medium", timeZone: "UTC" });
  return once("day", () => new Intl.DateTimeFormat(locale.value, options)).format(new Date(`${text}T00:00:00Z`));
}

const STEPS = /** @type {const} */ ([
  ["year", 31_536_000],
  ["month", 2_592_000],
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", 60],
]);

/** How long ago, in the largest unit that fits. @param {string} instant @param {number} [now] milliseconds since 1970 */
export function ago(instant, now = Date.now()) {
  const seconds = (now - Date.parse(instant)) / 1000;
  const format = new Intl.RelativeTimeFormat(locale.value, { numeric: "auto" });
  for (const [unit, size] of STEPS) if (Math.abs(seconds) >= size) return format.format(-Math.round(seconds / size), unit);
  return format.format(-Math.round(seconds), "second");
}

/** A duration in its two largest units, such as 2 h 5 min. @param {string | number | null | undefined} seconds */
export function duration(seconds) {
  if (seconds == null) return "–";
  const whole = Math.round(Number(seconds));
  const parts = [
    [Math.floor(whole / 86_400), "day"],
    [Math.floor((whole % 86_400) / 3_600), "hour"],
    [Math.floor((whole % 3_600) / 60), "minute"],
    [whole % 60, "second"],
  ];
  const first = parts.findIndex(([count]) => count);
  if (first < 0) return unit(0, "second");
  return parts
    .slice(first, first + 2)
    .filter(([count]) => count)
    .map(([count, name]) => unit(Number(count), String(name)))
    .join(" ");
}

/** @param {number} count @param {string} name */
function unit(count, name) {
  return new Intl.NumberFormat(locale.value, { style: "unit", unit: name, unitDisplay: "short" }).format(count);
}

// A figure of a report: its value, and on hover or focus what it was made of, how sure it is, and what it means.
// @ts-check

import { hundredfold, sign, size } from "../core/decimals.js";
import { duration, money, number, share } from "../core/format.js";
import { html } from "../core/view.js";
import { has, t, word } from "../core/words.js";

/** @typedef {{ value: string | null, unit: string, definition: string, reason?: string | null, numerator?: any, denominator?: any, n?: number,
 *   interval?: { low: string | null, high: string | null, confidence: string, method: string }, method?: string, caution?: string, test?: any, always_valid?: any }} Value */

const CURRENCY = /^[A-Z]{3}$/;
/** How definitions begin: those of parts of a whole, and those of scores. */
const PART = /^(mean )?(share|probability|(the )?conversion rate)\b/;
const SCORE = /^(sum|chi-square)\b/;
/** Units that are named beside each value: its column does not say them. */
const NAMED = ["days", "weeks"];

/** Pixels that stay free at the edges of the window. */
const EDGE = 8;

/** A number as its unit is read. @param {string | number | null | undefined} value @param {Value} figure */
export function amount(value, figure) {
  if (value == null) return "–";
  const [unit, ...per] = figure.unit.split(" per ");
  const each = per.length ? ` ${t(`unit.per ${per[0]}`)}` : "";
  if (CURRENCY.test(unit)) return money(String(value), unit) + each;
  if (unit === "seconds") return duration(value);
  if (isShare(figure)) return share(value);
  return `${number(value, unit === "days" ? 1 : 4)}${NAMED.includes(unit) ? ` ${t(`unit.${unit}`)}` : ""}${each}`;
}

/** A number without a unit that is a part of a whole or a quotient, and not a score. @param {Value} figure */
function isShare({ unit, denominator, definition }) {
  if (unit !== "1") return unit === "share";
  return denominator !== undefined || PART.test(definition) || (definition.includes(" / ") && !SCORE.test(definition));
}

/** An interval as it is read; one without a bound on a side says so. @param {{ low: string | null, high: string | null }} interval @param {Value} figure */
function range({ low, high }, figure) {
  if (low == null || high == null) return low == null && high == null ? "" : low == null ? `≤ ${amount(high, figure)}` : `≥ ${amount(low, figure)}`;
  return `${amount(low, figure)} – ${amount(high, figure)}`;
}

/** How far a figure has moved: with its sign, and shares in points of percent. @param {import("../core/comparing.js").Move} move @param {Value} figure */
export function signed(move, figure) {
  const shown = isShare(figure) ? `${number(hundredfold(size(move.value)), 2)} ${t("unit.points of percent")}` : amount(size(move.value), figure);
  return before(move.sign) + shown;
}

/** The change in percent, with its sign. @param {string | null} change */
export function percent(change) {
  return change == null ? null : before(sign(change)) + share(size(change));
}

/** @param {number} sign */
function before(sign) {
  return sign > 0 ? "+" : sign < 0 ? "−" : "";
}

/** The name of a unit; a number without a unit has none. @param {string} unit */
function unitName(unit) {
  if (unit === "1") return "";
  if (CURRENCY.test(unit)) return unit;
  const [one, ...per] = unit.split(" per ");
  const name = CURRENCY.test(one) || !has(`unit.${one}`) ? one : word("unit", one);
  return per.length ? `${name} ${t(`unit.per ${per[0]}`)}` : name;
}

/**
 * @param {{ figure: Value | undefined, href?: string | null, verdict?: { verdict: string | null, reason: string | null } }} props
 *   `href` is the address of the list that it was made of; `verdict` is what the data support to say of it, or why they do not
 */
export function Figure({ figure, href, verdict }) {
  if (!figure) return html`<span class="none">–</span>`;
  const { interval, caution } = figure;
  const inside = html`${amount(figure.value, figure)}
    ${interval && figure.value != null && html`<small> ${range(interval, figure)}</small>`}
    <${About} figure=${figure} linked=${Boolean(href)} verdict=${verdict} />`;
  const kind = caution ? "figure cautious" : "figure";
  const common = { class: kind, onMouseEnter: place, onFocus: place };
  return href ? html`<a ...${common} href=${href}>${inside}</a>` : html`<span ...${common} tabindex="0">${inside}</span>`;
}

/** Puts what a figure was made of below it, or above where there is no room: a table that scrolls would cut it off. @param {Event} event */
function place(event) {
  const figure = /** @type {HTMLElement} */ (event.currentTarget);
  const about = /** @type {HTMLElement | null} */ (figure.querySelector(".about"));
  if (!about) return;
  const { right, top, bottom } = figure.getBoundingClientRect();
  const { offsetWidth: width, offsetHeight: height } = about;
  about.style.left = `${Math.max(EDGE, Math.min(right, innerWidth - EDGE) - width)}px`;
  about.style.top = `${bottom + height < innerHeight - EDGE ? bottom : Math.max(EDGE, top - height)}px`;
}

/** What a figure was made of. @param {{ figure: Value, linked: boolean, verdict?: { verdict: string | null, reason: string | null } }} props */
function About({ figure, linked, verdict }) {
  const { interval, reason, caution, always_valid: always, test } = figure;
  const method = figure.method && figure.method !== interval?.method ? figure.method : null;
  return html`<span class="about" role="tooltip">
    <strong>${figure.definition}</strong>
    ${reason && html`<span>${reason}</span>`}
    ${caution && html`<span>${t("figure.caution")}: ${caution}</span>`}
    ${figure.denominator !== undefined && html`<span>${exact(figure.numerator)} / ${exact(figure.denominator)}</span>`}
    ${figure.n !== undefined && html`<span>n = ${number(figure.n)}</span>`}
    ${method && html`<span>${method}</span>`}
    ${interval && html`<span>${share(interval.confidence)}: ${exact(interval.low)} – ${exact(interval.high)} (${interval.method})</span>`}
    ${always && html`<span>${t("figure.always")}: ${exact(always.low)} – ${exact(always.high)} (${always.method})</span>`}
    ${test && html`<span>${test.method}: p = ${exact(test.adjusted_p_value ?? test.p_value)}${test.adjustment && ` (${test.adjustment})`}</span>`}
    ${verdict && verdict.reason !== caution && html`<span>${t("figure.verdict")}: ${verdict.verdict ?? verdict.reason}</span>`}
    ${figure.value != null && html`<span class="soft">${exact(figure.value)} ${unitName(figure.unit)}</span>`}
    ${linked && html`<span class="soft">${t("report.list")} →</span>`}
  </span>`;
}

/** @param {any} value as the API states it */
function exact(value) {
  return value == null ? "–" : String(value);
}

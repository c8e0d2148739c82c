// A figure of a report: its value, and on hover or focus what it was made of, how sure it is, and what it means.
// @ts-check

import { duration, money, number, share } from "../core/format.js";
import { html } from "../core/view.js";
import { t } from "../core/words.js";

/** @typedef {{ value: string | null, unit: string, definition: string, reason?: string | null, numerator?: any, denominator?: any, n?: number,
 *   interval?: { low: string | null, high: string | null, confidence: string, method: string }, method?: string, caution?: string, test?: any, always_valid?: any }} Value */

/** A number as its unit is read. @param {string | number | null | undefined} value @param {Value} figure */
export function amount(value, figure) {
  if (value == null) return "–";
  if (/^[A-Z]{3}$/.test(figure.unit)) return money(String(value), figure.unit);
  if (figure.unit === "seconds") return duration(value);
  if (figure.unit === "1" && isShare(figure)) return share(value);
  return number(value, 4);
}

/** A number without a unit that is a part of a whole, and not a score. @param {Value} figure */
function isShare(figure) {
  return figure.denominator !== undefined || / \/ |share|probability|difference|conversion rate/.test(figure.definition);
}

/** @param {{ figure: Value | undefined }} props */
export function Figure({ figure }) {
  if (!figure) return html`<span class="none">–</span>`;
  const { interval, reason, caution } = figure;
  return html`<span class=${caution ? "figure cautious" : "figure"} tabindex="0">
    ${amount(figure.value, figure)}
    ${interval && figure.value != null && html`<small> ${amount(interval.low, figure)} – ${amount(interval.high, figure)}</small>`}
    <span class="about" role="tooltip">
      <strong>${figure.definition}</strong>
      ${reason && html`<span>${reason}</span>`}
      ${caution && html`<span>${t("figure.caution")}: ${caution}</span>`}
      ${figure.denominator !== undefined && html`<span>${exact(figure.numerator)} / ${exact(figure.denominator)}</span>`}
      ${figure.n !== undefined && html`<span>n = ${number(figure.n)}</span>`}
      ${interval && html`<span>${share(interval.confidence)}: ${exact(interval.low)} – ${exact(interval.high)} (${interval.method})</span>`}
      ${figure.always_valid && html`<span>${t("figure.always")}: ${exact(figure.always_valid.low)} – ${exact(figure.always_valid.high)}</span>`}
      ${figure.test && html`<span>${figure.test.method}: p = ${exact(figure.test.adjusted_p_value ?? figure.test.p_value)}</span>`}
      ${figure.value != null && html`<span class="soft">${exact(figure.value)} ${figure.unit}</span>`}
    </span>
  </span>`;
}

/** @param {any} value as the API states it */
function exact(value) {
  return value == null ? "–" : String(value);
}

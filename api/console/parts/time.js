// A moment in the reader's zone; the original is shown on hover and by assistive technology.
// @ts-check

import { ago, day, when } from "../core/format.js";
import { html } from "../core/view.js";

/** @param {{ at: string | null | undefined, precision?: "day" | "minute" | "second" }} props an instant */
export function Time({ at, precision = "minute" }) {
  if (!at) return html`<span class="none">–</span>`;
  return html`<time datetime=${at} title=${at}>${when(at, precision)}</time>`;
}

/** @param {{ at: string }} props */
export function Ago({ at }) {
  return html`<time datetime=${at} title=${at}>${ago(at)}</time>`;
}

/** When a fact occurred: a day if no more is known. @param {{ fact: any }} props */
export function Occurred({ fact }) {
  if (fact.occurred_precision === "day") {
    return html`<time datetime=${fact.occurred_at} title=${fact.occurred_at}>${day(fact.occurred_at.slice(0, 10))}</time>`;
  }
  return html`<${Time} at=${fact.occurred_at} />`;
}

// Any value of the API, as people read it.
// @ts-check

import { day } from "../core/format.js";
import { html } from "../core/view.js";
import { Time } from "./time.js";

const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d/;
const DAY = /^\d{4}-\d\d-\d\d$/;

/** @param {{ value: any }} props @returns {any} */
export function Value({ value }) {
  if (value === null || value === undefined || value === "") return html`<span class="none">–</span>`;
  if (typeof value === "boolean") return value ? "✓" : "✗";
  if (typeof value === "string") return INSTANT.test(value) ? html`<${Time} at=${value} />` : DAY.test(value) ? day(value) : value;
  if (typeof value === "number") return String(value);
  if (Array.isArray(value)) {
    if (!value.length) return html`<span class="none">–</span>`;
    return value.every((one) => typeof one !== "object")
      ? value.join(", ")
      : html`<ul class="values">${value.map((one) => html`<li><${Value} value=${one} /></li>`)}</ul>`;
  }
  const pairs = Object.entries(value).filter(([, one]) => one !== null);
  if (!pairs.length) return html`<span class="none">–</span>`;
  return html`<dl class="values">${pairs.map(([name, one]) => html`<div key=${name}><dt>${name}</dt><dd><${Value} value=${one} /></dd></div>`)}</dl>`;
}

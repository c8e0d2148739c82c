// What a thing is about, as links to its pages.
// @ts-check

import { html } from "../core/view.js";
import { word } from "../core/words.js";

/** The list of a kind of thing, as the first segment of its address. */
export const PAGES = /** @type {Record<string, string>} */ ({
  customer: "customers",
  order: "orders",
  ticket: "tickets",
  deal: "deals",
  campaign: "campaigns",
  lead: "leads",
  interaction: "interactions",
  feedback: "feedback",
});

/** @param {{ kind: string, id: string | null | undefined }} props the id of the thing in full; without one, nothing */
export function Link({ kind, id }) {
  return id ? html`<a href=${`/${PAGES[kind]}/${id}`}><code>${id}</code></a>` : null;
}

/** @param {{ about: { kind: string, id: string }[] }} props */
export function About({ about }) {
  return html`<ul class="values">${about.map(({ kind, id }) => html`<li key=${id}>${word("thing", kind)} <${Link} kind=${kind} id=${id} /></li>`)}</ul>`;
}

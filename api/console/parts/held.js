// Filters that a report's link brings to a list, and for which the list has no field: each is named, and can be left out.
// @ts-check

import { query, set } from "../core/address.js";
import { html } from "../core/view.js";
import { t, word } from "../core/words.js";

/** What the address of a list may hold, by the list. @type {Record<string, string[]>} */
const HELD = {
  "/v1/orders": ["channel", "currency", "test", "placed_from", "placed_to"],
  "/v1/tickets": ["agent", "team", "category", "priority", "channel", "unsolved", "status", "discarded", "opened_from", "opened_to"],
  "/v1/leads": ["channel", "origin", "without_origin", "owner", "stage", "status", "campaign_id", "captured_from", "captured_to"],
  "/v1/feedback": ["channel", "agent", "kind", "submitted_from", "submitted_to"],
  "/v1/segment-labels": ["model", "labelled"],
};
/** Those of the members of a campaign, which are a part of a page. */
export const MEMBERS = ["removed", "started_from", "started_to"];

/**
 * The values of such filters, without those for which the list has a field.
 * @param {string} path of the list in the API @param {string[]} fields @param {string[]} [names] @returns {Record<string, string>}
 */
export function held(path, fields, names = HELD[path] ?? []) {
  return Object.fromEntries(names.filter((name) => !fields.includes(name) && query.value.get(name)).map((name) => [name, query.value.get(name) ?? ""]));
}

/** @param {{ values: Record<string, string> }} props */
export function Held({ values }) {
  const shown = Object.entries(values);
  if (!shown.length) return null;
  return html`<p class="badges">${shown.map(([name, value]) => html`<button key=${name} class="badge held" aria-label=${t("filter.remove", { name: word("filter", name) })} onClick=${() => set({ [name]: null })}>
    ${word("filter", name)}: ${["true", "false"].includes(value) ? word("choice", value) : value} <span aria-hidden="true">×</span>
  </button>`)}</p>`;
}

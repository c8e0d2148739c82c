// Facts in sentences, as a list: what happened, to what, by whom, when.
// @ts-check

import { html } from "../core/view.js";
import { language } from "../core/words.js";
import { Occurred } from "./time.js";

/** The sentence of a fact in the reader's language. @param {any} fact */
export function sentence(fact) {
  return (language.value === "zh" ? fact.zh : fact.en) ?? fact.sentence?.[language.value] ?? fact.type;
}

/** @param {{ facts: any[], fresh?: (fact: any) => boolean, href?: (fact: any) => string | null }} props */
export function Facts({ facts, fresh, href }) {
  return html`<ol class="facts">
    ${facts.map(
      (fact) => html`<li key=${fact.position} class=${fresh?.(fact) ? "fresh" : undefined}>
        <a class="position" href=${href?.(fact) ?? `/events/${fact.position}`}>#${fact.position}</a>
        <span>${sentence(fact)}${(fact.metadata ?? fact).irregular?.map((/** @type {string} */ rule) => html` <em class="irregular">${rule}</em>`)}</span>
        <span class="soft"><${Occurred} fact=${fact.metadata ?? fact} /></span>
      </li>`,
    )}
  </ol>`;
}

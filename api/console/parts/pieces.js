// Small pieces that many pages are built of.
// @ts-check

import { html } from "../core/view.js";
import { Careful } from "./states.js";

/** @param {{ title: any, children?: any, aside?: any }} props */
export function Heading({ title, children, aside }) {
  return html`<header class="heading"><div><h1>${title}</h1>${children}</div>${aside && html`<div class="aside">${aside}</div>`}</header>`;
}

/** A part of a page with a title. @param {{ title: any, aside?: any, children: any, wide?: boolean }} props */
export function Sheet({ title, aside, children, wide }) {
  return html`<section class=${wide ? "sheet wide" : "sheet"}>
    <header><h2>${title}</h2>${aside}</header>
    <${Careful}>${children}</${Careful}>
  </section>`;
}

/** @param {{ tone?: "good" | "warn" | "bad" | "plain", children: any, title?: string }} props */
export function Badge({ tone = "plain", children, title }) {
  return html`<span class=${`badge ${tone}`} title=${title}>${children}</span>`;
}

/** Names and values. What changed since the moment before glows. @param {{ pairs: [string, any, string?][], changed?: Set<string> }} props */
export function Pairs({ pairs, changed }) {
  return html`<dl class="pairs">
    ${pairs.map(([name, value, key]) => html`<div key=${key ?? name} class=${changed?.has(key ?? name) ? "glow" : undefined}>
      <dt>${name}</dt><dd>${value || value === 0 ? value : html`<span class="none">–</span>`}</dd>
    </div>`)}
  </dl>`;
}

/** A number that stands alone, with what it is. @param {{ value: any, name: string, more?: any, href?: string, tone?: string }} props */
export function Tile({ value, name, more, href, tone = "" }) {
  const inside = html`<strong>${value}</strong><span>${name}</span>${more && html`<small>${more}</small>`}`;
  return href ? html`<a class=${`tile ${tone}`} href=${href}>${inside}</a>` : html`<div class=${`tile ${tone}`}>${inside}</div>`;
}

// How many of the latest facts are of each type, by each actor, of each day.
// @ts-check

import { with_ } from "../core/address.js";
import { number } from "../core/format.js";
import { useRead } from "../core/reading.js";
import { html } from "../core/view.js";
import { t } from "../core/words.js";
import { Sheet } from "./pieces.js";

const MOST = 8; // Values of a facet that are shown.

/** @param {{ wanted: import("../core/api.js").Parameters }} props the filters of the list below */
export function Facets({ wanted }) {
  const { answer } = useRead("/v1/events/counts", wanted);
  if (!answer?.body.counted) return null;
  const { types, actors, days, counted, complete } = answer.body;
  return html`<${Sheet} title=${t("facets.title")} aside=${html`<span class="soft">${t(complete ? "facets.all" : "facets.latest", { n: number(counted) })}</span>`}>
    <div class="facets">
      <${Facet} title=${t("event.type")} counts=${types.map((/** @type {any} */ one) => ({ text: one.type, count: one.count, href: with_({ type: one.type }) }))} />
      <${Facet} title=${t("event.actor")} counts=${actors.map((/** @type {any} */ one) => ({ text: one.actor?.id ?? "–", count: one.count, href: with_({ actor: one.actor?.id ?? null }) }))} />
      <${Facet} title=${t("event.recorded")} counts=${days.map((/** @type {any} */ one) => ({ text: one.day ?? "–", count: one.count }))} />
    </div>
  </${Sheet}>`;
}

/** @param {{ title: string, counts: { text: string, count: number, href?: string }[] }} props */
function Facet({ title, counts }) {
  return html`<div><h3>${title}</h3><ul>
    ${counts.slice(0, MOST).map(({ text, count, href }) => html`<li key=${text}>${href ? html`<a href=${href}>${text}</a>` : text} <span class="soft">${number(count)}</span></li>`)}
  </ul></div>`;
}

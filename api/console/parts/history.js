// What happened to one thing: each fact with what it changed.
// @ts-check

import { may } from "../core/session.js";
import { html } from "../core/view.js";
import { t } from "../core/words.js";
import { Badge, Sheet } from "./pieces.js";
import { Empty, Shown } from "./states.js";
import { Time } from "./time.js";
import { Value } from "./value.js";
import { sentence } from "./facts.js";

/** @param {{ read: import("../core/reading.js").Read }} props */
export function History({ read }) {
  return html`<${Sheet} title=${t("history.title")}>
    <${Shown} read=${read}>${(/** @type {any} */ body) => {
      if (!body.items.length) return html`<${Empty} />`;
      return html`<ol class="history">${body.items.toReversed().map((/** @type {any} */ event) => html`<${Fact} key=${event.position} event=${event} />`)}</ol>
        ${body.next && html`<p class="soft">${t("history.more")}</p>`}`;
    }}</${Shown}>
  </${Sheet}>`;
}

/** @param {{ event: any }} props */
function Fact({ event }) {
  const { metadata, changes } = event;
  const position = `#${event.position}`;
  return html`<li>
    <p>
      ${may("events:read") ? html`<a class="position" href=${`/events/${event.position}`}>${position}</a>` : html`<span class="position">${position}</span>`}
      <strong>${sentence(event)}</strong>
      <span class="soft"><${Time} at=${metadata?.occurred_at} /> · ${metadata?.actor.id}</span>
      ${metadata?.irregular?.map((/** @type {string} */ rule) => html` <${Badge} tone="warn">${rule}</${Badge}>`)}
    </p>
    <${Changes} changes=${changes} />
  </li>`;
}

/** The fields that a fact changed, each before and after. @param {{ changes: Record<string, { before: any, after: any }> | null }} props */
export function Changes({ changes }) {
  const changed = Object.entries(changes ?? {}).filter(([name]) => name !== "version" && name !== "position");
  if (!changed.length) return null;
  return html`<dl class="pairs">${changed.map(
    ([name, change]) => html`<div key=${name}><dt>${name}</dt><dd>${!empty(change.before) && html`<del><${Value} value=${change.before} /></del> → `}<ins><${Value} value=${change.after} /></ins></dd></div>`,
  )}</dl>`;
}

/** @param {any} value */
function empty(value) {
  return value == null || (typeof value === "object" && !Object.keys(value).length);
}

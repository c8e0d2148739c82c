// One fact: what it changed, what its command recorded with it, what led to it and what it led to.
// @ts-check

import { when } from "../core/format.js";
import { useRead } from "../core/reading.js";
import { html } from "../core/view.js";
import { t } from "../core/words.js";
import { Badge, Heading, Pairs, Sheet } from "../parts/pieces.js";
import { Shown } from "../parts/states.js";
import { Time } from "../parts/time.js";
import { sentence } from "../parts/facts.js";

/** @param {{ position: string }} props */
export function Page({ position }) {
  const read = useRead(`/v1/events/${position}`);
  return html`<${Shown} read=${read}>${(/** @type {any} */ event) => html`<${Event} event=${event} />`}</${Shown}>`;
}

/** @param {{ event: any }} props */
function Event({ event }) {
  const { metadata } = event;
  return html`
    <${Heading} title=${sentence(event)} aside=${metadata.irregular?.map((/** @type {string} */ rule) => html`<${Badge} tone="warn">${rule}</${Badge}>`)}>
      <p class="soft">#${event.position} · <code>${event.type}</code> · ${when(metadata.occurred_at)}</p>
    </${Heading}>
    <div class="sheets">
      <${Sheet} title=${t("event.about")}>
        <${Pairs} pairs=${[
          [t("event.occurred"), html`<${Time} at=${metadata.occurred_at} precision="second" />`],
          [t("event.recorded"), html`<${Time} at=${metadata.recorded_at} precision="second" />`],
          [t("event.actor"), html`<a href=${`/events?actor=${metadata.actor.id}`}>${metadata.actor.type} ${metadata.actor.id}</a>`],
          [t("event.stream"), html`<a href=${`/events?stream=${event.stream}`}><code>${event.stream}</code></a> v${event.version}`],
          [t("event.correlation"), html`<a href=${`/events?correlation=${metadata.correlation_id}`}><code>${metadata.correlation_id}</code></a>`],
        ]} />
      </${Sheet}>
      <${Sheet} title=${t("event.raw")}><pre>${JSON.stringify(event.data, null, 2)}</pre></${Sheet}>
    </div>
  `;
}

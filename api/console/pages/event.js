// One fact: what it changed, what its command recorded with it, what led to it and what it led to.
// @ts-check

import { number, when } from "../core/format.js";
import { useRead } from "../core/reading.js";
import { html } from "../core/view.js";
import { t } from "../core/words.js";
import { sentence } from "../parts/facts.js";
import { Changes } from "../parts/history.js";
import { Badge, Heading, Pairs, Sheet } from "../parts/pieces.js";
import { Empty, Shown } from "../parts/states.js";
import { Time } from "../parts/time.js";

/** @param {{ position: string }} props */
export function Page({ position }) {
  const read = useRead(`/v1/events/${position}`);
  return html`<${Shown} read=${read}>${(/** @type {any} */ event) => html`<${Fact} event=${event} />`}</${Shown}>`;
}

/** @param {{ event: any }} props */
function Fact({ event }) {
  const { metadata } = event;
  const near = event.position;
  return html`
    <${Heading} title=${sentence(event)} aside=${html`
      ${metadata?.irregular?.map((/** @type {string} */ rule) => html`<${Badge} tone="warn">${rule}</${Badge}>`)}
      <a href=${`/events/${Math.max(near - 1, 1)}`} rel="prev">← #${Math.max(near - 1, 1)}</a><a href=${`/events/${near + 1}`} rel="next">#${near + 1} →</a>`}>
      <p class="soft">#${number(near)} · <code>${event.type}</code> · ${metadata && when(metadata.occurred_at)}</p>
    </${Heading}>
    <div class="sheets">
      <${Sheet} title=${t("event.changed")}>
        ${event.changes && Object.keys(event.changes).length ? html`<${Changes} changes=${event.changes} />` : html`<${Empty} text=${t("event.unchanged")} />`}
      </${Sheet}>
      <${Sheet} title=${t("event.about")}>
        <${Pairs} pairs=${[
          [t("event.occurred"), html`<${Time} at=${metadata?.occurred_at} precision="second" />`],
          [t("event.recorded"), html`<${Time} at=${metadata?.recorded_at} precision="second" />`],
          [t("event.actor"), metadata && html`<a href=${`/events?actor=${metadata.actor.id}`}>${metadata.actor.type} ${metadata.actor.id}</a>`],
          [t("event.thing"), html`<${Resource} event=${event} />`],
          [t("event.correlation"), metadata?.correlation_id && html`<a href=${`/events?correlation=${metadata.correlation_id}`}><code>${metadata.correlation_id}</code></a>`],
        ]} />
      </${Sheet}>
      <${Sheet} title=${t("event.tree")} wide>
        <ol class="tree">
          ${event.causes.items.toReversed().map((/** @type {any} */ one) => html`<${Relative} one=${one} kind="cause" />`)}
          ${event.causes.missing && html`<li class="soft">${t("event.missing")} <code>${event.causes.missing}</code></li>`}
          <li class="this" aria-current="true"><span class="position">#${event.position}</span> <strong>${sentence(event)}</strong></li>
          ${event.recorded_together.items.map((/** @type {any} */ one) => html`<${Relative} one=${one} kind="together" />`)}
          ${event.effects.items.map((/** @type {any} */ one) => html`<${Relative} one=${one} kind="effect" />`)}
        </ol>
        ${[event.causes, event.recorded_together, event.effects].some((one) => one.more) && html`<p class="soft">${t("event.more")}</p>`}
      </${Sheet}>
      <${Sheet} title=${t("event.raw")} wide><pre tabindex="0">${JSON.stringify({ data: event.data, metadata }, null, 2)}</pre></${Sheet}>
    </div>
  `;
}

/** @param {{ one: any, kind: "cause" | "together" | "effect" }} props */
function Relative({ one, kind }) {
  return html`<li key=${one.position} class=${kind}>
    <${Badge}>${t(`event.${kind}`)}</${Badge}> <a class="position" href=${`/events/${one.position}`}>#${one.position}</a> ${sentence(one)}
  </li>`;
}

/** The thing of the event: its page, if it has one. @param {{ event: any }} props */
function Resource({ event }) {
  const page = event.resource?.replace(/^\/v1/, "");
  const known = page && /^\/(customers|orders|leads|deals|tickets|interactions|feedback|campaigns)\/[^/]+$/.test(page);
  return html`${known && html`<a href=${page}>${page.split("/")[1]}</a> · `}<a href=${`/events?stream=${event.stream}`}><code>${event.stream}</code></a> v${event.version}`;
}

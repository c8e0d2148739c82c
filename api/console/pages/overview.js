// What happens now, and how everything stands.
// @ts-check

import { ago, number } from "../core/format.js";
import { connected, useLive } from "../core/live.js";
import { useRead } from "../core/reading.js";
import { may } from "../core/session.js";
import { html } from "../core/view.js";
import { t } from "../core/words.js";
import { Facts } from "../parts/facts.js";
import { Badge, Heading, Sheet, Tile } from "../parts/pieces.js";
import { Empty, Shown } from "../parts/states.js";
import { RunningCampaigns, WaitingTickets } from "../parts/waiting.js";
import { WeeklySales } from "../parts/weekly_sales.js";

const LATEST = 25;

export function Page() {
  return html`
    <${Heading} title=${t("page.overview")} />
    ${may("operations:read") && html`<${Health} />`}
    <div class="sheets">
      <div class="stack">
        ${may("reports:read") && html`<${WeeklySales} />`}
        ${may("tickets:read") && html`<${WaitingTickets} />`}
        ${may("reports:read") && html`<${RunningCampaigns} />`}
      </div>
      ${may("events:read") && html`<${Feed} />`}
    </div>
  `;
}

function Feed() {
  const past = useRead("/v1/events", { sort: "-position", limit: LATEST, sentences: true });
  const start = past.answer?.position;
  const live = useLive(start == null ? null : `/v1/events/stream?after=${start}&sentences=true`, LATEST).value;
  const aside = html`<${Badge} tone=${connected.value ? "good" : "warn"}>${t(connected.value ? "feed.live" : "feed.waiting")}</${Badge}>`;
  return html`<${Sheet} title=${t("feed.title")} aside=${aside}>
    <${Shown} read=${past}>${(/** @type {any} */ body) => {
      const facts = [...live, ...body.items].slice(0, LATEST);
      const fresh = new Set(live);
      if (!facts.length) return html`<${Empty} text=${t("feed.none")} />`;
      return html`<${Facts} facts=${facts} fresh=${(/** @type {any} */ fact) => fresh.has(fact)} />`;
    }}</${Shown}>
  </${Sheet}>`;
}

/** When the read models were counted again for the last time, and whether they were the same. */
function Recounted() {
  const { answer } = useRead("/v1/operations/recounts");
  const items = answer?.body.items ?? [];
  const last = items.map((/** @type {any} */ one) => one.at).sort().at(-1);
  const same = items.filter((/** @type {any} */ one) => one.same).length;
  const every = items.length + (answer?.body.never.length ?? 0);
  return html`<${Tile} value=${last ? `${same}/${every}` : "–"} name=${t("health.recounted")} more=${last ? ago(last) : t("recount.never")}
    tone=${same < items.length ? "bad" : ""} href=${may("events:read") ? "/audit?view=recount" : undefined} />`;
}

/** Each read model: up to which position it is complete, and what holds it back. */
function Health() {
  const status = useRead("/v1/status");
  return html`<${Shown} read=${status}>${(/** @type {any} */ body) => {
    const behind = body.projections.filter((/** @type {any} */ one) => one.lag > 0);
    const letters = body.projections.reduce((/** @type {number} */ sum, /** @type {any} */ one) => sum + one.dead_letters, 0);
    return html`<div class="tiles">
      <${Tile} value=${number(body.head)} name=${t("health.facts")} href=${may("events:read") ? "/events" : undefined} />
      <${Tile} value=${`${body.projections.length - behind.length}/${body.projections.length}`} name=${t("health.current")}
        tone=${behind.length ? "warn" : ""} more=${behind[0] && t("health.behind", { name: behind[0].name, n: number(behind[0].lag) })} />
      <${Tile} value=${number(letters)} name=${t("health.dead-letters")} tone=${letters ? "bad" : ""} />
      <${Tile} value=${number(body.troubles.length)} name=${t("health.troubles")} tone=${body.troubles.length ? "bad" : ""}
        more=${body.troubles[0]?.detail} />
      <${Recounted} />
    </div>`;
  }}</${Shown}>`;
}

// The log itself, newest first, by facets that the address bar holds.
// @ts-check

import { query, with_ } from "../core/address.js";
import { number } from "../core/format.js";
import { useRead } from "../core/reading.js";
import { html } from "../core/view.js";
import { t } from "../core/words.js";
import { sentence } from "../parts/facts.js";
import { ListPage } from "../parts/list_page.js";
import { Badge, Sheet } from "../parts/pieces.js";
import { Time } from "../parts/time.js";

const FILTERS = ["type", "subject", "stream", "actor", "irregular", "correlation", "occurred_from", "occurred_to"];
const MOST = 8; // Values of a facet that are shown.

export function Page() {
  const filters = FILTERS.map((name) => ({ name, label: t(`event.filter.${name}`), hint: name === "type" ? "crm.order.*" : "" }));
  const wanted = Object.fromEntries(FILTERS.map((name) => [name, query.value.get(name)]));
  /** @type {import("../parts/table.js").Column[]} */
  const columns = [
    { title: t("event.position"), name: "position", figures: true, cell: (row) => `#${row.position}` },
    { title: t("event.what"), name: "sentence", cell: (row) => sentence(row) },
    { title: t("event.type"), name: "type", cell: (row) => html`<a class="soft" href=${with_({ type: row.type })}><code>${row.type}</code></a>` },
    { title: t("event.actor"), name: "metadata.actor", cell: (row) => row.metadata && html`<a href=${with_({ actor: row.metadata.actor.id })}>${row.metadata.actor.id}</a>` },
    { title: t("event.occurred"), name: "metadata.occurred_at", cell: (row) => html`<${Time} at=${row.metadata?.occurred_at} />` },
    { title: t("event.recorded"), name: "metadata.recorded_at", cell: (row) => html`<${Time} at=${row.metadata?.recorded_at} precision="second" />` },
    { title: t("event.irregular"), name: "metadata.irregular", cell: (row) => row.metadata?.irregular?.map((/** @type {string} */ rule) => html`<${Badge} tone="warn">${rule}</${Badge}> `) },
  ];
  return html`<${ListPage} title=${t("page.events")} path="/v1/events" filters=${filters} columns=${columns} sort="-position" fixedSort
    parameters=${{ sentences: true }} id=${(/** @type {any} */ row) => row.position} href=${(/** @type {any} */ row) => `/events/${row.position}`}
    above=${html`<${Facets} wanted=${wanted} />`}>
    <p class="soft">${t("events.what")}</p>
  </${ListPage}>`;
}

/** How many of the latest facts are of each type, by each actor, of each day. @param {{ wanted: import("../core/api.js").Parameters }} props */
function Facets({ wanted }) {
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

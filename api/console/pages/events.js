// The log itself, newest first, by facets that the address bar holds.
// @ts-check

import { query, with_ } from "../core/address.js";
import { html } from "../core/view.js";
import { t } from "../core/words.js";
import { Facets } from "../parts/facets.js";
import { sentence } from "../parts/facts.js";
import { ListPage } from "../parts/list_page.js";
import { Badge } from "../parts/pieces.js";
import { Time } from "../parts/time.js";

const FILTERS = ["type", "subject", "stream", "actor", "irregular", "correlation", "occurred_from", "occurred_to"];

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

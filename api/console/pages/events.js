// The log itself, newest first, by facets that the address bar holds.
// @ts-check

import { query, set } from "../core/address.js";
import { useList } from "../core/list.js";
import { html } from "../core/view.js";
import { t } from "../core/words.js";
import { Badge, Heading } from "../parts/pieces.js";
import { Empty, Loading, Refusal } from "../parts/states.js";
import { More, Table } from "../parts/table.js";
import { Time } from "../parts/time.js";
import { sentence } from "../parts/facts.js";

const FILTERS = /** @type {const} */ ([
  "type",
  "subject",
  "stream",
  "actor",
  "irregular",
  "correlation",
  "occurred_from",
  "occurred_to",
  "recorded_from",
  "recorded_to",
]);

/** @returns {import("../parts/table.js").Column[]} */
function columns() {
  return [
    { title: t("event.position"), figures: true, cell: (row) => `#${row.position}` },
    { title: t("event.what"), cell: (row) => sentence(row) },
    { title: t("event.type"), cell: (row) => html`<a class="soft" href=${`/events?type=${row.type}`}><code>${row.type}</code></a>` },
    { title: t("event.actor"), cell: (row) => html`<a href=${`/events?actor=${row.metadata?.actor.id}`}>${row.metadata?.actor.id}</a>` },
    { title: t("event.occurred"), cell: (row) => html`<${Time} at=${row.metadata?.occurred_at} />` },
    { title: t("event.recorded"), cell: (row) => html`<${Time} at=${row.metadata?.recorded_at} precision="second" />` },
    {
      title: t("event.irregular"),
      cell: (row) => row.metadata?.irregular?.map((/** @type {string} */ rule) => html`<${Badge} tone="warn">${rule}</${Badge}> `),
    },
  ];
}

export function Page() {
  const wanted = Object.fromEntries(FILTERS.map((name) => [name, query.value.get(name) ?? ""]));
  const list = useList("/v1/events", { ...wanted, sort: "-position", limit: 50 });
  return html`
    <${Heading} title=${t("page.events")}><p class="soft">${t("events.what")}</p></${Heading}>
    <form class="filters" onSubmit=${(/** @type {Event} */ event) => event.preventDefault()}>
      ${FILTERS.map(
        (name) => html`<label>${t(`event.filter.${name}`)}
          <input name=${name} value=${wanted[name]} placeholder=${name === "type" ? "crm.order.*" : ""}
            onChange=${(/** @type {any} */ event) => set({ [name]: event.currentTarget.value })} />
        </label>`,
      )}
    </form>
    ${list.refused && html`<${Refusal} refused=${list.refused} />`}
    ${!list.rows.length && list.loading && html`<${Loading} />`}
    ${!list.rows.length && !list.loading && !list.refused && html`<${Empty} />`}
    ${list.rows.length > 0 && html`
      <${Table} caption=${t("page.events")} columns=${columns()} rows=${list.rows}
        id=${(/** @type {any} */ row) => row.position} href=${(/** @type {any} */ row) => `/events/${row.position}`} />
    `}
    <${More} more=${list.more} loading=${list.loading} onMore=${list.next} shown=${list.rows.length} />
  `;
}

// All customers, by filters that the address bar holds.
// @ts-check

import { query, set } from "../core/address.js";
import { useList } from "../core/list.js";
import { may } from "../core/session.js";
import { html } from "../core/view.js";
import { t, word } from "../core/words.js";
import { Badge, Heading } from "../parts/pieces.js";
import { Empty, Loading, Refusal } from "../parts/states.js";
import { More, Table } from "../parts/table.js";
import { Time } from "../parts/time.js";

const FILTERS = /** @type {const} */ (["q", "kind", "tag", "owner", "source_channel"]);

/** @returns {import("../parts/table.js").Column[]} */
function columns() {
  return [
    { title: t("customer.name"), cell: (row) => row.name ?? html`<code>${row.id.slice(0, 13)}…</code>` },
    { title: t("customer.kind"), cell: (row) => word("kind", row.kind) },
    { title: t("customer.source"), cell: (row) => row.source_channel ?? "–" },
    { title: t("customer.owner"), cell: (row) => row.owner ?? "–" },
    { title: t("customer.tags"), cell: (row) => row.tags?.map((/** @type {string} */ tag) => html`<${Badge}>${tag}</${Badge}> `) },
    { title: t("customer.registered"), sort: "registered_at", cell: (row) => html`<${Time} at=${row.registered_at} precision="day" />` },
  ];
}

export function Page() {
  const wanted = Object.fromEntries(FILTERS.map((name) => [name, query.value.get(name) ?? ""]));
  const sort = query.value.get("sort") ?? "-registered_at";
  const searching = wanted.q !== "";
  const list = useList("/v1/customers", searching ? { q: wanted.q, limit: 50 } : { ...wanted, sort, limit: 50 });
  /** @param {string} name */
  const field = (name) => ({
    name,
    value: wanted[name],
    disabled: searching && name !== "q",
    onChange: (/** @type {any} */ event) => set({ [name]: event.currentTarget.value }),
  });
  return html`
    <${Heading} title=${t("page.customers")} />
    <form class="filters" onSubmit=${(/** @type {Event} */ event) => event.preventDefault()}>
      ${may("personal:read") && html`<label>${t("customers.search")}<input type="search" ...${field("q")} /></label>`}
      <label>${t("customer.kind")}<select ...${field("kind")}>
        <option value="">${t("filter.any")}</option>
        ${["person", "organization"].map((kind) => html`<option value=${kind}>${word("kind", kind)}</option>`)}
      </select></label>
      <label>${t("customer.tag")}<input ...${field("tag")} /></label>
      <label>${t("customer.owner")}<input ...${field("owner")} /></label>
      <label>${t("customer.source")}<input ...${field("source_channel")} /></label>
    </form>
    ${list.refused && html`<${Refusal} refused=${list.refused} />`}
    ${!list.rows.length && list.loading && html`<${Loading} />`}
    ${!list.rows.length && !list.loading && !list.refused && html`<${Empty} text=${t("customers.none")} />`}
    ${list.rows.length > 0 && html`
      <${Table} caption=${t("page.customers")} columns=${columns()} rows=${list.rows} href=${(/** @type {any} */ row) => `/customers/${row.id}`}
        sorted=${sort} onSort=${searching ? undefined : (/** @type {string} */ by) => set({ sort: by })} />
      <${More} more=${list.more} loading=${list.loading} onMore=${list.next} shown=${list.rows.length} />
    `}
  `;
}

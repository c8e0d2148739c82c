// The customers of one segment, by the default model or by the one that the address names.
// @ts-check

import { query } from "../core/address.js";
import { html } from "../core/view.js";
import { t } from "../core/words.js";
import { ListPage } from "../parts/list_page.js";

/** @param {{ label: string }} props */
export function Page({ label }) {
  /** @type {import("../parts/table.js").Column[]} */
  const columns = [
    { title: t("page.customer"), name: "customer_id", cell: (row) => html`<code>${row.customer_id}</code>` },
    { title: t("by.label"), name: "label", cell: (row) => row.label },
    { title: t("segment.since"), name: "since", figures: true, cell: (row) => row.since && `#${row.since}` },
  ];
  return html`<${ListPage} title=${`${t("by.label")}: ${label}`} path="/v1/segment-labels" parameters=${{ label, model: query.value.get("model") }} filters=${[]} columns=${columns} fixedSort
    id=${(/** @type {any} */ row) => row.customer_id} href=${(/** @type {any} */ row) => `/customers/${row.customer_id}`} />`;
}

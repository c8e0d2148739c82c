// Who did what, what was refused, and whether the answers are still those that the log gives.
// @ts-check

import { query, set } from "../core/address.js";
import { may } from "../core/session.js";
import { html } from "../core/view.js";
import { t } from "../core/words.js";
import { ListPage } from "../parts/list_page.js";
import { Badge, Heading } from "../parts/pieces.js";
import { Recount } from "../parts/recount.js";
import { Time } from "../parts/time.js";

const VIEWS = /** @type {const} */ (["facts", "refused", "erased", "recount"]);
const FILTERS = ["actor", "type", "subject", "on_behalf_of", "origin", "irregular"];

export function Page() {
  const view = VIEWS.find((one) => one === query.value.get("view")) ?? "facts";
  const tabs = html`<nav class="tabs" aria-label=${t("page.audit")}>
    ${VIEWS.map((one) => html`<button aria-pressed=${one === view} onClick=${() => set({ view: one })}>${t(`audit.${one}`)}</button>`)}
  </nav>`;
  if (view === "refused") return html`<${Refused} tabs=${tabs} key="refused" />`;
  if (view === "erased") return html`<${Facts} tabs=${tabs} key="erased" types=${["crm.customer.erased.*", "crm.lead.erased.*"]} />`;
  if (view === "recount") return html`<${Heading} title=${t("page.audit")} />${tabs}<${Recount} />`;
  return html`<${Facts} tabs=${tabs} key="facts" />`;
}

/** @param {{ tabs: any, types?: string[] }} props only these types */
function Facts({ tabs, types }) {
  const filters = FILTERS.filter((name) => !types || name !== "type").map((name) => ({ name, label: t(`event.filter.${name}`) }));
  /** @type {import("../parts/table.js").Column[]} */
  const columns = [
    { title: t("event.position"), name: "position", figures: true, cell: (row) => `#${row.position}` },
    { title: t("event.recorded"), name: "recorded_at", cell: (row) => html`<${Time} at=${row.recorded_at} precision="second" />` },
    { title: t("event.actor"), name: "actor", cell: (row) => html`${row.actor?.type} <code>${row.actor?.id}</code>${row.on_behalf_of && ` → ${row.on_behalf_of}`}` },
    { title: t("event.type"), name: "type", cell: (row) => html`<code>${row.type}</code>` },
    { title: t("event.subject"), name: "subject", cell: (row) => html`<code>${row.subject}</code>` },
    { title: t("event.origin"), name: "origin", cell: (row) => row.origin },
    { title: t("event.irregular"), name: "irregular", cell: (row) => row.irregular?.map((/** @type {string} */ rule) => html`<${Badge} tone="warn">${rule}</${Badge}> `) },
  ];
  const linked = may("events:read") ? (/** @type {any} */ row) => `/events/${row.position}` : undefined;
  return html`<${ListPage} title=${t("page.audit")} path="/v1/audit" filters=${filters} columns=${columns} parameters=${types ? { type: types } : {}} fixedSort above=${tabs}
    id=${(/** @type {any} */ row) => row.position} href=${linked} />`;
}

/** @param {{ tabs: any }} props */
function Refused({ tabs }) {
  /** @type {import("../parts/table.js").Column[]} */
  const columns = [
    { title: t("refused.when"), cell: (row) => html`<${Time} at=${row.at} precision="second" />` },
    { title: t("refused.key"), cell: (row) => html`<code>${row.key_id}</code>` },
    { title: t("refused.request"), cell: (row) => html`<code>${row.method} ${row.route}</code>` },
    { title: t("refused.why"), cell: (row) => row.reason },
  ];
  return html`<${ListPage} title=${t("page.audit")} path="/v1/refused" filters=${[{ name: "key_id", label: t("refused.key") }]} columns=${columns} fixedSort above=${tabs}
    id=${(/** @type {any} */ row) => row.number} />`;
}

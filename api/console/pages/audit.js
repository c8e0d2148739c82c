// Who did what, what was refused, what was erased, and whether the answers are still those that the log gives.
// @ts-check

import { query, with_ } from "../core/address.js";
import { may } from "../core/session.js";
import { html } from "../core/view.js";
import { t, word } from "../core/words.js";
import { Facets } from "../parts/facets.js";
import { ListPage } from "../parts/list_page.js";
import { Badge, Heading } from "../parts/pieces.js";
import { Recount } from "../parts/recount.js";
import { Time } from "../parts/time.js";

const VIEWS = /** @type {const} */ (["facts", "refused", "erased", "recount"]);
const FILTERS = ["actor", "type", "subject", "on_behalf_of", "origin", "irregular", "recorded_from", "recorded_to"];
const COUNTED = ["actor", "type", "subject", "irregular", "recorded_from", "recorded_to"]; // The filters that the counts take too.
const ERASURES = ["crm.customer.erased.*", "crm.lead.erased.*"];

export function Page() {
  const view = VIEWS.find((one) => one === query.value.get("view")) ?? "facts";
  const tabs = html`<nav class="tabs" aria-label=${t("page.audit")}>
    ${VIEWS.map((one) => html`<a key=${one} class="tab" href=${`/audit?view=${one}`} aria-current=${one === view ? "page" : undefined}>${t(`audit.${one}`)}</a>`)}
  </nav>`;
  if (view === "refused") return html`<${Refused} tabs=${tabs} key="refused" />`;
  if (view === "erased") return html`<${Erasures} tabs=${tabs} key="erased" />`;
  if (view === "recount") return html`<${Heading} title=${t("page.audit")} />${tabs}<${Recount} />`;
  return html`<${Facts} tabs=${tabs} key="facts" />`;
}

/** @param {any} row */
function by(row) {
  const { type, id } = row.actor ?? {};
  return html`${type} <a href=${with_({ view: "facts", actor: id })} title=${id}><code>${brief(id)}</code></a>${row.on_behalf_of && ` → ${row.on_behalf_of}`}`;
}

/** The beginning of an id; all of it is its title. @param {string | null | undefined} id */
function brief(id) {
  return id && id.length > 14 ? `${id.slice(0, 13)}…` : id;
}

/** @param {{ tabs: any }} props */
function Facts({ tabs }) {
  const wanted = Object.fromEntries(COUNTED.map((name) => [name, query.value.get(name)]));
  /** @type {import("../parts/table.js").Column[]} */
  const columns = [
    { title: t("event.position"), name: "position", figures: true, cell: (row) => `#${row.position}` },
    { title: t("event.recorded"), name: "recorded_at", cell: (row) => html`<${Time} at=${row.recorded_at} precision="second" />` },
    { title: t("event.actor"), name: "actor", cell: by },
    { title: t("event.type"), name: "type", cell: (row) => html`<a class="soft" href=${with_({ type: row.type })}><code>${row.type}</code></a>` },
    { title: t("event.subject"), name: "subject", cell: (row) => html`<a class="soft" href=${with_({ subject: row.subject })} title=${row.subject}><code>${brief(row.subject)}</code></a>` },
    { title: t("event.origin"), name: "origin", cell: (row) => row.origin },
    { title: t("event.irregular"), name: "irregular", cell: (row) => row.irregular?.map((/** @type {string} */ rule) => html`<${Badge} tone="warn">${rule}</${Badge}> `) },
  ];
  return html`<${ListPage} title=${t("page.audit")} path="/v1/audit" filters=${FILTERS.map((name) => ({ name, label: t(`event.filter.${name}`) }))} columns=${columns} fixedSort
    above=${html`${tabs}<${Facets} wanted=${wanted} />`} id=${(/** @type {any} */ row) => row.position}
    href=${may("events:read") ? (/** @type {any} */ row) => `/events/${row.position}` : undefined}>
    <p class="soft">${t("audit.facts.what")}</p>
  </${ListPage}>`;
}

/** @param {{ tabs: any }} props */
function Erasures({ tabs }) {
  /** @type {import("../parts/table.js").Column[]} */
  const columns = [
    { title: t("erasure.when"), cell: (row) => html`<${Time} at=${row.occurred_at} precision="second" />` },
    { title: t("erasure.kind"), cell: (row) => word("thing", kind(row)) },
    { title: t("event.subject"), cell: (row) => html`<code>${row.stream}</code>` },
    { title: t("erasure.by"), cell: by },
    { title: t("event.position"), figures: true, cell: (row) => html`<a href=${`/events/${row.position}`}>#${row.position}</a>` },
  ];
  return html`<${ListPage} title=${t("page.audit")} path="/v1/audit" filters=${[]} columns=${columns} parameters=${{ type: ERASURES }} fixedSort above=${tabs}
    id=${(/** @type {any} */ row) => row.position} href=${(/** @type {any} */ row) => `/audit/erasures/${kind(row)}/${row.stream}`}>
    <p class="soft">${t("audit.erasures.what")}</p>
  </${ListPage}>`;
}

/** What was erased: `lead` in `crm.lead.erased.v1`. @param {any} row */
function kind(row) {
  return row.type.split(".")[1];
}

/** @param {{ tabs: any }} props */
function Refused({ tabs }) {
  /** @type {import("../parts/table.js").Column[]} */
  const columns = [
    { title: t("refused.when"), cell: (row) => html`<${Time} at=${row.at} precision="second" />` },
    { title: t("refused.key"), cell: (row) => html`<a href=${with_({ key_id: row.key_id })} title=${row.key_id}><code>${brief(row.key_id)}</code></a>` },
    { title: t("refused.request"), cell: (row) => html`<code>${row.method} ${row.route}</code>` },
    { title: t("refused.about"), cell: (row) => row.about && html`<code>${row.about}</code>` },
    { title: t("refused.why"), cell: (row) => row.reason },
  ];
  return html`<${ListPage} title=${t("page.audit")} path="/v1/refused" filters=${[{ name: "key_id", label: t("refused.key") }]} columns=${columns} fixedSort above=${tabs}
    id=${(/** @type {any} */ row) => row.number}>
    <p class="soft">${t("audit.refused.what")}</p>
  </${ListPage}>`;
}

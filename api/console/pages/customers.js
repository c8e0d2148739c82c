// All customers, by filters that the address bar holds.
// @ts-check

import { go } from "../core/address.js";
import { may } from "../core/session.js";
import { html } from "../core/view.js";
import { t, word } from "../core/words.js";
import { Commands } from "../parts/command.js";
import { register } from "../parts/commands/customers.js";
import { ListPage } from "../parts/list_page.js";
import { Badge } from "../parts/pieces.js";
import { Time } from "../parts/time.js";

const KINDS = ["person", "organisation"];

export function Page() {
  const personal = may("personal:read");
  /** @type {import("../parts/list_page.js").Filter[]} */
  const filters = [
    { name: "kind", label: t("customer.kind"), options: KINDS.map((kind) => [kind, word("kind", kind)]) },
    { name: "tag", label: t("customer.tag") },
    { name: "owner", label: t("customer.owner") },
    { name: "source_channel", label: t("customer.source") },
  ];
  if (personal) filters.unshift({ name: "q", label: t("customers.search"), kind: "search", alone: true });
  /** @type {import("../parts/table.js").Column[]} */
  const columns = [
    { title: t("customer.name"), name: "name", cell: (row) => row.name ?? html`<code>${row.id.slice(0, 13)}…</code>` },
    { title: t("customer.kind"), name: "kind", cell: (row) => word("kind", row.kind) },
    { title: t("customer.source"), name: "source_channel", cell: (row) => row.source_channel ?? "–" },
    { title: t("customer.owner"), name: "owner", cell: (row) => row.owner ?? "–" },
    { title: t("customer.tags"), name: "tags", cell: (row) => row.tags?.map((/** @type {string} */ tag) => html`<${Badge}>${tag}</${Badge}> `) },
    { title: t("customer.registered"), name: "registered_at", sort: "registered_at", cell: (row) => html`<${Time} at=${row.registered_at} precision="day" />` },
    { title: t("customer.team"), name: "team", extra: true, cell: (row) => row.team ?? "–" },
    { title: t("customer.language"), name: "language", extra: true, cell: (row) => row.language ?? "–" },
    { title: t("customer.state"), name: "archived", extra: true, cell: (row) => row.archived && html`<${Badge}>${t("customer.archived")}</${Badge}>` },
  ];
  if (personal) columns.splice(1, 0, { title: t("customer.contacts"), name: "contact_methods", cell: (row) => contact(row.contact_methods) });
  return html`<${ListPage} title=${t("page.customers")} path="/v1/customers" views="customers" filters=${filters} columns=${columns} sort="-registered_at"
    href=${(/** @type {any} */ row) => `/customers/${row.id}`} aside=${may("customers:write") && html`<${Commands} commands=${[register()]} onDone=${(/** @type {any} */ answer) => go(`/customers/${answer.body.id}`)} />`} />`;
}

/** The main address and number. @param {any[]} [methods] */
function contact(methods = []) {
  const main = methods.filter(({ primary }) => primary);
  return (main.length ? main : methods.slice(0, 1)).map(({ value }) => html`<div>${value}</div>`);
}

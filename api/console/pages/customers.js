// All customers, by filters that the address bar holds.
// @ts-check

import { go } from "../core/address.js";
import { may } from "../core/session.js";
import { html, useSignal } from "../core/view.js";
import { t, word } from "../core/words.js";
import { Command } from "../parts/command.js";
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
    { title: t("customer.name"), cell: (row) => row.name ?? html`<code>${row.id.slice(0, 13)}…</code>` },
    { title: t("customer.kind"), cell: (row) => word("kind", row.kind) },
    { title: t("customer.source"), cell: (row) => row.source_channel ?? "–" },
    { title: t("customer.owner"), cell: (row) => row.owner ?? "–" },
    { title: t("customer.tags"), cell: (row) => row.tags?.map((/** @type {string} */ tag) => html`<${Badge}>${tag}</${Badge}> `) },
    { title: t("customer.registered"), sort: "registered_at", cell: (row) => html`<${Time} at=${row.registered_at} precision="day" />` },
  ];
  return html`<${ListPage} title=${t("page.customers")} path="/v1/customers" views="customers" filters=${filters} columns=${columns} sort="-registered_at"
    href=${(/** @type {any} */ row) => `/customers/${row.id}`} aside=${may("customers:write") && html`<${Register} />`} />`;
}

function Register() {
  const open = useSignal(false);
  /** @type {import("../parts/command.js").Wanted} */
  const command = {
    title: t("customer.register"),
    method: "POST",
    path: "/v1/customers",
    fields: [
      { name: "name", label: t("customer.name"), required: true },
      { name: "kind", label: t("customer.kind"), kind: "select", options: KINDS.map((kind) => [kind, word("kind", kind)]) },
      { name: "email", label: t("customer.email"), kind: "email" },
      { name: "phone", label: t("customer.phone") },
    ],
    body: ({ name, kind, email, phone }) => ({
      name,
      kind,
      contact_methods: [email && { kind: "email", value: email }, phone && { kind: "phone", value: phone }].filter(Boolean),
    }),
  };
  return html`
    <button class="main" onClick=${() => (open.value = true)}>${t("customer.register")}</button>
    ${open.value && html`<${Command} command=${command} onClose=${() => (open.value = false)} onDone=${(/** @type {any} */ answer) => go(`/customers/${answer.body.id}`)} />`}
  `;
}

// What a reader can do with a customer as a whole.
// @ts-check

import { Refused } from "../../core/api.js";
import { may } from "../../core/session.js";
import { t } from "../../core/words.js";
import { choices } from "./shared.js";

/** @typedef {import("../command.js").Wanted} Wanted */

const KINDS = ["person", "organisation"];
const REASONS = ["requested", "consent_withdrawn", "no_longer_needed", "unlawful", "legal_obligation", "other"];
const REQUESTERS = ["customer", "representative", "authority", "organisation"];
const ADDRESS = ["city", "region", "postal_code", "country"];

/** A command on a customer whom the reader sees. @param {any} customer @param {string} path below the customer's @param {Omit<Wanted, "method" | "path"> & { method?: Wanted["method"] }} rest @returns {Wanted} */
export function on(customer, path, rest) {
  const address = `/v1/customers/${customer.id}`;
  return { method: "POST", path: address + path, on: { path: address, body: customer, tag: `"${customer.version}"` }, ...rest };
}

/** @returns {Wanted} */
export function register() {
  return {
    title: t("customer.register"),
    method: "POST",
    path: "/v1/customers",
    fields: [
      { name: "name", label: t("customer.name") },
      { name: "kind", label: t("customer.kind"), kind: "select", options: choices("kind", KINDS) },
      { name: "email", label: t("customer.email"), kind: "email" },
      { name: "phone", label: t("customer.phone"), hint: t("customer.phone.hint") },
      { name: "channel", label: t("customer.source"), hint: t("customer.source.hint"), at: "acquisition" },
      { name: "owner", label: t("customer.owner") },
      { name: "language", label: t("customer.language"), hint: t("customer.language.hint") },
      { name: "allow_duplicate", label: t("customer.duplicate"), kind: "check" },
    ],
    body: ({ email, phone, channel, ...values }) => ({
      ...values,
      contact_methods: [email && { kind: "email", value: email, primary: true }, phone && { kind: "phone", value: phone, primary: true }].filter(Boolean),
      ...(channel && { acquisition: { channel } }),
    }),
  };
}

/** @param {any} customer @returns {Wanted[]} */
export function customerCommands(customer) {
  if (customer.erased_at) return [];
  const menu = t("customer.more");
  if (customer.merged_into) return [on(customer, "/unmerge", { title: t("customer.unmerge"), what: t("customer.unmerge.what"), fields: [] })];
  return [
    change(customer),
    { ...addressOf(customer), menu },
    { ...assign(customer), menu },
    { ...attribute(customer), menu },
    on(customer, "/tags", {
      title: t("customer.tag.add"),
      menu,
      fields: [{ name: "tags", label: t("customer.tags"), required: true, hint: t("customer.tags.hint") }],
      body: ({ tags }) => ({ tags: tags.split(/[\s,]+/).filter(Boolean) }),
    }),
    customer.archived
      ? on(customer, "/restoration", { title: t("customer.restore"), menu, fields: [] })
      : on(customer, "/archival", { title: t("customer.archive"), menu, what: t("customer.archive.what"), fields: [] }),
    on(customer, "/merge", {
      title: t("customer.merge"),
      menu,
      what: t("customer.merge.what"),
      fields: [{ name: "into", label: t("customer.merge.into"), kind: "customer", required: true }],
    }),
    ...(may("customers:erase") ? [{ ...erase(customer), menu }] : []),
  ];
}

/** What was changed in the form; what was emptied is null, as merge patches have it. @param {Record<string, any>} before @param {string[]} names @param {Record<string, any>} values */
function changes(before, names, values) {
  return Object.fromEntries(names.filter((name) => (before[name] ?? "") !== (values[name] ?? "")).map((name) => [name, values[name] ?? null]));
}

/** @param {any} customer */
function change(customer) {
  const names = ["name", "kind", "language", "time_zone"];
  return on(customer, "", {
    title: t("customer.change"),
    method: "PATCH",
    fields: [
      { name: "name", label: t("customer.name"), value: customer.name ?? "" },
      { name: "kind", label: t("customer.kind"), kind: "select", options: choices("kind", KINDS), value: customer.kind },
      { name: "language", label: t("customer.language"), value: customer.language ?? "", hint: t("customer.language.hint") },
      { name: "time_zone", label: t("customer.zone"), value: customer.time_zone ?? "", hint: t("customer.zone.hint") },
    ],
    body: (values) => changes(customer, names, values),
  });
}

/** @param {any} customer */
function addressOf(customer) {
  const now = customer.address ?? {};
  return on(customer, "", {
    title: t("customer.address.change"),
    method: "PATCH",
    fields: [
      { name: "lines", label: t("address.lines"), kind: "textarea", value: (now.lines ?? []).join("\n"), at: "address/lines" },
      ...ADDRESS.map((name) => ({ name, label: t(`address.${name}`), value: now[name] ?? "", at: `address/${name}`, ...(name === "country" && { hint: t("address.country.hint") }) })),
    ],
    body: ({ lines, ...values }) => ({ address: { lines: lines ? lines.split(/\s*\n\s*/) : [], ...changes(now, ADDRESS, values) } }),
  });
}

/** @param {any} customer */
function assign(customer) {
  return on(customer, "/assignment", {
    title: t("customer.assign"),
    method: "PUT",
    fields: [
      { name: "owner", label: t("customer.owner"), value: customer.owner ?? "" },
      { name: "team", label: t("customer.team"), value: customer.team ?? "" },
    ],
    body: ({ owner, team }) => ({ owner: owner ?? null, team: team ?? null }),
  });
}

/** @param {any} customer */
function attribute(customer) {
  return on(customer, "/attributes", {
    title: t("customer.attribute.set"),
    method: "PATCH",
    fields: [
      { name: "name", label: t("attribute.name"), required: true, at: "attributes" },
      { name: "value", label: t("attribute.value"), hint: t("attribute.value.hint"), at: "attributes" },
    ],
    body: ({ name, value }) => ({ attributes: { [name]: read(value) } }),
  });
}

/** A number, true or false as such; another text as it is; none takes the attribute away. @param {string | undefined} text */
function read(text) {
  if (text === undefined) return null;
  return /^(true|false|-?(0|[1-9]\d{0,14})(\.\d+)?)$/.test(text) ? JSON.parse(text) : text;
}

/** The customer's name, or the id if they have none, must be typed: nothing brings back what is erased. @param {any} customer @returns {Wanted} */
function erase(customer) {
  const typed = customer.name ?? customer.id;
  return on(customer, "/erasure", {
    title: t("customer.erase"),
    go: t("customer.erase.go"),
    what: t("customer.erase.what"),
    fields: [
      { name: "reason", label: t("command.reason"), kind: "select", options: choices("erasure", REASONS) },
      { name: "requested_by", label: t("customer.erase.by"), kind: "select", options: choices("erasure-by", REQUESTERS) },
      { name: "typed", label: t("customer.erase.type", { text: typed }), required: true },
    ],
    body({ typed: given, ...values }) {
      const detail = t("customer.erase.other", { text: typed });
      if (given !== typed) throw new Refused(422, { title: t("state.refused"), errors: [{ pointer: "/typed", detail }] });
      return values;
    },
  });
}

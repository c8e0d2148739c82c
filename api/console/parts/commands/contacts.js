// What a reader can do with a customer's contact methods, consents and relations.
// @ts-check

import { t } from "../../core/words.js";
import { on } from "./customers.js";
import { choices } from "./shared.js";

const METHODS = ["email", "phone", "postal", "social", "messaging", "web", "other"];
const BASES = ["consent", "contract", "legal_obligation", "vital_interests", "public_task", "legitimate_interests", "unknown"];
const ROLES = ["employee", "household", "parent", "partner"];

/** @param {any} customer */
export function addContact(customer) {
  return on(customer, "/contact-methods", {
    title: t("contact.add"),
    fields: [
      { name: "kind", label: t("contact.kind"), kind: "select", options: choices("contact", METHODS) },
      { name: "value", label: t("contact.value"), required: true, hint: t("customer.phone.hint") },
      { name: "label", label: t("contact.label"), hint: t("contact.label.hint") },
      { name: "primary", label: t("contact.primary"), kind: "check" },
    ],
  });
}

/** Short names, each with its command. @param {any} customer @param {any} method @returns {[string, import("../command.js").Wanted][]} */
export function contactCommands(customer, method) {
  const path = `/contact-methods/${method.method_id}`;
  const title = (/** @type {string} */ name) => `${t(name)}: ${method.value}`;
  return [
    ...(method.verified_at ? [] : [act("contact.verify", on(customer, `${path}/verification`, { title: title("contact.verify"), what: t("contact.verify.what"), fields: [] }))]),
    method.undeliverable
      ? act("contact.restore", on(customer, `${path}/restoration`, { title: title("contact.restore"), fields: [] }))
      : act("contact.bounced", on(customer, `${path}/undeliverable`, { title: title("contact.bounced"), fields: [{ name: "bounce", label: t("contact.bounce"), kind: "select", options: choices("bounce", ["hard", "soft"]) }] })),
    act("contact.remove", on(customer, path, { title: title("contact.remove"), method: "DELETE", fields: [], body: () => undefined })),
  ];
}

/** @param {any} customer */
export function giveConsent(customer) {
  return on(customer, "/consents", {
    title: t("consent.give"),
    fields: [
      { name: "purpose", label: t("consent.purpose"), required: true, hint: t("consent.purpose.hint") },
      { name: "channel", label: t("consent.channel"), required: true, value: "email" },
      { name: "legal_basis", label: t("consent.basis"), kind: "select", options: choices("basis", BASES) },
      { name: "opt_in", label: t("consent.opt-in"), kind: "select", options: choices("opt-in", ["unknown", "single", "confirmed"]) },
      { name: "given_through", label: t("consent.through"), hint: t("consent.through.hint") },
      { name: "expires", label: t("consent.expires"), kind: "datetime-local" },
      { name: "evidence", label: t("consent.evidence"), kind: "textarea" },
    ],
  });
}

/** @param {any} customer @param {any} consent @returns {[string, import("../command.js").Wanted]} */
export function withdraw(customer, { purpose, channel, method_id }) {
  const command = on(customer, "/consents/withdrawal", {
    title: `${t("consent.withdraw")}: ${purpose} · ${channel}`,
    fields: [{ name: "withdrawn_through", label: t("consent.through"), hint: t("consent.through.hint") }],
    body: (values) => ({ purpose, channel, ...(method_id && { method_id }), ...values }),
  });
  return act("consent.withdraw", command);
}

/** @param {any} customer */
export function addRelation(customer) {
  return on(customer, "/relations", {
    title: t("relation.add"),
    fields: [
      { name: "role", label: t("relation.role"), kind: "select", options: choices("role-of", ROLES) },
      { name: "other", label: t("relation.other"), kind: "customer", required: true },
      { name: "title", label: t("relation.title"), hint: t("relation.title.hint") },
      { name: "since", label: t("relation.since"), kind: "date" },
      { name: "primary", label: t("relation.primary"), kind: "check" },
    ],
  });
}

/** A relation ends on the customer on whom it was recorded. @param {any} relation @param {string} role in words @returns {[string, import("../command.js").Wanted]} */
export function endRelation({ customer_id, relation_id, related }, role) {
  return act("relation.end", {
    title: `${t("relation.end")}: ${role} ${related.name ?? related.id}`,
    method: "POST",
    path: `/v1/customers/${customer_id}/relations/${relation_id}/ending`,
    fields: [{ name: "until", label: t("relation.until"), kind: "date", required: true, hint: t("relation.until.hint") }],
  });
}

/** @param {any} customer @param {string} tag @returns {[string, import("../command.js").Wanted]} */
export function removeTag(customer, tag) {
  return ["✕", on(customer, "/tags/removal", { title: t("customer.tag.remove", { tag }), fields: [], body: () => ({ tags: [tag] }) })];
}

/** @param {string} name @param {import("../command.js").Wanted} command @returns {[string, import("../command.js").Wanted]} */
function act(name, command) {
  return [t(name), command];
}

// What a reader can do with leads.
// @ts-check

import { t } from "../../core/words.js";
import { annotations, offered, reason } from "./shared.js";

/** @typedef {import("../command.js").Wanted} Wanted */
/** @typedef {import("../field_values.js").Field} Field */

const CONTACT = /** @type {const} */ (["name", "organisation", "email", "phone", "handle"]);

/** An amount of money that may be left out. @param {string | null} [currency] @returns {Field[]} */
function value(currency) {
  return [
    { name: "value", label: t("lead.value"), kind: "decimal" },
    { name: "currency", label: t("deal.currency"), value: currency ?? "EUR", hint: t("deal.currency.hint") },
  ];
}

/** The currency goes with an amount only. @param {Record<string, any>} values */
function priced({ currency, ...values }) {
  return { ...values, ...(values.value && { currency }) };
}

/** @returns {Wanted} */
export function captureLead() {
  return {
    title: t("lead.capture"),
    method: "POST",
    path: "/v1/leads",
    fields: [
      ...CONTACT.map((name) => /** @type {Field} */ ({ name, label: t(`lead.${name}`), at: `contact/${name}`, kind: name === "email" ? "email" : "text" })),
      { name: "customer_id", label: t("order.customer"), kind: "customer", hint: t("lead.customer.hint") },
      { name: "channel", label: t("order.channel") },
      { name: "origin", label: t("lead.origin"), hint: t("lead.origin.hint") },
      ...value(),
    ],
    body: (values) => {
      const contact = Object.fromEntries(CONTACT.flatMap((name) => (values[name] ? [[name, values[name]]] : [])));
      const rest = Object.fromEntries(Object.entries(priced(values)).filter(([name]) => !CONTACT.includes(/** @type {any} */ (name))));
      return { ...rest, ...(Object.keys(contact).length && { contact }) };
    },
  };
}

/** @param {any} lead @returns {Wanted[]} */
export function leadCommands(lead) {
  if (lead.erased_at) return [];
  const path = `/v1/leads/${lead.id}`;
  const open = ["open", "qualified"].includes(lead.status);
  const menu = t("page.lead");
  return [
    ...offered([
      lead.status === "open" && { title: t("lead.qualify"), method: "POST", path: `${path}/qualification`, fields: [] },
      open && {
        title: t("lead.convert"),
        what: t("lead.convert.what"),
        method: "POST",
        path: `${path}/conversion`,
        fields: [
          { name: "customer_id", label: t("order.customer"), kind: "customer", required: true, value: lead.customer_id ?? "" },
          { name: "deal_id", label: t("page.deal"), hint: t("lead.id.hint") },
          { name: "order_id", label: t("page.order"), hint: t("lead.id.hint") },
          ...value(lead.currency),
        ],
        body: priced,
      },
      open && { title: t("lead.lose"), method: "POST", path: `${path}/loss`, fields: [reason()] },
      !open && { title: t("lead.reopen"), method: "POST", path: `${path}/reopening`, fields: [reason()] },
      open && {
        title: t("deal.move"),
        menu,
        method: "PUT",
        path: `${path}/stage`,
        fields: [{ name: "stage", label: t("deal.stage"), required: true, value: lead.stage ?? "", hint: t("lead.stage.hint") }],
      },
    ]),
    ...annotations(path, lead, menu),
  ];
}

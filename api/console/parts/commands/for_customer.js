// What a reader can begin for a customer: an order, a ticket, a task.
// @ts-check

import { may } from "../../core/session.js";
import { t } from "../../core/words.js";
import { openTicket } from "../ticket_commands.js";

/** @typedef {import("../command.js").Wanted} Wanted */

/** @param {any} customer @returns {Wanted[]} */
export function beginnings(customer) {
  if (customer.erased_at || customer.merged_into) return [];
  /** @type {[string, Wanted][]} */
  const wanted = [
    ["orders:write", order(customer)],
    ["tickets:write", openTicket(customer.id)],
    ["tasks:write", task(customer)],
  ];
  return wanted.filter(([permission]) => may(permission)).map(([, command]) => ({ ...command, menu: t("customer.new") }));
}

/** @param {any} customer @returns {Wanted} */
function order(customer) {
  return {
    title: t("order.new"),
    method: "POST",
    path: "/v1/orders",
    fields: [
      { name: "channel", label: t("order.channel"), required: true, value: "phone" },
      { name: "currency", label: t("deal.currency"), required: true, value: Object.keys(customer.money ?? {})[0] ?? "", hint: t("order.currency.hint") },
      {
        name: "lines",
        label: t("order.goods"),
        kind: "rows",
        columns: [
          { name: "name", label: t("order.line"), required: true },
          { name: "quantity", label: t("order.quantity"), kind: "decimal", required: true, value: "1" },
          { name: "unit_price", label: t("order.price"), kind: "decimal", required: true },
        ],
      },
    ],
    body: (values) => ({ ...values, customer_id: customer.id }),
  };
}

/** @param {any} customer @returns {Wanted} */
function task(customer) {
  return {
    title: t("task.create"),
    method: "POST",
    path: "/v1/tasks",
    fields: [
      { name: "title", label: t("task.title"), required: true },
      { name: "assignee", label: t("task.assignee"), value: customer.owner ?? "" },
      { name: "due", label: t("task.due"), kind: "datetime-local" },
    ],
    body: (values) => ({ ...values, about: { kind: "customer", id: customer.id } }),
  };
}

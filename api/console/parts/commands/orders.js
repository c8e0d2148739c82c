// What a reader can do with an order, as it stands.
// @ts-check

import { t } from "../../core/words.js";
import { goodsCommands } from "./order_goods.js";
import { amendLines, goods } from "./order_lines.js";
import { moneyCommands } from "./order_money.js";
import { annotations, offered, reason } from "./shared.js";

/** @typedef {import("../command.js").Wanted} Wanted */

/** @param {string} [customer] who orders, if that is known @param {string} [currency] @returns {Wanted} */
export function placeOrder(customer, currency = "EUR") {
  return {
    title: t("order.place"),
    method: "POST",
    path: "/v1/orders",
    fields: [
      { name: "customer_id", label: t("order.customer"), kind: "customer", value: customer ?? "", hint: t("order.guest") },
      { name: "channel", label: t("order.channel"), required: true, value: "web" },
      { name: "currency", label: t("deal.currency"), required: true, value: currency, hint: t("deal.currency.hint") },
      goods(),
      { name: "shipping", label: t("order.shipping"), kind: "decimal", at: "charges" },
      { name: "number", label: t("order.number"), hint: t("order.number.hint") },
      { name: "test", label: t("order.test"), kind: "check" },
    ],
    body: ({ shipping, ...values }) => ({ ...values, ...(shipping && { charges: [{ kind: "shipping", amount: shipping }] }) }),
  };
}

/** @param {any} order @returns {Wanted[]} */
export function orderCommands(order) {
  const path = `/v1/orders/${order.id}`;
  const open = !["completed", "cancelled"].includes(order.order_status);
  const menu = t("page.order");
  return [
    ...offered([
      order.order_status === "open" && { title: t("order.confirm"), method: "POST", path: `${path}/confirmation`, fields: [] },
      order.order_status === "confirmed" && { title: t("order.complete"), method: "POST", path: `${path}/completion`, fields: [] },
      !open && { title: t("order.reopen"), method: "POST", path: `${path}/reopening`, fields: [reason()] },
    ]),
    ...moneyCommands(order),
    ...goodsCommands(order, open),
    ...(order.order_status === "open" ? [amendLines(order)] : []),
    {
      title: t("order.customer.change"),
      menu,
      method: "PUT",
      path: `${path}/customer`,
      fields: [{ name: "customer_id", label: t("order.customer"), kind: "customer", required: true }],
    },
    ...annotations(path, order, menu),
    ...offered([
      open && {
        title: t("order.cancel"),
        menu,
        method: "POST",
        path: `${path}/cancellation`,
        fields: [reason(), { name: "note", label: t("command.note"), kind: "textarea" }],
      },
    ]),
  ];
}

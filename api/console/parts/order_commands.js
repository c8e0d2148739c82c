// What a reader can do with an order, as it stands.
// @ts-check

import { t } from "../core/words.js";

/** @param {any} order @returns {import("./command.js").Wanted[]} */
export function orderCommands(order) {
  const path = `/v1/orders/${order.id}`;
  const open = !["completed", "cancelled"].includes(order.order_status);
  const reason = { name: "reason", label: t("command.reason"), hint: t("command.reason.hint") };
  const amount = (/** @type {string} */ value) => ({ name: "amount", label: `${t("order.amount")} (${order.currency})`, required: true, value });
  /** @type {(import("./command.js").Wanted | false)[]} */
  const commands = [
    order.order_status === "open" && { title: t("order.confirm"), method: "POST", path: `${path}/confirmation`, fields: [] },
    open && {
      title: t("order.pay"),
      method: "POST",
      path: `${path}/payments`,
      fields: [amount(order.total), { name: "method", label: t("order.method"), value: "card" }],
    },
    open &&
      order.fulfilment_status !== "delivered" && {
        title: t("order.ship"),
        method: "POST",
        path: `${path}/shipments`,
        fields: [{ name: "carrier", label: t("order.carrier") }],
        body: ({ carrier }) => ({ carrier, lines: order.lines.map((/** @type {any} */ line) => ({ line_id: line.line_id, quantity: line.quantity })) }),
      },
    Number(order.captured) > 0 && {
      title: t("order.refund"),
      method: "POST",
      path: `${path}/refunds`,
      fields: [amount(order.captured), reason],
    },
    open && { title: t("order.complete"), method: "POST", path: `${path}/completion`, fields: [] },
    open && { title: t("order.cancel"), method: "POST", path: `${path}/cancellation`, fields: [reason] },
    !open && { title: t("order.reopen"), method: "POST", path: `${path}/reopening`, fields: [reason] },
  ];
  return commands.filter((command) => command !== false);
}

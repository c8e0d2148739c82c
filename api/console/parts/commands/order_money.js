// What a reader can do with the money of an order: payments, chargebacks, refunds.
// @ts-check

import { less, sign, sum } from "../../core/decimals.js";
import { money } from "../../core/format.js";
import { t } from "../../core/words.js";
import { linesOf } from "./order_goods.js";
import { offered, present, reason } from "./shared.js";

/** @typedef {import("../command.js").Wanted} Wanted */
/** @typedef {import("../field_values.js").Field} Field */

/** @param {any} order @param {string} [value] @returns {Field} */
function amount(order, value) {
  return { name: "amount", label: `${t("order.amount")} (${order.currency})`, kind: "decimal", required: true, value };
}

/** @returns {Field} */
function method() {
  return { name: "method", label: t("order.method"), value: "card" };
}

/** What is still to be paid; nothing: an empty text. @param {any} order */
function owed(order) {
  const left = less(sum([order.total, order.refunded, order.charged_back]), [order.captured]);
  return sign(left) > 0 ? left : "";
}

/** @param {any} order @returns {Wanted[]} */
export function moneyCommands(order) {
  const path = `/v1/orders/${order.id}`;
  const menu = t("order.money");
  const kept = order.order_status !== "cancelled";
  return offered([
    kept && { title: t("order.pay"), method: "POST", path: `${path}/payments`, fields: [amount(order, owed(order)), method()] },
    sign(order.captured) > 0 && refund(order, path),
    kept && { title: t("order.authorise"), menu, method: "POST", path: `${path}/payments/authorisations`, fields: [amount(order, owed(order)), method()] },
    kept && {
      title: t("order.payment.failed"),
      menu,
      method: "POST",
      path: `${path}/payments/${crypto.randomUUID()}/failure`,
      fields: [amount(order, owed(order)), method(), reason()],
    },
  ]);
}

/** @param {any} order @param {string} path @returns {Wanted} */
function refund(order, path) {
  const payments = Object.entries(order.money.capture).map(([id, paid]) => /** @type {[string, string]} */ ([id, `${money(paid, order.currency)} · ${id}`]));
  const returns = Object.keys(order.returned).map((id) => /** @type {[string, string]} */ ([id, id]));
  /** @type {(Field | false)[]} */
  const fields = [
    amount(order),
    payments.length > 0 && { name: "payment_id", label: t("order.payment"), kind: "select", options: payments, required: payments.length > 1 ? false : undefined },
    returns.length > 0 && { name: "return_id", label: t("order.return"), kind: "select", options: returns, required: false },
    {
      name: "lines",
      label: t("order.refund.lines"),
      hint: t("order.refund.lines.hint"),
      kind: "lines",
      rows: linesOf(order),
      columns: [
        { name: "quantity", label: t("order.quantity"), kind: "decimal" },
        { name: "amount", label: `${t("order.amount")} (${order.currency})`, kind: "decimal" },
      ],
    },
    { name: "shipping_amount", label: t("order.refund.shipping"), kind: "decimal" },
    reason(),
  ];
  return { title: t("order.refund"), method: "POST", path: `${path}/refunds`, fields: present(fields) };
}

/** What can be done with one payment. @param {any} order @param {"authorisation" | "capture" | "chargeback"} fact @param {string} id @returns {Wanted[]} */
export function paymentCommands(order, fact, id) {
  const path = `/v1/orders/${order.id}/payments/${encodeURIComponent(id)}`;
  const whole = order.money[fact][id];
  const charged = order.money.chargeback[id] != null;
  return offered([
    fact === "authorisation" && {
      title: t("order.capture"),
      method: "POST",
      path: `/v1/orders/${order.id}/payments`,
      fields: [amount(order, whole), method()],
      body: (values) => ({ ...values, payment_id: id }),
    },
    fact === "authorisation" && { title: t("order.void"), method: "POST", path: `${path}/void`, fields: [] },
    fact === "authorisation" && { title: t("order.payment.failed"), method: "POST", path: `${path}/failure`, fields: [amount(order, whole), reason()] },
    fact === "capture" && !charged && { title: t("order.chargeback"), method: "POST", path: `${path}/chargeback`, fields: [amount(order, whole), reason()] },
    { title: t("order.reverse"), what: t("order.reverse.what"), method: "POST", path: `${path}/reversal`, fields: [reason()], body: (values) => ({ ...values, fact }) },
  ]);
}

/** What can be done with one refund. @param {any} order @param {string} id @returns {Wanted[]} */
export function refundCommands(order, id) {
  const path = `/v1/orders/${order.id}/refunds/${encodeURIComponent(id)}/reversal`;
  return [{ title: t("order.reverse"), what: t("order.reverse.what"), method: "POST", path, fields: [reason()] }];
}

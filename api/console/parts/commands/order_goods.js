// What a reader can do with the goods of an order: shipments, returns, lines that are cancelled.
// @ts-check

import { less, sign } from "../../core/decimals.js";
import { t } from "../../core/words.js";
import { choices, offered, reason } from "./shared.js";

/** @typedef {import("../command.js").Wanted} Wanted */
/** @typedef {import("../field_values.js").Field} Field */
/** @typedef {import("../field_values.js").Row} Row */

const CONDITIONS = ["unknown", "new", "opened", "used", "damaged", "defective"];
const UNDER_WAY = ["shipped", "delivery_failed"];

/** The lines of an order to choose among. @param {any} order @param {(line: any) => string} [quantity] that a line begins with @returns {Row[]} */
export function linesOf(order, quantity = () => "") {
  return order.lines.map((/** @type {any} */ line) => ({ id: line.line_id, label: line.name, values: { quantity: quantity(line) } }));
}

/** How much of each line is neither shipped nor cancelled; nothing: an empty text. @param {any} order @returns {(line: any) => string} */
function due(order) {
  const shipments = /** @type {any[]} */ (Object.values(order.shipments)).filter(({ standing }) => standing !== "cancelled");
  return ({ line_id, quantity }) => {
    const shipped = shipments.flatMap(({ lines }) => lines.filter((/** @type {any} */ one) => one.line_id === line_id));
    const left = less(quantity, [...shipped.map((one) => one.quantity), order.cancelled[line_id] ?? "0"]);
    return sign(left) > 0 ? left : "";
  };
}

/** @param {string} label @param {Row[]} rows @returns {Field} */
function lines(label, rows) {
  return { name: "lines", label, hint: t("command.lines.hint"), kind: "lines", rows, columns: [{ name: "quantity", label: t("order.quantity"), kind: "decimal" }] };
}

/** Lines that come back: each says why and how they look. @param {any} order @returns {Field} */
function returned(order) {
  const field = lines(t("order.return.lines"), linesOf(order));
  const more = /** @type {Field[]} */ ([
    { name: "reason", label: t("command.reason") },
    { name: "condition", label: t("order.condition"), kind: "select", options: choices("condition", CONDITIONS) },
    { name: "restock", label: t("order.restock"), kind: "check" },
  ]);
  return { ...field, columns: [...(field.columns ?? []), ...more] };
}

/** @param {any} order @param {boolean} open whether it is neither completed nor cancelled @returns {Wanted[]} */
export function goodsCommands(order, open) {
  const path = `/v1/orders/${order.id}`;
  const menu = t("order.goods");
  const kept = order.order_status !== "cancelled";
  const sent = Object.keys(order.shipments).length > 0 || (kept && order.order_status !== "open"); // A shop hands goods over without a shipment.
  const rest = linesOf(order, due(order));
  const some = rest.some(({ values }) => values.quantity);
  return offered([
    kept &&
      some && {
        title: t("order.ship"),
        method: "POST",
        path: `${path}/shipments`,
        fields: [lines(t("order.shipped"), rest), { name: "carrier", label: t("order.carrier") }, { name: "tracking", label: t("order.tracking") }],
      },
    open && some && { title: t("order.lines.cancel"), menu, method: "POST", path: `${path}/lines/cancellation`, fields: [lines(t("order.lines.cancelled"), linesOf(order)), reason()] },
    sent && {
      title: t("order.return.request"),
      menu,
      method: "POST",
      path: `${path}/return-requests`,
      fields: [returned(order), { name: "note", label: t("command.note"), kind: "textarea" }],
    },
    sent && { title: t("order.return.receive"), menu, method: "POST", path: `${path}/returns`, fields: [returned(order)] },
  ]);
}

/** What can be done with one shipment. @param {any} order @param {string} id @returns {Wanted[]} */
export function shipmentCommands(order, id) {
  const path = `/v1/orders/${order.id}/shipments/${encodeURIComponent(id)}`;
  const { standing } = order.shipments[id];
  return offered([
    UNDER_WAY.includes(standing) && { title: t("order.deliver"), method: "POST", path: `${path}/delivery`, fields: [] },
    UNDER_WAY.includes(standing) && { title: t("order.deliver.failed"), method: "POST", path: `${path}/delivery-failure`, fields: [reason()] },
    standing !== "cancelled" && { title: t("order.shipment.cancel"), method: "POST", path: `${path}/cancellation`, fields: [reason()] },
  ]);
}

/** What can be done with a return that was requested: it is declined, or its goods come back. @param {any} order @param {string} id @returns {Wanted[]} */
export function requestCommands(order, id) {
  const path = `/v1/orders/${order.id}`;
  return [
    { title: t("order.return.receive"), method: "POST", path: `${path}/returns`, fields: [returned(order)], body: (values) => ({ ...values, return_id: id }) },
    {
      title: t("order.return.decline"),
      method: "POST",
      path: `${path}/return-requests/${encodeURIComponent(id)}/decline`,
      fields: [reason(), { name: "note", label: t("command.note"), kind: "textarea" }],
    },
  ];
}

/** What can be done with goods that came back. @param {any} order @param {string} id @returns {Wanted[]} */
export function returnCommands(order, id) {
  const path = `/v1/orders/${order.id}/returns/${encodeURIComponent(id)}/reversal`;
  return [{ title: t("order.return.reverse"), method: "POST", path, fields: [reason()] }];
}

// How an order stands, on each of its axes.
// @ts-check

import { html } from "../core/view.js";
import { word } from "../core/words.js";
import { Badge } from "./pieces.js";

const TONES = /** @type {Record<string, "good" | "warn" | "bad">} */ ({
  paid: "good",
  completed: "good",
  delivered: "good",
  cancelled: "bad",
  charged_back: "bad",
  partially_paid: "warn",
  overpaid: "warn",
  requested: "warn",
});
const SILENT = new Set(["none"]);

/** @param {{ order: any }} props */
export function OrderStatus({ order }) {
  const axes = [order.order_status, order.payment_status, order.fulfilment_status, order.return_status];
  return html`<span class="badges">${axes.filter((status) => status && !SILENT.has(status)).map((status) => html`<${Badge} tone=${TONES[status]}>${word("status", status)}</${Badge}>`)}</span>`;
}

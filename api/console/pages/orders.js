// All orders.
// @ts-check

import { go } from "../core/address.js";
import { money } from "../core/format.js";
import { may } from "../core/session.js";
import { html } from "../core/view.js";
import { t, word } from "../core/words.js";
import { Commands } from "../parts/command.js";
import { placeOrder } from "../parts/commands/orders.js";
import { ListPage } from "../parts/list_page.js";
import { OrderStatus } from "../parts/order_status.js";
import { Time } from "../parts/time.js";

const STATUSES = {
  order_status: ["open", "confirmed", "completed", "cancelled"],
  payment_status: ["unpaid", "authorized", "partially_paid", "paid", "overpaid", "partially_refunded", "refunded", "voided", "charged_back"],
  fulfilment_status: ["unfulfilled", "partially_shipped", "shipped", "partially_delivered", "delivered"],
};

export function Page() {
  /** @type {import("../parts/list_page.js").Filter[]} */
  const filters = [
    { name: "number", label: t("order.number"), kind: "search" },
    ...Object.entries(STATUSES).map(([name, values]) => ({
      name,
      label: t(`order.${name}`),
      options: values.map((value) => /** @type {[string, string]} */ ([value, word("status", value)])),
    })),
    { name: "channel", label: t("order.channel") },
    { name: "placed_from", label: t("order.from"), kind: "date" },
    { name: "placed_to", label: t("order.to"), kind: "date" },
  ];
  /** @type {import("../parts/table.js").Column[]} */
  const columns = [
    { title: t("order.number"), name: "number", sort: "number", cell: (row) => row.number },
    { title: t("order.placed"), name: "placed_at", sort: "placed_at", cell: (row) => html`<${Time} at=${row.placed_at} precision="day" />` },
    { title: t("order.status"), name: "order_status", cell: (row) => html`<${OrderStatus} order=${row} />` },
    { title: t("order.channel"), name: "channel", cell: (row) => row.channel },
    { title: t("order.customer"), name: "customer_id", cell: (row) => row.customer_id && html`<a href=${`/customers/${row.customer_id}`}>${t("order.customer")}</a>` },
    { title: t("order.total"), name: "total", figures: true, cell: (row) => money(row.total, row.currency) },
    { title: t("order.sum.captured"), name: "captured", extra: true, figures: true, cell: (row) => money(row.captured, row.currency) },
    { title: t("customer.owner"), name: "owner", extra: true, cell: (row) => row.owner ?? "–" },
    { title: t("customer.tags"), name: "tags", extra: true, cell: (row) => row.tags?.join(", ") || "–" },
  ];
  return html`<${ListPage} title=${t("page.orders")} path="/v1/orders" views="orders" filters=${filters} columns=${columns} sort="-placed_at"
    href=${(/** @type {any} */ row) => `/orders/${row.id}`}
    aside=${may("orders:write") && html`<${Commands} commands=${[placeOrder()]} onDone=${(/** @type {any} */ answer) => go(`/orders/${answer.body.id}`)} />`} />`;
}

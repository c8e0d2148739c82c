// One order, at any moment.
// @ts-check

import { money, number } from "../core/format.js";
import { may } from "../core/session.js";
import { html } from "../core/view.js";
import { t, word } from "../core/words.js";
import { orderCommands } from "../parts/commands/orders.js";
import { Payments, Returns, Shipments } from "../parts/order_sheets.js";
import { OrderStatus } from "../parts/order_status.js";
import { Badge, Pairs, Sheet } from "../parts/pieces.js";
import { Table } from "../parts/table.js";
import { Thing } from "../parts/thing.js";
import { Time } from "../parts/time.js";
import { Value } from "../parts/value.js";

const SUMS = ["gross", "discounts", "returns", "net", "tax", "charges", "total", "captured", "refunded", "charged_back"];

/** @param {{ id: string }} props */
export function Page({ id }) {
  return html`<${Thing} path=${`/v1/orders/${id}`} title=${(/** @type {any} */ order) => `${t("page.order")} ${order.number}`}
    badges=${(/** @type {any} */ order) => html`<${OrderStatus} order=${order} />`} commands=${may("orders:write") ? orderCommands : undefined}>
    ${(/** @type {any} */ order, /** @type {import("../parts/thing.js").Seen} */ seen) => html`
      <${Sheet} title=${t("order.goods")}><${Lines} order=${order} /></${Sheet}>
      <${Sheet} title=${t("order.money")}>
        <${Pairs} changed=${seen.changed} pairs=${SUMS.filter((name) => Number(order[name]) || name === "total").map((name) => [t(`order.sum.${name}`), money(order[name], order.currency), name])} />
      </${Sheet}>
      <${Sheet} title=${t("order.about")}>
        <${Pairs} changed=${seen.changed} pairs=${[
          [t("order.customer"), order.customer_id && html`<a href=${`/customers/${order.customer_id}`}><code>${order.customer_id}</code></a>`, "customer_id"],
          [t("order.channel"), order.channel, "channel"],
          [t("order.placed"), html`<${Time} at=${order.placed_at} />`, "placed_at"],
          [t("customer.owner"), order.owner, "owner"],
          [t("ticket.team"), order.team, "team"],
          [t("customer.tags"), order.tags.join(", "), "tags"],
          [t("page.deal"), order.deal_id && html`<a href=${`/deals/${order.deal_id}`}><code>${order.deal_id}</code></a>`, "deal_id"],
          [t("order.recipient"), order.private && html`<${Value} value=${order.private.recipient} />`, "private"],
          [t("customer.attributes"), html`<${Value} value=${order.attributes} />`, "attributes"],
        ]} />
      </${Sheet}>
      <${Payments} order=${order} seen=${seen} />
      <${Shipments} order=${order} seen=${seen} />
      <${Returns} order=${order} seen=${seen} />
    `}
  </${Thing}>`;
}

/** @param {{ order: any }} props */
function Lines({ order }) {
  const columns = [
    { title: t("order.line"), cell: (/** @type {any} */ line) => html`${line.name}${line.sku && html` <code class="soft">${line.sku}</code>`}` },
    {
      title: t("order.quantity"),
      figures: true,
      cell: (/** @type {any} */ line) => html`${number(line.quantity)}${order.cancelled[line.line_id] && html` <${Badge} tone="bad">−${number(order.cancelled[line.line_id])} ${word("status", "cancelled")}</${Badge}>`}`,
    },
    { title: t("order.price"), figures: true, cell: (/** @type {any} */ line) => money(line.unit_price, order.currency) },
    { title: t("order.total"), figures: true, cell: (/** @type {any} */ line) => money(line.total, order.currency) },
  ];
  return html`<${Table} caption=${t("order.goods")} columns=${columns} rows=${order.lines} id=${(/** @type {any} */ line) => line.line_id} />`;
}

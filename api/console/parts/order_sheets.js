// The money and the goods of an order, fact by fact, each with what can be done with it.
// @ts-check

import { money, number } from "../core/format.js";
import { may } from "../core/session.js";
import { html } from "../core/view.js";
import { t, word } from "../core/words.js";
import { requestCommands, returnCommands, shipmentCommands } from "./commands/order_goods.js";
import { paymentCommands, refundCommands } from "./commands/order_money.js";
import { Badge, Sheet } from "./pieces.js";
import { Table } from "./table.js";
import { Time } from "./time.js";

/** @typedef {{ order: any, seen: import("./thing.js").Seen }} Props */

const FACTS = /** @type {const} */ (["authorisation", "capture", "chargeback", "refund"]);
const TONES = /** @type {Record<string, "good" | "warn" | "bad">} */ ({ delivered: "good", capture: "good", delivery_failed: "warn", chargeback: "bad" });

/** The columns of a table, and one for the commands of each row if the reader may send them. @param {Props} props @param {import("./table.js").Column[]} columns @param {(row: any) => import("./command.js").Wanted[]} commands */
function withCommands({ seen }, columns, commands) {
  if (seen.past || !may("orders:write")) return columns;
  return [...columns, { title: t("command.title"), cell: (/** @type {any} */ row) => seen.offer(commands(row), t("command.title")) }];
}

/** @param {Props} props */
export function Payments(props) {
  const { order } = props;
  const rows = FACTS.flatMap((fact) => Object.entries(order.money[fact]).map(([id, amount]) => ({ id, fact, amount })));
  if (!rows.length) return null;
  const columns = withCommands(
    props,
    [
      { title: t("order.fact"), cell: (row) => html`<${Badge} tone=${TONES[row.fact]}>${word("fact", row.fact)}</${Badge}>` },
      { title: t("order.amount"), figures: true, cell: (row) => money(row.amount, order.currency) },
      { title: t("order.id"), cell: (row) => html`<code>${row.id}</code>` },
    ],
    (row) => (row.fact === "refund" ? refundCommands(order, row.id) : paymentCommands(order, row.fact, row.id)),
  );
  return html`<${Sheet} title=${t("order.payments")}><${Table} caption=${t("order.payments")} columns=${columns} rows=${rows} id=${(/** @type {any} */ row) => `${row.fact} ${row.id}`} /></${Sheet}>`;
}

/** @param {Props} props */
export function Shipments(props) {
  const { order } = props;
  const rows = Object.entries(order.shipments).map(([id, shipment]) => ({ id, .../** @type {any} */ (shipment) }));
  if (!rows.length) return null;
  const columns = withCommands(
    props,
    [
      { title: t("order.status"), cell: (row) => html`<${Badge} tone=${TONES[row.standing]}>${word("status", row.standing)}</${Badge}>` },
      { title: t("order.goods"), cell: (row) => html`<${Goods} order=${order} lines=${row.lines} />` },
      { title: t("things.when"), cell: (row) => html`<${Time} at=${row.at} />` },
      { title: t("order.id"), cell: (row) => html`<code>${row.id}</code>` },
    ],
    (row) => shipmentCommands(order, row.id),
  );
  return html`<${Sheet} title=${t("order.shipments")}><${Table} caption=${t("order.shipments")} columns=${columns} rows=${rows} /></${Sheet}>`;
}

/** @param {Props} props */
export function Returns(props) {
  const { order } = props;
  const rows = [
    ...order.returns_requested.map((/** @type {string} */ id) => ({ id, standing: "requested", lines: [] })),
    ...Object.entries(order.returned).map(([id, lines]) => ({ id, standing: "returned", lines })),
  ];
  if (!rows.length) return null;
  const columns = withCommands(
    props,
    [
      { title: t("order.status"), cell: (row) => html`<${Badge} tone=${row.standing === "requested" ? "warn" : "plain"}>${word("status", row.standing)}</${Badge}>` },
      { title: t("order.goods"), cell: (row) => (row.lines.length ? html`<${Goods} order=${order} lines=${row.lines} />` : "–") },
      { title: t("order.id"), cell: (row) => html`<code>${row.id}</code>` },
    ],
    (row) => (row.standing === "requested" ? requestCommands(order, row.id) : returnCommands(order, row.id)),
  );
  return html`<${Sheet} title=${t("order.returns")}><${Table} caption=${t("order.returns")} columns=${columns} rows=${rows} id=${(/** @type {any} */ row) => `${row.standing} ${row.id}`} /></${Sheet}>`;
}

/** @param {{ order: any, lines: any[] }} props */
function Goods({ order, lines }) {
  const name = (/** @type {string} */ id) => order.lines.find((/** @type {any} */ line) => line.line_id === id)?.name ?? id;
  return html`<ul class="values">${lines.map((line) => html`<li key=${line.line_id}>${number(line.quantity)} × ${name(line.line_id)}${line.reason && html` <span class="soft">${line.reason}</span>`}</li>`)}</ul>`;
}

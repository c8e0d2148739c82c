// A customer's money and things. What changed since the moment shown before glows.
// @ts-check

import { day, money, number } from "../core/format.js";
import { html } from "../core/view.js";
import { t, word } from "../core/words.js";
import { Pairs, Sheet } from "./pieces.js";
import { Empty } from "./states.js";
import { Table } from "./table.js";
import { Time } from "./time.js";

/** Sums of one currency each: two currencies are never added. @param {{ money: Record<string, any> | null, changed: Set<string>, children?: any }} props */
export function Money({ money: sums, changed, children }) {
  const currencies = Object.entries(sums ?? {});
  return html`<${Sheet} title=${t("customer.money")}>
    ${!currencies.length && html`<${Empty} text=${t("customer.no-orders")} />`}
    ${currencies.map(
      ([currency, sum]) => html`<div class=${changed.has("money") ? "glow" : undefined}><${Pairs} pairs=${[
        [t("money.orders"), number(sum.orders)],
        [t("money.gross"), money(sum.gross, currency)],
        [t("money.refunded"), money(sum.refunded, currency)],
        [t("money.net"), html`<strong>${money(sum.net, currency)}</strong>`],
        [t("money.first"), day(sum.first_order_on)],
        [t("money.last"), html`${day(sum.last_order_on)} <span class="soft">${t("money.days-ago", { n: number(sum.days_since_last_order) })}</span>`],
      ]} /></div>`,
    )}
    ${children}
  </${Sheet}>`;
}

/** The columns of a kind of thing: its name or number, how it stands, when. @type {Record<string, (row: any) => any[]>} */
const SHOWN = {
  orders: (row) => [row.number, word("status", row.order_status), money(row.total, row.currency), row.placed_at],
  tickets: (row) => [row.number, word("status", row.status), row.private?.subject ?? word("priority", row.priority), row.opened_at],
  deals: (row) => [row.private?.name ?? row.id.slice(0, 8), word("status", row.status), row.amount ? money(row.amount, row.currency) : row.stage, row.opened_at],
  tasks: (row) => [row.title ?? row.id.slice(0, 8), word("status", row.status), row.assignee ?? "", row.due ?? row.created_at],
  interactions: (row) => [word("channel", row.channel), word("direction", row.direction), row.agent ?? "", row.occurred_at],
  feedback: (row) => [word("feedback", row.kind), word("status", row.status), row.score ?? "", row.submitted_at ?? row.requested_at],
};
const LINKED = new Set(["orders", "tickets", "deals", "interactions", "feedback"]);

/** @param {{ name: string, things: { items: any[], more: boolean }, before?: { items: any[] } | null }} props */
export function Things({ name, things, before }) {
  if (!things.items.length && !before?.items.length) return null;
  const known = new Map(before?.items.map((row) => [row.id, row.version]));
  const titles = [t(`things.${name}`), t("things.status"), t("things.what"), t("things.when")];
  const columns = titles.map((title, place) => ({
    title,
    figures: place === 2 && name === "orders",
    cell: (/** @type {any} */ row) => {
      const value = SHOWN[name](row)[place];
      const content = place === 3 ? html`<${Time} at=${value} precision="day" />` : value;
      return place === 0 && before && known.get(row.id) !== row.version ? html`<span class="glow">${content}</span>` : content;
    },
  }));
  return html`<${Sheet} title=${t(`things.${name}`)} aside=${things.more ? html`<span class="soft">${t("things.more")}</span>` : null}>
    ${things.items.length
      ? html`<${Table} caption=${t(`things.${name}`)} columns=${columns} rows=${things.items} href=${LINKED.has(name) ? (/** @type {any} */ row) => `/${name}/${row.id}` : undefined} />`
      : html`<${Empty} />`}
  </${Sheet}>`;
}

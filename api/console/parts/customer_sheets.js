// What the page of one customer is made of. What changed since the moment shown before glows.
// @ts-check

import { day, money, number } from "../core/format.js";
import { useRead } from "../core/reading.js";
import { html } from "../core/view.js";
import { t, word } from "../core/words.js";
import { Badge, Pairs, Sheet } from "./pieces.js";
import { Empty } from "./states.js";
import { Table } from "./table.js";
import { Time } from "./time.js";
import { Value } from "./value.js";

/** @param {{ customer: any, changed: Set<string> }} props */
export function Profile({ customer, changed }) {
  const contacts = customer.contact_methods?.map((/** @type {any} */ one) => html`<div>${one.value} <span class="soft">${one.kind}${one.label ? ` · ${one.label}` : ""}</span></div>`);
  return html`<${Sheet} title=${t("customer.profile")}>
    <${Pairs} changed=${changed} pairs=${[
      [t("customer.contacts"), contacts?.length ? contacts : null, "contact_methods"],
      [t("customer.address"), customer.address && html`<${Value} value=${customer.address} />`, "address"],
      [t("customer.owner"), customer.owner, "owner"],
      [t("customer.source"), customer.source_channel, "source_channel"],
      [t("customer.language"), customer.language, "language"],
      [t("customer.tags"), customer.tags?.length ? customer.tags.map((/** @type {string} */ tag) => html`<${Badge}>${tag}</${Badge}> `) : null, "tags"],
      [t("customer.attributes"), html`<${Value} value=${customer.attributes} />`, "attributes"],
      [t("customer.external"), customer.external_ids?.map((/** @type {any} */ one) => html`<div><code>${one.id}</code> <span class="soft">${one.system}</span></div>`), "external_ids"],
      [t("customer.registered"), customer.registered_on ? day(customer.registered_on) : html`<${Time} at=${customer.registered_at} />`, "registered_at"],
    ]} />
  </${Sheet}>`;
}

/** Sums of one currency each: two currencies are never added. @param {{ money: Record<string, any> | null, changed: Set<string> }} props */
export function Money({ money: sums, changed }) {
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
  </${Sheet}>`;
}

/** @param {{ segments: any, before: any }} props */
export function Segments({ segments, before }) {
  const changed = before && JSON.stringify(before) !== JSON.stringify(segments);
  const by = [...segments.by_models, ...(segments.by_rule ? [{ ...segments.by_rule, model: t("segments.by-rule") }] : [])];
  return html`<${Sheet} title=${t("customer.segments")}>
    ${!by.length && html`<${Empty} text=${t("segments.none")} />`}
    <div class=${changed ? "glow" : undefined}><${Pairs} pairs=${by.map((one) => [one.model, one.label ?? one.segment])} /></div>
  </${Sheet}>`;
}

/** @param {{ consents: any[], changed: Set<string> }} props */
export function Consents({ consents, changed }) {
  return html`<${Sheet} title=${t("customer.consents")}>
    ${!consents.length && html`<${Empty} text=${t("customer.no-consents")} />`}
    <ul class=${changed.has("consents") ? "values glow" : "values"}>
      ${consents.map((one) => html`<li><${Badge} tone=${one.withdrawn_at ? "bad" : "good"}>${one.withdrawn_at ? t("consent.withdrawn") : t("consent.given")}</${Badge}> ${one.purpose} · ${one.channel}</li>`)}
    </ul>
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

/** The people and organisations around a customer. @param {{ id: string }} props */
export function Relations({ id }) {
  const read = useRead(`/v1/customers/${id}/relations`);
  const relations = read.answer?.body.items ?? [];
  if (!relations.length) return null;
  return html`<${Sheet} title=${t("customer.relations")}>
    <ul class="values">${relations.map((/** @type {any} */ one) => html`<li key=${one.relation_id}>
      ${one.title ?? one.role}: <a href=${`/customers/${one.related.id}`}>${one.related.name ?? one.related.id}</a>
      ${one.until && html` <span class="soft">${day(one.since)} – ${day(one.until)}</span>`}
    </li>`)}</ul>
  </${Sheet}>`;
}

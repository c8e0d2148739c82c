// One deal, at any moment.
// @ts-check

import { day, money } from "../core/format.js";
import { may } from "../core/session.js";
import { html } from "../core/view.js";
import { t, word } from "../core/words.js";
import { Badge, Pairs, Sheet } from "../parts/pieces.js";
import { Thing } from "../parts/thing.js";
import { Time } from "../parts/time.js";
import { Value } from "../parts/value.js";

const TONES = /** @type {Record<string, "good" | "bad">} */ ({ won: "good", lost: "bad" });

/** @param {any} deal @returns {import("../parts/command.js").Wanted[]} */
function commands(deal) {
  const path = `/v1/deals/${deal.id}`;
  const reason = { name: "reason", label: t("command.reason"), hint: t("command.reason.hint") };
  if (deal.status !== "open") return [{ title: t("deal.reopen"), method: "POST", path: `${path}/reopening`, fields: [] }];
  return [
    {
      title: t("deal.amount.change"),
      method: "PUT",
      path: `${path}/amount`,
      fields: [
        { name: "amount", label: t("deal.amount"), value: deal.amount ?? "", required: true },
        { name: "currency", label: t("deal.currency"), value: deal.currency ?? "EUR", required: true },
      ],
    },
    { title: t("deal.win"), method: "POST", path: `${path}/win`, fields: [] },
    { title: t("deal.lose"), method: "POST", path: `${path}/loss`, fields: [reason] },
  ];
}

/** @param {{ id: string }} props */
export function Page({ id }) {
  return html`<${Thing} path=${`/v1/deals/${id}`} title=${(/** @type {any} */ deal) => `${t("page.deal")} ${deal.number}`}
    badges=${(/** @type {any} */ deal) => html`<${Badge} tone=${TONES[deal.status]}>${word("status", deal.status)}</${Badge}>`} commands=${may("deals:write") ? commands : undefined}>
    ${(/** @type {any} */ deal, /** @type {import("../parts/thing.js").Seen} */ seen) => html`
      <${Sheet} title=${t("deal.about")}>
        <${Pairs} changed=${seen.changed} pairs=${[
          [t("deal.amount"), deal.amount && money(deal.amount, deal.currency), "amount"],
          [t("deal.stage"), deal.stage, "stage"],
          [t("deal.pipeline"), deal.pipeline, "pipeline"],
          [t("order.customer"), html`<a href=${`/customers/${deal.customer_id}`}><code>${deal.customer_id}</code></a>`, "customer_id"],
          [t("customer.owner"), deal.owner, "owner"],
          [t("deal.expected"), day(deal.expected_close), "expected_close"],
          [t("deal.opened"), html`<${Time} at=${deal.opened_at} />`, "opened_at"],
          [t("deal.lost"), deal.lost_reason, "lost_reason"],
          [t("page.order"), deal.order_id && html`<a href=${`/orders/${deal.order_id}`}><code>${deal.order_id}</code></a>`, "order_id"],
          [t("customer.attributes"), html`<${Value} value=${deal.attributes} />`, "attributes"],
        ]} />
      </${Sheet}>
    `}
  </${Thing}>`;
}

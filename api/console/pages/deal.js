// One deal, at any moment.
// @ts-check

import { day, money } from "../core/format.js";
import { may } from "../core/session.js";
import { html } from "../core/view.js";
import { t, word } from "../core/words.js";
import { Link } from "../parts/about.js";
import { dealCommands } from "../parts/commands/deals.js";
import { Badge, Pairs, Sheet } from "../parts/pieces.js";
import { Thing } from "../parts/thing.js";
import { Time } from "../parts/time.js";
import { Value } from "../parts/value.js";

const TONES = /** @type {Record<string, "good" | "bad">} */ ({ won: "good", lost: "bad" });

/** @param {{ id: string }} props */
export function Page({ id }) {
  return html`<${Thing} path=${`/v1/deals/${id}`} title=${(/** @type {any} */ deal) => `${t("page.deal")} ${deal.number}`}
    badges=${(/** @type {any} */ deal) => html`<${Badge} tone=${TONES[deal.status]}>${word("status", deal.status)}</${Badge}>`} commands=${may("deals:write") ? dealCommands : undefined}>
    ${(/** @type {any} */ deal, /** @type {import("../parts/thing.js").Seen} */ seen) => html`
      <${Sheet} title=${t("deal.about")}>
        <${Pairs} changed=${seen.changed} pairs=${[
          [t("deal.amount"), deal.amount && money(deal.amount, deal.currency), "amount"],
          [t("deal.stage"), deal.stage, "stage"],
          [t("deal.pipeline"), deal.pipeline, "pipeline"],
          [t("order.customer"), html`<a href=${`/customers/${deal.customer_id}`}><code>${deal.customer_id}</code></a>`, "customer_id"],
          [t("page.lead"), deal.lead_id && html`<${Link} kind="lead" id=${deal.lead_id} />`, "lead_id"],
          [t("customer.owner"), deal.owner, "owner"],
          [t("ticket.team"), deal.team, "team"],
          [t("customer.tags"), deal.tags.join(", "), "tags"],
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

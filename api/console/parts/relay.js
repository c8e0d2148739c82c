// What is sent onwards: the relay to Kafka, and the followers that act on the log.
// @ts-check

import { number } from "../core/format.js";
import { html } from "../core/view.js";
import { t, word } from "../core/words.js";
import { Badge, Pairs, Sheet } from "./pieces.js";
import { Empty } from "./states.js";
import { Table } from "./table.js";
import { Ago } from "./time.js";

/** @param {{ status: any }} props as `/v1/status` answers */
export function Relay({ status }) {
  const { relay, routed, topic, kafka } = status;
  return html`<${Sheet} title=${t("relay.title")}>
    ${!relay && html`<p class="soft">${t("relay.embedded")}</p>`}
    ${relay && html`<${Pairs} pairs=${[
      [t("relay.kafka"), html`<${Badge} tone=${kafka ? "good" : "bad"}>${t(kafka ? "relay.answers" : "operations.no-kafka")}</${Badge}> <code>${topic}</code>`],
      [t("relay.sent"), `#${number(routed)}`],
      [t("relay.waiting"), number(relay.waiting)],
      [t("relay.oldest"), relay.waiting_since ? html`<${Ago} at=${relay.waiting_since} />` : t("relay.nothing")],
      [t("relay.failure"), relay.failure ? html`<${Ago} at=${relay.failure.at} /> · ${relay.failure.error}: ${relay.failure.detail}` : t("relay.no-failure")],
    ]} />`}
  </${Sheet}>`;
}

/** @param {{ status: any }} props */
export function Followers({ status }) {
  /** @type {import("./table.js").Column[]} */
  const columns = [
    { title: t("follower.name"), cell: (row) => word("follower", row.name) },
    { title: t("operations.complete"), figures: true, cell: (row) => `#${number(row.position)}` },
    { title: t("operations.lag"), figures: true, cell: (row) => number(row.lag) },
  ];
  return html`<${Sheet} title=${t("follower.title")}>
    ${status.following === false && html`<p class="bad" role="alert">${t("follower.nobody")}</p>`}
    ${status.followers.length ? html`<${Table} caption=${t("follower.title")} columns=${columns} rows=${status.followers} id=${(/** @type {any} */ row) => row.name} />` : html`<${Empty} />`}
  </${Sheet}>`;
}

// How the deployment does: read models, dead letters, jobs, webhooks, keys and users.
// @ts-check

import { number } from "../core/format.js";
import { useRead } from "../core/reading.js";
import { may } from "../core/session.js";
import { html, useEffect, useSignal } from "../core/view.js";
import { t, word } from "../core/words.js";
import { DeadLetters } from "../parts/dead_letters.js";
import { Imports } from "../parts/imports.js";
import { Jobs } from "../parts/jobs.js";
import { Keys } from "../parts/keys.js";
import { Badge, Heading, Sheet, Tile } from "../parts/pieces.js";
import { Empty, Shown } from "../parts/states.js";
import { Table } from "../parts/table.js";
import { Ago } from "../parts/time.js";
import { Webhooks } from "../parts/webhooks.js";

const EVERY = 2000; // Milliseconds between two looks at the positions.

export function Page() {
  const turn = useSignal(0);
  useEffect(() => {
    const timer = setInterval(() => (turn.value += 1), EVERY);
    return () => clearInterval(timer);
  }, []);
  const status = useRead("/v1/status", {}, turn.value);
  return html`
    <${Heading} title=${t("page.operations")} />
    <${Shown} read=${{ ...status, loading: false }}>${(/** @type {any} */ body) => html`<${Status} status=${body} />`}</${Shown}>
    <${DeadLetters} />
    <${Jobs} />
    ${may("imports:run") && html`<${Imports} />`}
    ${may("webhooks:read") && html`<${Webhooks} />`}
    ${may("keys:read") && html`<${Keys} />`}
    ${may("users:read") && html`<${Users} />`}
  `;
}

/** @param {{ status: any }} props */
function Status({ status }) {
  const columns = [
    { title: t("recount.model"), cell: (/** @type {any} */ row) => row.name },
    { title: t("operations.state"), cell: (/** @type {any} */ row) => html`<${Badge} tone=${row.state === "live" ? "good" : "bad"} title=${row.reason}>${word("model", row.state)}</${Badge}>` },
    { title: t("operations.complete"), figures: true, cell: (/** @type {any} */ row) => `#${number(row.complete_to)}` },
    { title: t("operations.lag"), figures: true, cell: (/** @type {any} */ row) => number(row.lag) },
    { title: t("health.dead-letters"), figures: true, cell: (/** @type {any} */ row) => number(row.dead_letters) },
  ];
  return html`
    <div class="tiles">
      <${Tile} value=${word("deployment", status.deployment)} name=${t("operations.deployment")} />
      <${Tile} value=${`#${number(status.head)}`} name=${t("operations.head")} />
      ${status.routed != null && html`<${Tile} value=${`#${number(status.routed)}`} name=${t("operations.relayed")} more=${status.kafka ? "Kafka" : t("operations.no-kafka")} tone=${status.kafka ? "" : "bad"} />`}
      <${Tile} value=${number(status.unreadable_events)} name=${t("operations.unreadable")} tone=${status.unreadable_events ? "bad" : ""} />
    </div>
    ${status.troubles.map((/** @type {any} */ trouble) => html`<div class="state failed" role="alert"><strong>${trouble.code}</strong> <${Ago} at=${trouble.since} /><p>${trouble.detail}</p></div>`)}
    <${Sheet} title=${t("operations.models")}><${Table} caption=${t("operations.models")} columns=${columns} rows=${status.projections} id=${(/** @type {any} */ row) => row.name} /></${Sheet}>
  `;
}

function Users() {
  const read = useRead("/v1/users", { limit: 200 });
  const columns = [
    { title: t("user.code"), cell: (/** @type {any} */ row) => row.code },
    { title: t("user.name"), cell: (/** @type {any} */ row) => row.name ?? "–" },
    { title: t("user.team"), cell: (/** @type {any} */ row) => (row.teams ?? [row.team]).filter(Boolean).join(", ") || "–" },
    { title: t("operations.state"), cell: (/** @type {any} */ row) => html`<${Badge} tone=${row.deactivated_at ? "warn" : "good"}>${t(row.deactivated_at ? "user.deactivated" : row.available === false ? "user.away" : "user.available")}</${Badge}>` },
  ];
  return html`<${Sheet} title=${t("operations.users")}>
    <${Shown} read=${read}>${(/** @type {any} */ body) => body.items.length ? html`<${Table} caption=${t("operations.users")} columns=${columns} rows=${body.items} id=${(/** @type {any} */ row) => row.code} />` : html`<${Empty} />`}</${Shown}>
  </${Sheet}>`;
}

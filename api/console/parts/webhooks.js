// Webhooks: where events are sent, how each delivery ended, a test, and deliveries sent again.
// @ts-check

import { refusal, send } from "../core/api.js";
import { number } from "../core/format.js";
import { useRead } from "../core/reading.js";
import { may } from "../core/session.js";
import { html, useSignal } from "../core/view.js";
import { t, word } from "../core/words.js";
import { Command, Commands } from "./command.js";
import { Badge, Sheet } from "./pieces.js";
import { Empty, Refusal, Shown } from "./states.js";
import { Table } from "./table.js";
import { Ago, Time } from "./time.js";
import { again, register, webhookCommands } from "./webhook_commands.js";

const TONES = /** @type {Record<string, "good" | "warn" | "plain">} */ ({ active: "good", paused: "warn" });

export function Webhooks() {
  const after = useSignal(0);
  const open = useSignal("");
  const secret = useSignal("");
  const read = useRead("/v1/webhooks", { limit: 100, after: after.value || null });

  /** @param {any} answer */
  function done(answer) {
    secret.value = answer.body?.secret ?? "";
    after.value = answer.position;
  }

  /** @type {import("./table.js").Column[]} */
  const columns = [
    { title: "URL", cell: (row) => html`<code>${row.url}</code>` },
    { title: t("operations.state"), cell: (row) => html`<${Badge} tone=${TONES[row.status]}>${word("status", row.status)}</${Badge}>` },
    { title: t("event.type"), cell: (row) => row.types.join(", ") || t("filter.any") },
    { title: t("webhook.delivered"), figures: true, cell: (row) => row.delivered_to != null && `#${number(row.delivered_to)}` },
    { title: t("webhook.failures"), figures: true, cell: (row) => number(row.failures ?? 0) },
    { title: t("webhook.deliveries"), cell: (row) => html`<button aria-expanded=${open.value === row.id} onClick=${() => (open.value = open.value === row.id ? "" : row.id)}>${t("webhook.deliveries")}<span class="hidden"> ${row.url}</span></button>` },
  ];
  return html`
    <${Sheet} title=${t("operations.webhooks")} aside=${may("webhooks:write") && html`<${Commands} commands=${[register()]} onDone=${done} />`}>
      ${secret.value && html`<p role="alert">${t("webhook.once")} <code class="secret">${secret.value}</code></p>`}
      <${Shown} read=${read}>${(/** @type {any} */ body) => (body.items.length ? html`<${Table} caption=${t("operations.webhooks")} columns=${columns} rows=${body.items} />` : html`<${Empty} />`)}</${Shown}>
    </${Sheet}>
    ${read.answer?.body.items.filter((/** @type {any} */ row) => row.id === open.value).map((/** @type {any} */ row) => html`<${Webhook} key=${row.id} webhook=${row} onDone=${done} />`)}
  `;
}

/** @param {{ webhook: any, onDone: (answer: any) => void }} props */
function Webhook({ webhook, onDone }) {
  const turn = useSignal(0);
  const testing = useSignal(false);
  const tested = useSignal(/** @type {any} */ (null));
  const refused = useSignal(/** @type {import("../core/api.js").Refused | null} */ (null));
  const sending = useSignal(/** @type {import("./command.js").Wanted | null} */ (null));
  const read = useRead(`/v1/webhooks/${webhook.id}/deliveries`, { limit: 100 }, turn.value);
  const active = may("webhooks:write") && webhook.status !== "removed";

  async function test() {
    testing.value = true;
    tested.value = refused.value = null;
    try {
      tested.value = (await send("POST", `/v1/webhooks/${webhook.id}/test`)).body;
    } catch (error) {
      refused.value = refusal(error);
    }
    testing.value = false;
    turn.value += 1;
  }

  /** @param {any} answer */
  function done(answer) {
    turn.value += 1;
    onDone(answer);
  }

  /** @type {import("./table.js").Column[]} */
  const columns = [
    { title: t("webhook.kind"), cell: (row) => word("delivery", row.kind) },
    { title: t("event.position"), figures: true, cell: (row) => row.event_position && (may("events:read") ? html`<a href=${`/events/${row.event_position}`}>#${row.event_position}</a>` : `#${row.event_position}`) },
    { title: t("webhook.ended"), cell: (row) => html`<${Badge} tone=${row.error ? "bad" : "good"}>${row.status ?? "–"}</${Badge}> ${row.error}` },
    { title: t("webhook.took"), figures: true, cell: (row) => `${number(row.milliseconds)} ms` },
    { title: t("refused.when"), cell: (row) => html`<${Time} at=${row.at} precision="second" />` },
    { title: t("webhook.next"), cell: (row) => html`<${Time} at=${row.next_try} precision="second" />` },
  ];
  if (active) columns.push({ title: t("command.title"), cell: (row) => row.event_position && html`<button onClick=${() => (sending.value = again(webhook, row.event_position))}>${t("webhook.again")}</button>` });
  return html`<${Sheet} title=${t("webhook.deliveries")} aside=${html`<code>${webhook.url}</code>`}>
    ${active && html`<div class="actions">
      <button disabled=${testing.value} onClick=${test}>${t(testing.value ? "webhook.testing" : "webhook.test")}</button>
      <${Commands} commands=${webhookCommands(webhook)} onDone=${done} />
    </div>`}
    <div aria-live="polite">
      ${refused.value && html`<${Refusal} refused=${refused.value} />`}
      ${tested.value && html`<p><${Badge} tone=${tested.value.accepted ? "good" : "bad"}>${t(tested.value.accepted ? "webhook.accepted" : "webhook.not-accepted")}</${Badge}> ${tested.value.status} ${tested.value.error} <span class="soft">${number(tested.value.milliseconds)} ms</span></p>`}
    </div>
    ${webhook.failing_since && html`<p class="bad">${t("webhook.failing")} <${Ago} at=${webhook.failing_since} />: ${webhook.last_error}</p>`}
    <${Shown} read=${read}>${(/** @type {any} */ body) =>
      body.items.length ? html`<${Table} caption=${t("webhook.deliveries")} columns=${columns} rows=${body.items} id=${(/** @type {any} */ row) => row.number} />` : html`<${Empty} text=${t("webhook.none")} />`}</${Shown}>
    ${sending.value && html`<${Command} command=${sending.value} onDone=${done} onClose=${() => (sending.value = null)} />`}
  </${Sheet}>`;
}

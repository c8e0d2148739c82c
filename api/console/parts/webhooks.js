// Webhooks: where events are sent, how each delivery ended, and a delivery sent again.
// @ts-check

import { useRead } from "../core/reading.js";
import { may } from "../core/session.js";
import { html, useSignal } from "../core/view.js";
import { t, word } from "../core/words.js";
import { Command } from "./command.js";
import { Badge, Sheet } from "./pieces.js";
import { Empty, Shown } from "./states.js";
import { Table } from "./table.js";
import { Time } from "./time.js";

export function Webhooks() {
  const after = useSignal(0);
  const open = useSignal("");
  const command = useSignal(/** @type {import("./command.js").Wanted | null} */ (null));
  const read = useRead("/v1/webhooks", { limit: 100, after: after.value || null });
  /** @type {import("./table.js").Column[]} */
  const columns = [
    { title: "URL", cell: (row) => html`<code>${row.url}</code>` },
    { title: t("operations.state"), cell: (row) => html`<${Badge} tone=${row.status === "active" ? "good" : "warn"} title=${row.last_error}>${word("status", row.status)}</${Badge}>` },
    { title: t("event.type"), cell: (row) => row.types.join(", ") || t("filter.any") },
    { title: t("webhook.delivered"), figures: true, cell: (row) => row.delivered_to != null && `#${row.delivered_to}` },
    { title: t("webhook.failures"), figures: true, cell: (row) => row.failures ?? 0 },
    { title: t("webhook.deliveries"), cell: (row) => html`<button aria-expanded=${open.value === row.id} onClick=${() => (open.value = open.value === row.id ? "" : row.id)}>${t("webhook.deliveries")}</button>` },
  ];
  if (may("webhooks:write")) {
    columns.push({
      title: t("command.title"),
      cell: (row) => {
        const move = row.status === "active" ? "pause" : "resumption";
        const path = `/v1/webhooks/${row.id}`;
        return row.status !== "removed" && html`<div class="actions">
          <button onClick=${() => (command.value = { title: t(`campaign.${move}`), method: "POST", path: `${path}/${move}`, fields: [] })}>${t(`campaign.${move}`)}</button>
          <button onClick=${() => (command.value = again(path))}>${t("webhook.again")}</button>
        </div>`;
      },
    });
  }
  return html`<${Sheet} title=${t("operations.webhooks")}>
    <${Shown} read=${read}>${(/** @type {any} */ body) => (body.items.length ? html`<${Table} caption=${t("operations.webhooks")} columns=${columns} rows=${body.items} />` : html`<${Empty} />`)}</${Shown}>
    ${open.value && html`<${Deliveries} id=${open.value} key=${open.value} />`}
    ${command.value && html`<${Command} command=${command.value} onDone=${(/** @type {any} */ answer) => (after.value = answer.position)} onClose=${() => (command.value = null)} />`}
  </${Sheet}>`;
}

/** @param {string} path @returns {import("./command.js").Wanted} */
function again(path) {
  return {
    title: t("webhook.again"),
    method: "POST",
    path: `${path}/redeliveries`,
    fields: [
      { name: "first", label: t("webhook.first"), kind: "number", required: true },
      { name: "last", label: t("webhook.last"), kind: "number" },
    ],
    body: ({ first, last }) => ({ first: Number(first), ...(last && { last: Number(last) }) }),
  };
}

/** @param {{ id: string }} props */
function Deliveries({ id }) {
  const read = useRead(`/v1/webhooks/${id}/deliveries`, { limit: 100 });
  /** @type {import("./table.js").Column[]} */
  const columns = [
    { title: t("event.position"), figures: true, cell: (row) => row.event_position && `#${row.event_position}` },
    { title: t("webhook.ended"), cell: (row) => html`<${Badge} tone=${row.error ? "bad" : "good"} title=${row.error}>${row.status ?? row.error ?? "–"}</${Badge}>` },
    { title: t("refused.when"), cell: (row) => html`<${Time} at=${row.at} precision="second" />` },
    { title: t("webhook.next"), cell: (row) => html`<${Time} at=${row.next_try} precision="second" />` },
  ];
  return html`<${Shown} read=${read}>${(/** @type {any} */ body) =>
    body.items.length ? html`<${Table} caption=${t("webhook.deliveries")} columns=${columns} rows=${body.items} id=${(/** @type {any} */ row) => row.number} />` : html`<${Empty} />`}</${Shown}>`;
}

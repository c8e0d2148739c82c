// The receipt of an erasure: who asked for it, what was erased, which keys are destroyed, and which read models confirm it.
// @ts-check

import { number } from "../core/format.js";
import { useRead } from "../core/reading.js";
import { may } from "../core/session.js";
import { html } from "../core/view.js";
import { t, word } from "../core/words.js";
import { Badge, Heading, Pairs, Sheet } from "../parts/pieces.js";
import { Failed, Shown } from "../parts/states.js";
import { Table } from "../parts/table.js";
import { Time } from "../parts/time.js";

const LISTS = /** @type {Record<string, string>} */ ({ customer: "customers", lead: "leads" });

/** @param {{ kind: string, id: string }} props what was erased: a customer or a lead */
export function Page({ kind, id }) {
  const read = useRead(kind in LISTS ? `/v1/${LISTS[kind]}/${id}/erasure` : null);
  if (!(kind in LISTS)) return html`<${Failed} title=${t("state.no-page")} />`;
  return html`<${Shown} read=${read}>${(/** @type {any} */ receipt) => html`<${Receipt} receipt=${receipt} kind=${kind} id=${id} />`}</${Shown}>`;
}

/** @param {{ receipt: any, kind: string, id: string }} props */
function Receipt({ receipt, kind, id }) {
  const position = `#${number(receipt.position)}`;
  return html`
    <${Heading} title=${t("erasure.title")}>
      <p class="soft">${word("thing", kind)} · <code>${id}</code> <${Badge} tone=${receipt.complete ? "good" : "warn"}>${t(receipt.complete ? "erasure.complete" : "erasure.incomplete")}</${Badge}></p>
    </${Heading}>
    <div class="sheets">
      <${Sheet} title=${t("erasure.receipt")}>
        <${Pairs} pairs=${[
          [t("erasure.receipt"), html`<code>${receipt.receipt}</code>`],
          [t("erasure.requested_by"), word("requester", receipt.requested_by)],
          [t("erasure.reason"), word("erasure-reason", receipt.reason)],
          [t("erasure.when"), html`<${Time} at=${receipt.occurred_at} precision="second" />`],
          [t("event.recorded"), html`<${Time} at=${receipt.recorded_at} precision="second" />`],
          [t("erasure.by"), html`${receipt.actor.type} <code>${receipt.actor.id}</code>${receipt.on_behalf_of && ` → ${receipt.on_behalf_of}`}`],
          [t("erasure.fact"), may("events:read") ? html`<a href=${`/events/${receipt.position}`}>${position}</a>` : position],
        ]} />
      </${Sheet}>
      <${Sheet} title=${t("erasure.subjects")}>
        <p class="soft">${t("erasure.what")}</p>
        <${Table} caption=${t("erasure.subjects")} rows=${receipt.subjects} columns=${[
          { title: t("erasure.kind"), cell: (/** @type {any} */ row) => word("thing", row.kind) },
          { title: t("event.subject"), cell: (/** @type {any} */ row) => html`<code>${row.id}</code>` },
          { title: t("erasure.key"), cell: (/** @type {any} */ row) => html`<${Badge} tone=${row.key_destroyed ? "good" : "bad"}>${t(row.key_destroyed ? "erasure.destroyed" : "erasure.kept")}</${Badge}>` },
        ]} />
      </${Sheet}>
      <${Sheet} title=${t("erasure.models")} wide>
        <${Table} caption=${t("erasure.models")} rows=${receipt.read_models} id=${(/** @type {any} */ row) => row.name} columns=${[
          { title: t("recount.model"), cell: (/** @type {any} */ row) => row.name },
          { title: t("operations.complete"), figures: true, cell: (/** @type {any} */ row) => `#${number(row.complete_to)}` },
          { title: t("operations.state"), cell: (/** @type {any} */ row) => html`<${Badge} tone=${row.purged ? "good" : "warn"}>${t(row.purged ? "erasure.purged" : "erasure.waiting")}</${Badge}>` },
        ]} />
      </${Sheet}>
    </div>
  `;
}

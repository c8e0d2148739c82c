// Dead letters: events that a read model could not fold. They are seen, tried again, or given up.
// @ts-check

import { refusal, send } from "../core/api.js";
import { useRead } from "../core/reading.js";
import { may } from "../core/session.js";
import { html, useSignal } from "../core/view.js";
import { t } from "../core/words.js";
import { Sheet } from "./pieces.js";
import { Empty, Refusal, Shown } from "./states.js";
import { Table } from "./table.js";

export function DeadLetters() {
  const turn = useSignal(0);
  const refused = useSignal(/** @type {import("../core/api.js").Refused | null} */ (null));
  const read = useRead("/v1/operations/dead-letters", {}, turn.value);

  /** @param {string} path */
  async function act(path) {
    refused.value = null;
    try {
      await send("POST", path);
    } catch (error) {
      refused.value = refusal(error);
    }
    turn.value += 1;
  }

  /** @type {import("./table.js").Column[]} */
  const columns = [
    { title: t("event.position"), figures: true, cell: (row) => (may("events:read") ? html`<a href=${`/events/${row.position}`}>#${row.position}</a>` : `#${row.position}`) },
    { title: t("recount.model"), cell: (row) => row.projection },
    { title: t("event.type"), cell: (row) => html`<code>${row.type}</code>` },
    { title: t("letter.error"), cell: (row) => row.error },
    { title: t("letter.tries"), figures: true, cell: (row) => row.tries },
  ];
  if (may("operations:act")) {
    columns.push({
      title: t("command.title"),
      cell: ({ projection, position, subject }) => html`<div class="actions">
        <button onClick=${() => act(`/v1/operations/dead-letters/${projection}/retry?subject=${subject}`)}>${t("letter.retry")}</button>
        <button onClick=${() => act(`/v1/operations/dead-letters/${projection}/${position}/discard`)}>${t("letter.discard")}</button>
      </div>`,
    });
  }
  return html`<${Sheet} title=${t("letter.title")}>
    ${refused.value && html`<${Refusal} refused=${refused.value} />`}
    <${Shown} read=${read}>${(/** @type {any} */ body) =>
      body.items.length
        ? html`<${Table} caption=${t("letter.title")} columns=${columns} rows=${body.items} id=${(/** @type {any} */ row) => `${row.projection} ${row.position}`} />`
        : html`<${Empty} text=${t("letter.none")} />`}</${Shown}>
  </${Sheet}>`;
}

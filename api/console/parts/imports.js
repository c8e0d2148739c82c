// Imports: a file and its mapping are sent; rows are counted as they are imported, and each refused row says why.
// @ts-check

import { ask, refusal } from "../core/api.js";
import { number } from "../core/format.js";
import { me } from "../core/session.js";
import { html, useSignal } from "../core/view.js";
import { t } from "../core/words.js";
import { Badge, Pairs, Sheet } from "./pieces.js";
import { Progress, useJob } from "./recount.js";
import { Refusal } from "./states.js";
import { Table } from "./table.js";

const COUNTS = ["rows", "accepted", "repeated", "refused", "skipped"];

export function Imports() {
  const link = useSignal(/** @type {string | null} */ (null));
  const refused = useSignal(/** @type {import("../core/api.js").Refused | null} */ (null));
  const begun = useJob(link.value);

  /** @param {SubmitEvent} event */
  async function submit(event) {
    event.preventDefault();
    refused.value = null;
    const headers = { "X-CSRF-Token": me.value?.csrf_token ?? "" };
    const body = new FormData(/** @type {HTMLFormElement} */ (event.currentTarget));
    try {
      link.value = `/v1/imports/${(await ask("/v1/imports", { method: "POST", headers, body })).body.id}`;
    } catch (error) {
      refused.value = refusal(error);
    }
  }

  const report = begun?.report;
  return html`<${Sheet} title=${t("imports.title")}>
    <form class="filters" onSubmit=${submit}>
      <label>${t("imports.mapping")}<input type="file" name="mapping" accept=".toml" required /></label>
      <label>${t("imports.file")}<input type="file" name="file" accept=".csv,.txt" required /></label>
      <button class="main" disabled=${begun?.state === "running"}>${t("imports.begin")}</button>
    </form>
    ${refused.value && html`<${Refusal} refused=${refused.value} />`}
    <div aria-live="polite">
      ${begun?.state === "running" && html`<${Progress} job=${{ done: begun.rows_done, total: begun.rows }} />`}
      ${begun?.error && html`<p class="bad">${begun.error}</p>`}
      ${begun?.state === "completed" && html`<${Badge} tone="good">${t("job.completed")}</${Badge}>`}
    </div>
    ${report && html`<${Pairs} pairs=${COUNTS.filter((name) => report[name] != null).map((name) => [t(`imports.${name}`), number(report[name])])} />`}
    ${report?.refusals?.length > 0 && html`<${Refusals} rows=${report.refusals} />`}
  </${Sheet}>`;
}

/** @param {{ rows: any[] }} props */
function Refusals({ rows }) {
  /** @type {import("./table.js").Column[]} */
  const columns = [
    { title: t("imports.line"), figures: true, cell: (row) => number(row.line) },
    { title: t("imports.column"), cell: (row) => row.column || row.field },
    { title: t("refused.why"), cell: (row) => row.reason },
  ];
  return html`<${Table} caption=${t("imports.refused")} columns=${columns} rows=${rows} id=${(/** @type {any} */ row) => `${row.line} ${row.rule}`} />`;
}

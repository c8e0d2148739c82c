// The read models: how far each is, how far behind, and one rebuilt while its old rows still answer.
// @ts-check

import { refusal, send } from "../core/api.js";
import { number } from "../core/format.js";
import { may } from "../core/session.js";
import { html, useSignal } from "../core/view.js";
import { t, word } from "../core/words.js";
import { Badge, Sheet } from "./pieces.js";
import { Progress, useJob } from "./recount.js";
import { Refusal } from "./states.js";
import { Table } from "./table.js";

/** @param {{ models: any[] }} props as `/v1/status` has them */
export function ReadModels({ models }) {
  const link = useSignal(/** @type {string | null} */ (null));
  const chosen = useSignal("");
  const refused = useSignal(/** @type {import("../core/api.js").Refused | null} */ (null));
  const job = useJob(link.value);
  const running = job?.state === "running";

  /** @param {string} projection */
  async function rebuild(projection) {
    refused.value = null;
    try {
      const { body } = await send("POST", "/v1/operations/rebuilds", { projection });
      chosen.value = projection;
      link.value = `/v1/operations/rebuilds/${body.id}`;
    } catch (error) {
      refused.value = refusal(error);
    }
  }

  /** @type {import("./table.js").Column[]} */
  const columns = [
    { title: t("recount.model"), cell: (row) => row.name },
    { title: t("operations.state"), cell: (row) => html`<${Badge} tone=${row.state === "live" ? "good" : "bad"} title=${row.reason}>${word("model", row.state)}</${Badge}>` },
    { title: t("operations.complete"), figures: true, cell: (row) => `#${number(row.complete_to)}` },
    { title: t("operations.lag"), figures: true, cell: (row) => number(row.lag) },
    { title: t("letter.title"), figures: true, cell: (row) => number(row.dead_letters) },
  ];
  if (may("operations:act")) {
    columns.push({
      title: t("command.title"),
      cell: (row) => html`<div class="actions" aria-live="polite">
        ${row.name === chosen.value && job && html`<${Rebuild} job=${job} />`}
        ${!(row.name === chosen.value && running) && html`<button disabled=${running} onClick=${() => rebuild(row.name)}>${t("operations.rebuild")}<span class="hidden"> ${row.name}</span></button>`}
      </div>`,
    });
  }
  return html`<${Sheet} title=${t("operations.models")}>
    ${refused.value && html`<${Refusal} refused=${refused.value} />`}
    <${Table} caption=${t("operations.models")} columns=${columns} rows=${models} id=${(/** @type {any} */ row) => row.name} />
  </${Sheet}>`;
}

/** How a rebuild is going, or how it ended. @param {{ job: any }} props */
function Rebuild({ job }) {
  if (job.state === "running") return html`<${Progress} job=${job} />`;
  if (job.state === "failed") return html`<span class="bad">${job.error}</span>`;
  const { same, seconds } = job.result;
  const how = same ? "same" : same == null ? "unknown" : "different";
  return html`<span><${Badge} tone=${same === false ? "warn" : "good"}>${t(`operations.rebuilt.${how}`)}</${Badge}> <span class="soft">${t("operations.took", { n: number(seconds, 1) })}</span></span>`;
}

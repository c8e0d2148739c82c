// "Recount it": a read model is counted again from the log, with progress, both digests, and the first difference if there is one.
// @ts-check

import { get, refusal, send } from "../core/api.js";
import { number, share } from "../core/format.js";
import { useRead } from "../core/reading.js";
import { may } from "../core/session.js";
import { html, useEffect, useSignal } from "../core/view.js";
import { t } from "../core/words.js";
import { Badge, Sheet } from "./pieces.js";
import { Refusal, Shown } from "./states.js";
import { Table } from "./table.js";
import { Ago } from "./time.js";
import { Value } from "./value.js";

const PAUSE = 400; // Milliseconds between two looks at a job.

/** A job, followed until it ends. @param {string | null} link */
export function useJob(link) {
  const job = useSignal(/** @type {any} */ (null));
  useEffect(() => {
    if (!link) return;
    let current = true;
    async function look() {
      while (current) {
        const { body } = await get(/** @type {string} */ (link));
        if (current) job.value = body;
        if (body.state !== "running") return;
        await new Promise((resolve) => setTimeout(resolve, PAUSE));
      }
    }
    look().catch((error) => current && (job.value = { state: "failed", error: String(error.message ?? error), done: 0, total: 0 }));
    return () => void (current = false);
  }, [link]);
  return job.value;
}

/** @param {{ job: any }} props */
export function Progress({ job }) {
  const part = job.total ? job.done / job.total : 0;
  return html`<span class="badges"><progress value=${part} max="1" aria-label=${t("job.progress")}></progress> ${share(part)} <span class="soft">${number(job.done)} / ${number(job.total)}</span></span>`;
}

export function Recount() {
  const link = useSignal(/** @type {string | null} */ (null));
  const refused = useSignal(/** @type {import("../core/api.js").Refused | null} */ (null));
  const job = useJob(link.value);
  const known = useRead("/v1/operations/recounts", {}, job?.state === "completed" ? link.value : null);

  /** @param {string | null} projection none: all of them */
  async function begin(projection) {
    refused.value = null;
    try {
      const { body } = await send("POST", "/v1/operations/rebuilds", { check: true, ...(projection && { projection }) });
      link.value = `/v1/operations/rebuilds/${body.id}`;
    } catch (error) {
      refused.value = refusal(error);
    }
  }

  const running = job?.state === "running";
  const allowed = may("operations:check");
  /** @type {import("./table.js").Column[]} */
  const columns = [
    { title: t("recount.model"), cell: (row) => row.projection },
    { title: t("recount.result"), cell: (row) => row.at ? html`<${Badge} tone=${row.same ? "good" : row.same == null ? "plain" : "bad"}>${t(row.same ? "recount.same" : row.same == null ? "recount.unknown" : "recount.different")}</${Badge}>` : html`<span class="soft">${t("recount.never")}</span>` },
    { title: t("recount.when"), cell: (row) => row.at && html`<${Ago} at=${row.at} />` },
    { title: t("event.position"), figures: true, cell: (row) => row.position && `#${number(row.position)}` },
    { title: t("recount.live"), cell: (row) => row.live && html`<code title=${row.live}>${row.live.slice(0, 12)}</code>` },
    { title: t("recount.rebuilt"), cell: (row) => row.rebuilt && html`<code title=${row.rebuilt}>${row.rebuilt.slice(0, 12)}</code>` },
    { title: t("recount.difference"), cell: (row) => row.difference && html`<${Value} value=${row.difference} />` },
  ];
  if (allowed) columns.push({ title: t("command.title"), cell: (row) => html`<button disabled=${running} onClick=${() => begin(row.projection)}>${t("recount.do")}<span class="hidden"> ${row.projection}</span></button>` });
  return html`<${Sheet} title=${t("recount.title")} aside=${allowed && html`<button class="main" disabled=${running} onClick=${() => begin(null)}>${t("recount.all")}</button>`}>
    <p class="soft">${t("recount.what")}</p>
    ${refused.value && html`<${Refusal} refused=${refused.value} />`}
    <div aria-live="polite">
      ${running && html`<${Progress} job=${job} />`}
      ${job?.state === "completed" && html`<${Badge} tone="good">${t("job.completed")}</${Badge}>`}
      ${job?.state === "failed" && html`<p class="bad">${job.error}</p>`}
    </div>
    <${Shown} read=${known}>${(/** @type {any} */ body) => html`
      <${Table} caption=${t("recount.title")} columns=${columns} id=${(/** @type {any} */ row) => row.projection}
        rows=${[...body.items, ...body.never.map((/** @type {string} */ projection) => ({ projection }))]} />
    `}</${Shown}>
  </${Sheet}>`;
}

// The jobs of the server: rebuilds, checks, verifications, imports. They are begun here and watched, and each shows its result.
// @ts-check

import { refusal, send } from "../core/api.js";
import { useRead } from "../core/reading.js";
import { may } from "../core/session.js";
import { html, useEffect, useSignal } from "../core/view.js";
import { t, word } from "../core/words.js";
import { Commands } from "./command.js";
import { Badge, Sheet } from "./pieces.js";
import { Progress } from "./recount.js";
import { Empty, Refusal, Shown } from "./states.js";
import { Table } from "./table.js";
import { Ago } from "./time.js";
import { Value } from "./value.js";

const EVERY = 700; // Milliseconds between two looks while a job runs.
const TONES = /** @type {Record<string, "good" | "bad" | "warn">} */ ({ completed: "good", failed: "bad", running: "warn" });

/** @param {{ again: number }} props the jobs are read again when it changes */
export function Jobs({ again }) {
  const turn = useSignal(0);
  const open = useSignal("");
  const refused = useSignal(/** @type {import("../core/api.js").Refused | null} */ (null));
  const read = useRead("/v1/operations/jobs", {}, `${turn.value} ${again}`);
  const running = read.answer?.body.items.some((/** @type {any} */ job) => job.state === "running");
  useEffect(() => {
    if (!running) return;
    const timer = setTimeout(() => (turn.value += 1), EVERY);
    return () => clearTimeout(timer);
  }, [running, turn.value, read.answer]);

  async function rebuild() {
    refused.value = null;
    try {
      await send("POST", "/v1/operations/rebuilds", {});
    } catch (error) {
      refused.value = refusal(error);
    }
    turn.value += 1;
  }

  /** @type {import("./table.js").Column[]} */
  const columns = [
    { title: t("job.kind"), cell: (row) => word("work", row.kind) },
    { title: t("operations.state"), cell: (row) => (row.state === "running" ? html`<${Progress} job=${row} />` : html`<${Badge} tone=${TONES[row.state]}>${word("status", row.state)}</${Badge}>`) },
    { title: t("job.begun"), cell: (row) => html`<${Ago} at=${row.begun_at} />` },
    { title: t("event.actor"), cell: (row) => row.by && html`<code>${row.by}</code>` },
    {
      title: t("job.result"),
      cell: (row) => row.state !== "running" && html`<button aria-expanded=${open.value === row.link} onClick=${() => (open.value = open.value === row.link ? "" : row.link)}>${t("job.result")}</button>`,
    },
  ];
  /** @type {import("./command.js").Wanted[]} */
  const others = ["verifications", "master-key-rotations"].map((name) => ({
    title: t(`job.begin.${name}`),
    method: "POST",
    path: `/v1/operations/${name}`,
    fields: [],
    body: () => undefined,
  }));
  return html`<${Sheet} title=${t("operations.jobs")} aside=${may("operations:act") && html`<div class="actions">
    <button disabled=${running} onClick=${rebuild}>${t("job.rebuild-all")}</button>
    <${Commands} commands=${others} onDone=${() => (turn.value += 1)} />
  </div>`}>
    ${refused.value && html`<${Refusal} refused=${refused.value} />`}
    <${Shown} read=${{ ...read, loading: false }}>${(/** @type {any} */ body) =>
      body.items.length ? html`<${Table} caption=${t("operations.jobs")} columns=${columns} rows=${body.items} />` : html`<${Empty} text=${t("job.none")} />`}</${Shown}>
    ${open.value && html`<${Result} key=${open.value} link=${open.value} />`}
  </${Sheet}>`;
}

/** How a job ended. @param {{ link: string }} props */
function Result({ link }) {
  return html`<${Shown} read=${useRead(link)}>${(/** @type {any} */ job) =>
    job.error ? html`<p class="bad">${job.error}</p>` : html`<${Value} value=${job.result ?? job.report} />`}</${Shown}>`;
}

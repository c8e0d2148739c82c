// Takes an answer along: as a request for the command line, or as a CSV file.
// @ts-check

import { html, useSignal } from "../core/view.js";
import { t } from "../core/words.js";

/** @param {{ path: string, name: string }} props */
export function Copies({ path, name }) {
  const copied = useSignal(false);
  const failed = useSignal(false);

  async function copy() {
    await navigator.clipboard.writeText(`curl -H "Authorization: Bearer $RECOUNT_KEY" '${location.origin}${path}'`);
    copied.value = true;
    setTimeout(() => (copied.value = false), 2000);
  }

  async function save() {
    const answer = await fetch(path, { headers: { Accept: "text/csv" } });
    failed.value = !answer.ok;
    if (!answer.ok) return;
    const link = document.createElement("a");
    link.href = URL.createObjectURL(await answer.blob());
    link.download = `${name}.csv`;
    link.click();
    URL.revokeObjectURL(link.href);
  }

  return html`<div class="actions">
    <button onClick=${copy}>${t(copied.value ? "copies.copied" : "copies.curl")}</button>
    <button onClick=${save}>${t(failed.value ? "state.refused" : "copies.csv")}</button>
  </div>`;
}

// Commands on one row of a thing, as small buttons with short names. A screen reader hears the whole title.
// @ts-check

import { html, useSignal } from "../core/view.js";
import { Command } from "./command.js";

/** @typedef {import("./command.js").Wanted} Wanted */

/** @param {{ commands: [string, Wanted][], onDone: (answer: any) => void }} props */
export function RowCommands({ commands, onDone }) {
  const open = useSignal(/** @type {Wanted | null} */ (null));
  return html`<span class="row-commands">
    ${commands.map(([name, command]) => html`<button key=${name} class="quiet" aria-label=${command.title} onClick=${() => (open.value = command)}>${name}</button>`)}
    ${open.value && html`<${Command} command=${open.value} onDone=${onDone} onClose=${() => (open.value = null)} />`}
  </span>`;
}

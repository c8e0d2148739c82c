// A part of a page that is read only when the reader opens it.
// @ts-check

import { html, useSignal } from "../core/view.js";
import { Careful } from "./states.js";

/** @param {{ title: string, children: () => any }} props */
export function Opened({ title, children }) {
  const open = useSignal(false);
  return html`<details class="opened" onToggle=${(/** @type {any} */ event) => (open.value = event.currentTarget.open)}>
    <summary>${title}</summary>
    ${open.value && html`<div class="inside"><${Careful}>${children()}</${Careful}></div>`}
  </details>`;
}

// The reader's choice of a list's columns, behind one button. Escape, or leaving it, closes it.
// @ts-check

import { html, useRef, useSignal } from "../core/view.js";
import { t } from "../core/words.js";

/** @param {{ columns: ReturnType<typeof import("../core/columns.js").chosen> }} props */
export function ColumnChoice({ columns }) {
  const choice = useRef(/** @type {HTMLDetailsElement | null} */ (null));
  const open = useSignal(false);
  const close = () => choice.current?.removeAttribute("open");
  /** @param {KeyboardEvent} event */
  function onKey(event) {
    if (event.key !== "Escape" || !open.value) return;
    close();
    choice.current?.querySelector("summary")?.focus();
  }

  /** @param {FocusEvent} event */
  function onLeave(event) {
    if (!choice.current?.contains(/** @type {Node | null} */ (event.relatedTarget))) close();
  }

  return html`<details class="choice" ref=${choice} onKeyDown=${onKey} onFocusOut=${onLeave} onToggle=${(/** @type {any} */ event) => (open.value = event.currentTarget.open)}>
    <summary>${t("columns.title")}</summary>
    ${open.value && html`<div tabindex="-1">${columns.hideable.map((column) => html`<label class="inline" key=${column.name}>
      <input type="checkbox" checked=${columns.shown.includes(column)} onChange=${(/** @type {any} */ event) => columns.choose(column, event.currentTarget.checked)} />${column.title}
    </label>`)}</div>`}
  </details>`;
}

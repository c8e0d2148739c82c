// Commands that are needed less often, behind one button. The browser closes the list on Escape and on a click beside it.
// @ts-check

import { html, useRef, useSignal } from "../core/view.js";

const GAP = 4; // Pixels between the button and its list, and to the edge of the window.
let made = 0;

/** @param {{ title: string, commands: import("./command.js").Wanted[], onChoose: (command: import("./command.js").Wanted) => void }} props */
export function Menu({ title, commands, onChoose }) {
  const id = useSignal(`menu-${++made}`);
  const button = useRef(/** @type {HTMLButtonElement | null} */ (null));
  const list = useRef(/** @type {HTMLElement | null} */ (null));
  const close = () => list.current?.hidePopover();

  /** The list lies above everything else, below its button or, where there is no room, above it. @param {any} event */
  function place(event) {
    const [anchor, own] = [button.current?.getBoundingClientRect(), list.current];
    if (event.newState !== "open" || !anchor || !own) return;
    const below = anchor.bottom + GAP + own.offsetHeight <= innerHeight || anchor.top < own.offsetHeight + GAP;
    own.style.top = `${below ? anchor.bottom + GAP : anchor.top - GAP - own.offsetHeight}px`;
    own.style.left = `${Math.max(GAP, Math.min(anchor.left, innerWidth - own.offsetWidth - GAP))}px`;
    addEventListener("scroll", close, { capture: true, once: true });
  }

  return html`
    <button ref=${button} type="button" class="menu" popovertarget=${id.value}>${title}</button>
    <ul ref=${list} id=${id.value} popover="auto" class="choices" onToggle=${place}>
      ${commands.map((command) => html`<li key=${command.title}><button onClick=${() => (close(), onChoose(command))}>${command.title}</button></li>`)}
    </ul>
  `;
}

// Commands that are needed less often, behind one button. The browser closes the list on Escape and on a click beside it.
// @ts-check

import { html, useEffect, useRef, useSignal } from "../core/view.js";

const GAP = 4; // Pixels between the button and its list, and to the edge of the window.
let made = 0;

/** @param {{ title: string, commands: import("./command.js").Wanted[], disabled?: boolean, onChoose: (command: import("./command.js").Wanted) => void }} props */
export function Menu({ title, commands, disabled, onChoose }) {
  const id = useSignal(`menu-${++made}`);
  const button = useRef(/** @type {HTMLButtonElement | null} */ (null));
  const list = useRef(/** @type {HTMLElement | null} */ (null));
  const open = useSignal(false);
  const close = () => list.current?.hidePopover();

  /** The list lies above everything else, below its button or, where there is no room, above it. */
  function place() {
    const [anchor, own] = [button.current?.getBoundingClientRect(), list.current];
    if (!anchor || !own) return;
    const below = anchor.bottom + GAP + own.offsetHeight <= innerHeight || anchor.top < own.offsetHeight + GAP;
    own.style.top = `${below ? anchor.bottom + GAP : anchor.top - GAP - own.offsetHeight}px`;
    own.style.left = `${Math.max(GAP, Math.min(anchor.left, innerWidth - own.offsetWidth - GAP))}px`;
  }

  /** While it is open, it stays at its button, also when the page moves under it. */
  useEffect(() => {
    if (!open.value) return;
    place();
    addEventListener("scroll", place, true);
    return () => removeEventListener("scroll", place, true);
  }, [open.value]);

  return html`
    <button ref=${button} type="button" class="menu" aria-disabled=${disabled || undefined} popovertarget=${disabled ? undefined : id.value}>${title}</button>
    <ul ref=${list} id=${id.value} popover="auto" class="choices" onToggle=${(/** @type {any} */ event) => (open.value = event.newState === "open")}>
      ${commands.map((command) => html`<li key=${command.title}><button onClick=${() => (close(), onChoose(command))}>${command.title}</button></li>`)}
    </ul>
  `;
}

// How a ticket stands: its status, and the promises that it has broken.
// @ts-check

import { html } from "../core/view.js";
import { t, word } from "../core/words.js";
import { Badge } from "./pieces.js";

const TONES = /** @type {Record<string, "good" | "warn">} */ ({ new: "warn", open: "warn", solved: "good", closed: "good" });

/** @param {{ ticket: any }} props */
export function TicketStatus({ ticket }) {
  const late = Object.keys(ticket.breaches ?? {}).length > 0;
  return html`<span class="badges">
    <${Badge} tone=${TONES[ticket.status]}>${ticket.status_label ?? word("status", ticket.status)}</${Badge}>
    ${late && html`<${Badge} tone="bad">${t("ticket.late")}</${Badge}>`}
    ${ticket.discarded && html`<${Badge}>${word("discarded", ticket.discarded)}</${Badge}>`}
  </span>`;
}

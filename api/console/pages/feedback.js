// One piece of feedback, at any moment: what was said, and what was done about it.
// @ts-check

import { may } from "../core/session.js";
import { html } from "../core/view.js";
import { t, word } from "../core/words.js";
import { About, Link } from "../parts/about.js";
import { feedbackCommands } from "../parts/commands/feedback.js";
import { Badge, Pairs, Sheet } from "../parts/pieces.js";
import { Empty } from "../parts/states.js";
import { Thing } from "../parts/thing.js";
import { Time } from "../parts/time.js";
import { Value } from "../parts/value.js";
import { TONES, score } from "./feedback_list.js";

/** @param {{ id: string }} props */
export function Page({ id }) {
  return html`<${Thing} path=${`/v1/feedback/${id}`} title=${(/** @type {any} */ feedback) => word("feedback", feedback.kind)}
    badges=${(/** @type {any} */ feedback) => html`<${Badge} tone=${TONES[feedback.status]}>${word("status", feedback.status)}</${Badge}>`}
    commands=${may("feedback:write") ? feedbackCommands : undefined}>
    ${(/** @type {any} */ feedback, /** @type {import("../parts/thing.js").Seen} */ seen) => html`
      <${Sheet} title=${t("feedback.said")}><${Said} feedback=${feedback} /></${Sheet}>
      <${Sheet} title=${t("feedback.about")}>
        <${Pairs} changed=${seen.changed} pairs=${[
          [t("page.customer"), feedback.customer_id && html`<${Link} kind="customer" id=${feedback.customer_id} />`, "customer_id"],
          [t("order.channel"), feedback.channel && word("channel", feedback.channel), "channel"],
          [t("ticket.agent"), feedback.agent, "agent"],
          [t("feedback.requested"), feedback.requested_at && html`<${Time} at=${feedback.requested_at} />`, "requested_at"],
          [t("feedback.submitted"), feedback.submitted_at && html`<${Time} at=${feedback.submitted_at} />`, "submitted_at"],
          [t("feedback.acknowledged"), feedback.acknowledged_at && html`<${Time} at=${feedback.acknowledged_at} />`, "acknowledged_at"],
          [t("feedback.ended"), feedback.ended_at && html`<${Time} at=${feedback.ended_at} /> <span class="soft">${feedback.end_code}</span>`, "ended_at"],
          [t("ticket.solution"), feedback.private?.resolution, "private"],
          [t("things.about"), feedback.about.length > 0 && html`<${About} about=${feedback.about} />`, "about"],
          [t("customer.owner"), feedback.owner, "owner"],
          [t("ticket.team"), feedback.team, "team"],
          [t("customer.tags"), feedback.tags.join(", "), "tags"],
          [t("customer.attributes"), html`<${Value} value=${feedback.attributes} />`, "attributes"],
        ]} />
      </${Sheet}>
      <${Sheet} title=${t("feedback.actions")}><${Actions} feedback=${feedback} /></${Sheet}>
    `}
  </${Thing}>`;
}

/** @param {{ feedback: any }} props */
function Said({ feedback }) {
  if (!feedback.submitted_at) return html`<${Empty} text=${t("feedback.waiting")} />`;
  const comment = feedback.private?.comment;
  return html`
    ${feedback.score != null && html`<p class="score">${score(feedback)}</p>`}
    <p class="prose">${comment ?? html`<span class="none">${t(may("personal:read") ? "feedback.silent" : "state.unseen")}</span>`}</p>
  `;
}

/** @param {{ feedback: any }} props */
function Actions({ feedback }) {
  if (!feedback.actions.length) return html`<${Empty} text=${t("feedback.no-actions")} />`;
  const notes = feedback.private?.notes ?? {};
  return html`<ol class="talk">${feedback.actions.map(
    (/** @type {any} */ action) => html`<li key=${action.position}><p class="soft"><${Time} at=${action.taken_at} /> ${action.code && html`<${Badge}>${action.code}</${Badge}>`}</p>${notes[action.position] && html`<p>${notes[action.position]}</p>`}</li>`,
  )}</ol>`;
}

// All feedback: complaints, praise, answers to surveys, and those who were asked.
// @ts-check

import { go } from "../core/address.js";
import { may } from "../core/session.js";
import { html } from "../core/view.js";
import { t, word } from "../core/words.js";
import { Commands } from "../parts/command.js";
import { KINDS, newFeedback } from "../parts/commands/feedback.js";
import { choices } from "../parts/commands/shared.js";
import { ListPage } from "../parts/list_page.js";
import { Badge } from "../parts/pieces.js";
import { Time } from "../parts/time.js";

const STATUSES = ["requested", "submitted", "acknowledged", "resolved", "dismissed"];
export const TONES = /** @type {Record<string, "good" | "warn">} */ ({ submitted: "warn", acknowledged: "warn", resolved: "good" });

/** A score with its scale, such as 4 of 1 to 5. @param {any} feedback */
export function score(feedback) {
  if (feedback.score == null) return null;
  const { score, scale_min: min, scale_max: max } = feedback;
  return max == null ? String(score) : html`${score} <span class="soft">${t("feedback.of", { min, max })}</span>`;
}

export function Page() {
  /** @type {import("../parts/list_page.js").Filter[]} */
  const filters = [
    { name: "kind", label: t("feedback.kind"), options: choices("feedback", KINDS) },
    { name: "status", label: t("things.status"), options: choices("status", STATUSES) },
    { name: "open", label: t("feedback.open"), options: [["true", t("choice.yes")], ["false", t("choice.no")]] },
    { name: "score_from", label: t("feedback.score.from"), kind: "text" },
    { name: "score_to", label: t("feedback.score.to"), kind: "text" },
    { name: "channel", label: t("order.channel") },
    { name: "agent", label: t("ticket.agent") },
    { name: "submitted_from", label: t("feedback.from"), kind: "date" },
    { name: "submitted_to", label: t("feedback.to"), kind: "date" },
  ];
  /** @type {import("../parts/table.js").Column[]} */
  const columns = [
    { title: t("feedback.kind"), name: "kind", cell: (row) => word("feedback", row.kind) },
    { title: t("things.status"), name: "status", cell: (row) => html`<${Badge} tone=${TONES[row.status]}>${word("status", row.status)}</${Badge}>` },
    { title: t("feedback.score"), name: "score", figures: true, cell: (row) => score(row) ?? "–" },
    { title: t("feedback.comment"), name: "comment", cell: (row) => html`<span class="one-line">${row.private?.comment ?? "–"}</span>` },
    { title: t("order.customer"), name: "customer", cell: (row) => row.customer_id && html`<a href=${`/customers/${row.customer_id}`}>${t("page.customer")}</a>` },
    { title: t("ticket.agent"), name: "agent", cell: (row) => row.agent ?? "–" },
    { title: t("feedback.requested"), name: "requested_at", sort: "requested_at", cell: (row) => html`<${Time} at=${row.requested_at} precision="day" />` },
    { title: t("feedback.submitted"), name: "submitted_at", sort: "submitted_at", cell: (row) => html`<${Time} at=${row.submitted_at} precision="day" />` },
  ];
  return html`<${ListPage} title=${t("page.feedback")} path="/v1/feedback" views="feedback" filters=${filters} columns=${columns} sort="-occurred_at"
    href=${(/** @type {any} */ row) => `/feedback/${row.id}`}
    aside=${may("feedback:write") && html`<${Commands} commands=${newFeedback()} onDone=${(/** @type {any} */ answer) => go(`/feedback/${answer.body.id}`)} />`} />`;
}

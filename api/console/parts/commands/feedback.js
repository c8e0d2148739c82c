// What a reader can do with feedback: complaints, praise, surveys.
// @ts-check

import { t } from "../../core/words.js";
import { annotations, choices, offered } from "./shared.js";

/** @typedef {import("../command.js").Wanted} Wanted */
/** @typedef {import("../field_values.js").Field} Field */

export const KINDS = ["complaint", "praise", "suggestion", "csat", "nps", "ces"];

/** @param {any} [asked] the request that is answered @returns {Field[]} */
function asking(asked) {
  return [
    { name: "kind", label: t("feedback.kind"), kind: "select", options: choices("feedback", KINDS), value: asked?.kind },
    ...(asked ? [] : [/** @type {Field} */ ({ name: "customer_id", label: t("order.customer"), kind: "customer", hint: t("feedback.customer.hint") })]),
    { name: "channel", label: t("order.channel"), value: asked?.channel ?? "" },
    { name: "agent", label: t("ticket.agent"), value: asked?.agent ?? "", hint: t("feedback.agent.hint") },
  ];
}

/** @param {any} [asked] @returns {Field[]} */
function answering(asked) {
  return [
    ...asking(asked),
    { name: "score", label: t("feedback.score"), kind: "number", hint: t("feedback.score.hint") },
    { name: "min", label: t("feedback.min"), kind: "number", at: "scale/min", hint: t("feedback.scale.hint") },
    { name: "max", label: t("feedback.max"), kind: "number", at: "scale/max" },
    { name: "comment", label: t("feedback.comment"), kind: "textarea" },
  ];
}

/** Scores and their scale are numbers. @param {Record<string, any>} values */
function scored({ score, min, max, ...values }) {
  return { ...values, ...(score && { score: Number(score) }), ...(min && max && { scale: { min: Number(min), max: Number(max) } }) };
}

/** @returns {Wanted[]} */
export function newFeedback() {
  return [
    { title: t("feedback.submit"), what: t("feedback.submit.what"), method: "POST", path: "/v1/feedback", fields: answering(), body: scored },
    { title: t("feedback.request"), what: t("feedback.request.what"), method: "POST", path: "/v1/feedback/requests", fields: asking() },
  ];
}

/** @param {any} feedback @returns {Wanted[]} */
export function feedbackCommands(feedback) {
  const path = `/v1/feedback/${feedback.id}`;
  const open = ["submitted", "acknowledged"].includes(feedback.status);
  const code = /** @type {Field} */ ({ name: "code", label: t("ticket.code"), hint: t("feedback.code.hint") });
  return [
    ...offered([
      feedback.status === "requested" && { title: t("feedback.answer"), method: "POST", path: `${path}/submission`, fields: answering(feedback), body: scored },
      feedback.status === "submitted" && { title: t("feedback.acknowledge"), method: "POST", path: `${path}/acknowledgement`, fields: [] },
      open && {
        title: t("feedback.act"),
        method: "POST",
        path: `${path}/actions`,
        fields: [code, { name: "note", label: t("command.note"), kind: "textarea", hint: t("feedback.note.hint") }],
      },
      open && {
        title: t("feedback.resolve"),
        method: "POST",
        path: `${path}/resolution`,
        fields: [code, { name: "resolution", label: t("ticket.resolution"), kind: "textarea" }],
      },
      open && {
        title: t("feedback.dismiss"),
        what: t("feedback.dismiss.what"),
        method: "POST",
        path: `${path}/dismissal`,
        fields: [{ name: "reason", label: t("command.reason"), required: true, hint: t("command.reason.hint") }],
      },
    ]),
    ...annotations(path, feedback, t("page.feedback-one")),
  ];
}

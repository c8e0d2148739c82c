// What a reader can do with interactions: calls, e-mails, visits.
// @ts-check

import { t } from "../../core/words.js";
import { annotations, choices, cleared, offered, reason } from "./shared.js";

/** @typedef {import("../command.js").Wanted} Wanted */
/** @typedef {import("../field_values.js").Field} Field */

export const CHANNELS = ["phone", "email", "chat", "visit", "meeting", "social", "sms", "note"];
export const DIRECTIONS = ["inbound", "outbound", "internal"];

/** What is said of an interaction. @param {any} [interaction] @returns {Field[]} */
function facts(interaction) {
  const texts = interaction?.private ?? {};
  return [
    { name: "channel", label: t("order.channel"), kind: "select", options: choices("channel", CHANNELS), value: interaction?.channel },
    { name: "direction", label: t("interaction.direction"), kind: "select", options: choices("direction", DIRECTIONS), value: interaction?.direction },
    { name: "agent", label: t("ticket.agent"), value: interaction?.agent ?? "" },
    { name: "minutes", label: t("interaction.minutes"), kind: "decimal", at: "duration_seconds", value: minutes(interaction?.duration_seconds) },
    { name: "title", label: t("ticket.title"), value: texts.title ?? "" },
    { name: "body", label: t("ticket.text"), kind: "textarea", value: texts.body ?? "" },
    { name: "outcome", label: t("interaction.outcome"), value: texts.outcome ?? "" },
  ];
}

/** @param {number | null | undefined} seconds */
function minutes(seconds) {
  return seconds == null ? "" : String(Math.round((seconds / 60) * 100) / 100);
}

/** The API counts seconds. @param {string | undefined} minutes */
function seconds(minutes) {
  return minutes === undefined ? undefined : Math.round(Number(minutes) * 60);
}

/** @param {{ customer?: string, lead?: string }} [who] it was with, if that is known @returns {Wanted} */
export function logInteraction({ customer, lead } = {}) {
  return {
    title: t("interaction.log"),
    method: "POST",
    path: "/v1/interactions",
    fields: [
      ...(lead ? [] : [/** @type {Field} */ ({ name: "customer_id", label: t("order.customer"), kind: "customer", required: true, value: customer ?? "" })]),
      ...facts(),
      { name: "participants", label: t("interaction.participants"), hint: t("interaction.participants.hint") },
      { name: "occurred_at", label: t("command.occurred"), kind: "datetime-local", hint: t("command.occurred.hint") },
    ],
    body: ({ minutes, participants, ...values }) => ({
      ...values,
      ...(lead && { lead_id: lead }),
      ...(minutes && { duration_seconds: seconds(minutes) }),
      ...(participants && { participants: participants.split(",").map((/** @type {string} */ one) => one.trim()).filter(Boolean) }),
    }),
  };
}

/** @param {any} interaction @returns {Wanted[]} */
export function interactionCommands(interaction) {
  const path = `/v1/interactions/${interaction.id}`;
  const kept = !interaction.retracted_at;
  const readable = !interaction.redacted_at && interaction.private;
  const menu = t("page.interaction");
  return [
    ...offered([
      kept && {
        title: t("interaction.correct"),
        method: "PATCH",
        path,
        fields: readable ? facts(interaction) : facts(interaction).slice(0, 4),
        body: ({ minutes: spent, ...values }) => ({
          channel: values.channel,
          direction: values.direction,
          ...cleared(values, readable ? ["agent", "title", "body", "outcome"] : ["agent"]),
          // A duration that the reader did not touch stays exact.
          ...((spent ?? "") !== minutes(interaction.duration_seconds) && { duration_seconds: seconds(spent) ?? null }),
        }),
      },
      !interaction.redacted_at && { title: t("command.redact"), what: t("command.redact.what"), menu, method: "POST", path: `${path}/redaction`, fields: [reason()] },
      kept && { title: t("interaction.retract"), what: t("interaction.retract.what"), menu, method: "POST", path: `${path}/retraction`, fields: [reason()] },
    ]),
    ...annotations(path, interaction, menu),
  ];
}

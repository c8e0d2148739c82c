// What a reader can do with webhooks.
// @ts-check

import { may } from "../core/session.js";
import { t } from "../core/words.js";

/** @returns {import("./command.js").Wanted} */
export function register() {
  return { title: t("webhook.register"), method: "POST", path: "/v1/webhooks", fields: fields(null), body };
}

/** @param {any} webhook @returns {import("./command.js").Wanted[]} */
export function webhookCommands(webhook) {
  const path = `/v1/webhooks/${webhook.id}`;
  const on = { path, body: webhook, tag: `"${webhook.version}"` };
  const move = webhook.status === "active" ? "pause" : "resumption";
  return [
    { title: t("webhook.change"), method: "PUT", path, on, fields: fields(webhook), body: (values) => ({ ...body(values), subjects: webhook.subjects }) },
    { title: t(`campaign.${move}`), method: "POST", path: `${path}/${move}`, on, fields: [] },
    again(webhook),
    {
      title: t("webhook.secret.new"),
      method: "POST",
      path: `${path}/secret`,
      on,
      fields: [{ name: "overlap_hours", label: t("webhook.overlap"), kind: "number", value: "24", hint: t("webhook.overlap.hint") }],
      body: ({ overlap_hours }) => ({ overlap_hours: Number(overlap_hours ?? 24) }),
    },
    { title: t("webhook.remove"), method: "POST", path: `${path}/removal`, on, fields: [] },
  ];
}

/** Sends events of the log again. @param {any} webhook @param {number} [first] @returns {import("./command.js").Wanted} */
export function again(webhook, first) {
  return {
    title: t("webhook.again"),
    method: "POST",
    path: `/v1/webhooks/${webhook.id}/redeliveries`,
    fields: [
      { name: "first", label: t("webhook.first"), kind: "number", required: true, value: first ? String(first) : "" },
      { name: "last", label: t("webhook.last"), kind: "number", hint: t("webhook.last.hint") },
    ],
    body: ({ first, last }) => ({ first: Number(first), ...(last && { last: Number(last) }) }),
  };
}

/** @param {any} webhook none: it is a new one @returns {import("./command.js").Field[]} */
function fields(webhook) {
  /** @type {import("./command.js").Field[]} */
  const every = [
    { name: "url", label: "URL", required: true, value: webhook?.url ?? "", hint: "https://" },
    { name: "types", label: t("event.type"), value: (webhook?.types ?? []).join(", "), hint: t("webhook.types.hint") },
    { name: "irregular", label: t("event.filter.irregular"), value: webhook?.irregular ?? "" },
  ];
  if (may("personal:read")) {
    every.push({ name: "personal", label: t("webhook.personal"), kind: "select", options: [["no", t("word.no")], ["yes", t("word.yes")]], value: webhook?.personal ? "yes" : "no" });
  }
  return every;
}

/** @param {Record<string, string>} values */
function body({ url, types = "", irregular, personal }) {
  const named = types.split(/[,\s]+/).filter(Boolean);
  return { url, types: named, personal: personal === "yes", ...(irregular && { irregular }) };
}

// What a reader can do with a campaign: its plan, how it runs, what it costs.
// @ts-check

import { t } from "../../core/words.js";
import { annotations, choices, cleared, codes, offered, present, reason } from "./shared.js";

/** @typedef {import("../command.js").Wanted} Wanted */
/** @typedef {import("../field_values.js").Field} Field */

const TEXTS = ["strategy", "scheme", "audience"];

/** The fields of a plan, as it stands. @param {any} [campaign] @returns {Field[]} */
function plan(campaign) {
  const texts = campaign?.private;
  /** @type {(Field | false)[]} */
  const fields = [
    { name: "name", label: t("campaign.name"), required: true, value: campaign?.name },
    { name: "channels", label: t("campaign.channels"), hint: t("campaign.channels.hint"), value: campaign?.channels.join(" ") },
    { name: "starts", label: t("campaign.starts"), kind: "date", value: campaign?.starts },
    { name: "ends", label: t("campaign.ends"), kind: "date", value: campaign?.ends },
    { name: "metric", label: t("campaign.goal.metric"), hint: t("campaign.goal.hint"), value: campaign?.goal?.metric, at: "goal/metric" },
    { name: "target", label: t("campaign.goal.target"), kind: "decimal", value: campaign?.goal?.target, at: "goal/target" },
    { name: "holdout_share", label: t("campaign.holdout"), kind: "decimal", hint: t("campaign.holdout.hint"), value: campaign?.holdout_share },
    {
      name: "variants",
      label: t("campaign.variants"),
      hint: t("campaign.variants.hint"),
      kind: "rows",
      rows: campaign?.variants.map((/** @type {any} */ one) => ({ values: { code: one.code, share: one.share ?? "" } })),
      columns: [
        { name: "code", label: t("ticket.code"), required: true },
        { name: "share", label: t("campaign.share"), kind: "decimal" },
      ],
    },
    { name: "attribution_window_days", label: t("campaign.window"), kind: "number", hint: t("campaign.window.hint"), value: campaign?.attribution_window_days },
    (!campaign || campaign.status === "planned") && {
      name: "expected_conversion_difference",
      label: t("campaign.expected"),
      kind: "decimal",
      hint: t("campaign.expected.hint"),
      value: campaign?.expected_conversion_difference,
    },
    ...(!campaign || texts ? TEXTS.map((name) => /** @type {Field} */ ({ name, label: t(`campaign.${name}`), kind: "textarea", value: texts?.[name] })) : []),
  ];
  return present(fields).map((field) => ({ ...field, value: field.value == null ? undefined : String(field.value) }));
}

/** A plan's parts as the API takes them; those that are empty are undefined. @param {Record<string, any>} values */
function planned({ channels, metric, target, attribution_window_days: days, ...values }) {
  return {
    ...values,
    channels: channels && codes(channels),
    goal: metric || target ? { metric, target } : undefined,
    attribution_window_days: days && Number(days),
  };
}

/** @returns {Wanted} */
export function planCampaign() {
  return {
    title: t("campaign.plan.do"),
    method: "POST",
    path: "/v1/campaigns",
    fields: [
      ...plan(),
      { name: "budget", label: t("measure.budget"), kind: "decimal" },
      { name: "currency", label: t("deal.currency"), value: "EUR", hint: t("deal.currency.hint") },
      { name: "owner", label: t("customer.owner") },
    ],
    body: ({ budget, currency, ...values }) => ({ ...planned(values), ...(budget && { budget, currency }) }),
  };
}

/** @param {any} campaign @returns {Wanted[]} */
export function campaignCommands(campaign) {
  const path = `/v1/campaigns/${campaign.id}`;
  const menu = t("page.campaign");
  return [...runs(campaign, path), ...plans(campaign, path), ...costs(campaign, path), ...annotations(path, campaign, menu), ...stops(campaign, path, menu)];
}

/** How it runs. @param {any} campaign @param {string} path @returns {Wanted[]} */
function runs({ status }, path) {
  const post = /** @type {const} */ ("POST");
  return offered([
    status === "planned" && { title: t("campaign.launch"), what: t("campaign.launch.what"), method: post, path: `${path}/launch`, fields: [] },
    status === "running" && { title: t("campaign.pause"), method: post, path: `${path}/pause`, fields: [reason()] },
    status === "paused" && { title: t("campaign.resumption"), method: post, path: `${path}/resumption`, fields: [] },
    (status === "running" || status === "paused") && { title: t("campaign.completion"), what: t("command.for-good"), method: post, path: `${path}/completion`, fields: [] },
  ]);
}

/** @param {any} campaign @param {string} path @param {string} menu @returns {Wanted[]} */
function stops({ status }, path, menu) {
  if (["completed", "cancelled"].includes(status)) return [];
  const fields = [reason(), /** @type {Field} */ ({ name: "note", label: t("command.note"), kind: "textarea" })];
  return [{ title: t("campaign.cancellation"), what: t("command.for-good"), menu, method: "POST", path: `${path}/cancellation`, fields }];
}

/** What is planned. @param {any} campaign @param {string} path @returns {Wanted[]} */
function plans(campaign, path) {
  const menu = t("campaign.plan");
  const fields = plan(campaign);
  return [
    {
      title: t("campaign.plan.change"),
      menu,
      method: "PATCH",
      path,
      fields,
      body: (values) => {
        const names = fields.map(({ name }) => (name === "metric" || name === "target" ? "goal" : name)).filter((one) => one !== "name");
        return { name: values.name, ...cleared(planned(values), [...new Set(names)]) };
      },
    },
    {
      title: t("campaign.milestone.add"),
      menu,
      method: "POST",
      path: `${path}/milestones`,
      fields: [
        { name: "milestone_id", label: t("ticket.code"), required: true, hint: t("campaign.milestone.hint") },
        { name: "title", label: t("campaign.milestone.title") },
        { name: "due", label: t("task.due"), kind: "date" },
      ],
    },
    {
      title: t("campaign.resource.add"),
      menu,
      method: "POST",
      path: `${path}/resources`,
      fields: [
        { name: "kind", label: t("campaign.resource.kind"), kind: "select", options: choices("resource", ["person", "asset"]) },
        { name: "code", label: t("ticket.code"), required: true },
        { name: "share", label: t("campaign.resource.share"), kind: "decimal", hint: t("campaign.share.hint") },
      ],
    },
  ];
}

/** What it may cost and what it costs. @param {any} campaign @param {string} path @returns {Wanted[]} */
function costs(campaign, path) {
  const menu = t("campaign.spend");
  const currency = /** @type {Field} */ ({ name: "currency", label: t("deal.currency"), value: campaign.currency ?? "EUR", hint: t("deal.currency.hint") });
  const spend = /** @type {Field} */ ({ name: "spend_id", label: t("campaign.spend.id"), required: true, hint: t("campaign.spend.hint") });
  return [
    {
      title: t("campaign.spend.record"),
      menu,
      method: "POST",
      path: `${path}/spends`,
      fields: [spend, { name: "amount", label: t("order.amount"), kind: "decimal", required: true }, currency, { name: "category", label: t("ticket.category"), hint: t("campaign.category.hint") }],
    },
    { title: t("campaign.spend.reverse"), menu, method: "POST", path: `${path}/spends/reversal`, fields: [spend, reason()] },
    {
      title: t("campaign.budget.change"),
      menu,
      method: "PUT",
      path: `${path}/budget`,
      fields: [{ name: "budget", label: t("measure.budget"), kind: "decimal", value: campaign.budget ?? "" }, currency],
      body: ({ budget, currency }) => ({ budget: budget ?? null, ...(budget && { currency }) }),
    },
  ];
}

/** @param {any} campaign @param {any} milestone @returns {Wanted[]} */
export function milestoneCommands(campaign, milestone) {
  const path = `/v1/campaigns/${campaign.id}/milestones/reached`;
  return [{ title: `${t("campaign.milestone.reach")}: ${milestone.milestone_id}`, method: "POST", path, fields: [], body: () => ({ milestone_id: milestone.milestone_id }) }];
}

/** @param {any} campaign @param {any} resource @returns {Wanted[]} */
export function resourceCommands(campaign, resource) {
  const path = `/v1/campaigns/${campaign.id}/resources/release`;
  return [{ title: `${t("campaign.resource.release")}: ${resource.code}`, method: "POST", path, fields: [], body: () => ({ kind: resource.kind, code: resource.code }) }];
}

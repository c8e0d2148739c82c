// What a reader can do with deals.
// @ts-check

import { get } from "../../core/api.js";
import { t } from "../../core/words.js";
import { annotations, cleared, offered, reason } from "./shared.js";

/** @typedef {import("../command.js").Wanted} Wanted */

/** @param {any} pipeline the deal is opened in @param {string} [customer] whose deal it is, if that is known @returns {Wanted} */
export function openDeal(pipeline, customer) {
  return {
    title: t("deal.open"),
    method: "POST",
    path: "/v1/deals",
    fields: [
      { name: "customer_id", label: t("order.customer"), kind: "customer", required: true, value: customer ?? "" },
      { name: "stage", label: t("deal.stage"), kind: "select", options: stagesOf(pipeline) },
      { name: "amount", label: t("deal.amount"), kind: "decimal" },
      { name: "currency", label: t("deal.currency"), value: "EUR", hint: t("deal.currency.hint") },
      { name: "expected_close", label: t("deal.expected"), kind: "date" },
      { name: "owner", label: t("customer.owner") },
    ],
    body: ({ currency, ...values }) => ({ pipeline: pipeline.code, ...values, ...(values.amount && { currency }) }),
  };
}

/** @param {any} pipeline @returns {[string, string][]} */
function stagesOf(pipeline) {
  return pipeline.stages.map((/** @type {any} */ stage) => [stage.code, stage.name]);
}

/** @param {any} deal @returns {Wanted[]} */
export function dealCommands(deal) {
  const path = `/v1/deals/${deal.id}`;
  const open = deal.status === "open";
  const menu = t("page.deal");
  return [
    ...offered([
      open && {
        title: t("deal.win"),
        method: "POST",
        path: `${path}/win`,
        fields: [{ name: "order_id", label: t("page.order"), hint: t("deal.win.hint") }],
      },
      open && { title: t("deal.lose"), method: "POST", path: `${path}/loss`, fields: [reason()] },
      !open && { title: t("deal.reopen"), method: "POST", path: `${path}/reopening`, fields: [reason()] },
      open && {
        title: t("deal.move"),
        menu,
        method: "PUT",
        path: `${path}/stage`,
        fields: [{ name: "stage", label: t("deal.stage"), kind: "select", required: true, value: deal.stage, load: () => stages(deal.pipeline) }],
      },
      open && {
        title: t("deal.amount.change"),
        menu,
        method: "PUT",
        path: `${path}/amount`,
        fields: [
          { name: "amount", label: t("deal.amount"), kind: "decimal", value: deal.amount ?? "" },
          { name: "currency", label: t("deal.currency"), value: deal.currency ?? "EUR", hint: t("deal.currency.hint") },
        ],
        body: ({ amount, currency }) => ({ amount: amount ?? null, currency: amount ? currency : null }),
      },
      open && {
        title: t("deal.expected.change"),
        menu,
        method: "PUT",
        path: `${path}/close-date`,
        fields: [{ name: "expected_close", label: t("deal.expected"), kind: "date", value: deal.expected_close ?? "" }],
        body: (values) => cleared(values, ["expected_close"]),
      },
    ]),
    ...annotations(path, deal, menu),
  ];
}

/** The stages of a pipeline, by its code. @param {string} code @returns {Promise<[string, string][]>} */
async function stages(code) {
  return stagesOf((await get(`/v1/pipelines/${encodeURIComponent(code)}`)).body);
}

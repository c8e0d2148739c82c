// What a reader can do with the members of a campaign: add them, record what happened to them, leave them out.
// @ts-check

import { Refused, get, send } from "../../core/api.js";
import { arms, drawn } from "../../core/drawing.js";
import { may } from "../../core/session.js";
import { t } from "../../core/words.js";
import { choices, codes, offered, present, reason } from "./shared.js";

/** @typedef {import("../command.js").Wanted} Wanted */
/** @typedef {import("../field_values.js").Field} Field */
/** @typedef {{ customer_id: string } | { lead_id: string }} Person */

const AT_ONCE = 1000; // As many as the API takes in one request.
const MOST = 10_000; // As many as one form adds.
const TOUCHES = ["sent", "delivered", "opened", "clicked", "visited", "responded", "unsubscribed", "marked_as_spam", "bounced", "deferred"];

/** @param {any} campaign @returns {Wanted} */
export function addMembers(campaign) {
  const path = `/v1/campaigns/${campaign.id}/members`;
  const variants = arms(campaign).map(({ code, share }) => `${code} ${Math.round(share * 100)} %`);
  const named = [...new Set(["control", ...campaign.variants.map((/** @type {any} */ one) => one.code), ...(campaign.variants.length ? [] : ["treatment"])])];
  return {
    title: t("campaign.members.add"),
    what: t("campaign.members.what"),
    method: "POST",
    path,
    on: undefined,
    fields: present([
      may("lists:read") && { name: "list", label: t("campaign.members.list"), kind: "select", load: lists },
      may("segments:read") && { name: "segment", label: t("by.label"), kind: "select", load: segments },
      { name: "customers", label: t("page.customers"), kind: "textarea", hint: t("campaign.members.ids") },
      { name: "leads", label: t("page.leads"), kind: "textarea", hint: t("campaign.members.ids") },
      {
        name: "variant",
        label: t("by.variant"),
        kind: "select",
        required: false,
        options: named.map((code) => [code, code]),
        none: t("campaign.members.drawn", { shares: variants.join(", ") }),
      },
    ]),
    run: async ({ list, segment, customers, leads, variant }) => {
      const known = [
        ...codes(customers).map((id) => ({ customer_id: id })),
        ...codes(leads).map((id) => ({ lead_id: id })),
        ...(list ? await every(`/v1/lists/${list}/members`, {}) : []),
        ...(segment ? await every("/v1/segment-labels", JSON.parse(segment)) : []),
      ];
      const people = [...new Map(known.map((one) => [JSON.stringify(one), one])).values()];
      if (!people.length) throw new Refused(422, { detail: t("campaign.members.nobody") });
      const among = arms(campaign);
      return inPortions(people, (some) => send("POST", path, { members: some.map((one) => ({ ...one, variant: variant ?? drawn(among) })) }));
    },
  };
}

/** @returns {Promise<[string, string][]>} */
async function lists() {
  const { body } = await get("/v1/lists", { limit: 500 });
  return body.items.map((/** @type {any} */ one) => [one.id, `${one.name} (${one.members})`]);
}

/** The clusters of active models, as the list of labels is asked for one. @returns {Promise<[string, string][]>} */
async function segments() {
  const { body } = await get("/v1/segment-models");
  const active = body.items.filter((/** @type {any} */ one) => one.status === "active");
  return active.flatMap((/** @type {any} */ model) =>
    (model.clusters ?? []).map((/** @type {any} */ one) => [JSON.stringify({ model: model.name, label: one.name }), `${model.name}: ${one.name}`]),
  );
}

/** Every customer of a list, page after page. @param {string} path @param {import("../../core/api.js").Parameters} parameters @returns {Promise<Person[]>} */
async function every(path, parameters) {
  /** @type {Person[]} */
  const found = [];
  let answer = await get(path, { ...parameters, limit: 500 });
  for (;;) {
    found.push(...answer.body.items.map((/** @type {any} */ row) => ({ customer_id: row.customer_id ?? row.id })));
    if (found.length > MOST) throw new Refused(422, { detail: t("campaign.members.many", { n: MOST }) });
    if (!answer.next) return found;
    answer = await get(answer.next);
  }
}

/** Requests of as many as the API takes at once, and the answers as one. @param {Person[]} people @param {(some: Person[]) => Promise<any>} request */
async function inPortions(people, request) {
  const items = [];
  let last = null;
  for (let place = 0; place < people.length; place += AT_ONCE) {
    last = await request(people.slice(place, place + AT_ONCE));
    items.push(...last.body.items);
  }
  return { ...last, body: { items } };
}

/** @param {any} member @returns {Person} */
function person(member) {
  return member.customer_id ? { customer_id: member.customer_id } : { lead_id: member.lead_id };
}

/** What happened to some members. @param {any} campaign @param {any[]} members @returns {Wanted[]} */
export function touchCommands(campaign, members) {
  const path = `/v1/campaigns/${campaign.id}/touches`;
  const occurred = /** @type {Field} */ ({ name: "occurred_at", label: t("command.occurred"), kind: "datetime-local", hint: t("command.occurred.hint") });
  const several = members.length > 1 ? ` (${members.length})` : "";
  return [
    {
      title: `${t("campaign.touch")}${several}`,
      what: several && t("campaign.touch.what", { n: members.length }),
      method: "POST",
      path,
      on: undefined,
      fields: [{ name: "kind", label: t("campaign.touch.kind"), kind: "select", options: choices("measure", TOUCHES) }, { name: "channel", label: t("campaign.channel"), value: campaign.channels[0] ?? "" }, occurred],
      run: (values) => inPortions(members.map(person), (some) => send("POST", path, { touches: some.map((one) => ({ ...one, ...values })) })),
    },
    ...offered([
      members.length === 1 && {
        title: t("campaign.conversion"),
        method: "POST",
        path,
        on: undefined,
        fields: [
          { name: "order_id", label: t("page.order"), hint: t("lead.id.hint") },
          { name: "conversion_id", label: t("campaign.conversion.id"), hint: t("campaign.conversion.hint") },
          { name: "value", label: t("campaign.conversion.value"), kind: "decimal" },
          { name: "currency", label: t("deal.currency"), value: campaign.currency ?? "EUR", hint: t("deal.currency.hint") },
          occurred,
        ],
        body: ({ currency, ...values }) => ({ touches: [{ ...person(members[0]), kind: "converted", ...values, ...(values.value && { currency }) }] }),
      },
    ]),
  ];
}

/** What can be done with one member. @param {any} campaign @param {any} member @returns {Wanted[]} */
export function memberCommands(campaign, member) {
  const path = `/v1/campaigns/${campaign.id}/${member.customer_id ? `members/${member.customer_id}` : `leads/${member.lead_id}`}`;
  const post = /** @type {const} */ ("POST");
  const kept = !member.removed_at;
  return [
    ...(kept ? touchCommands(campaign, [member]) : []),
    ...offered([
      kept && !member.suppressed_at && {
        title: t("campaign.suppress"),
        what: t("campaign.suppress.what"),
        method: post,
        path: `${path}/suppression`,
        on: undefined,
        fields: [{ ...reason(), required: true, hint: t("campaign.suppress.hint") }],
      },
      kept && { title: t("campaign.remove"), what: t("campaign.remove.what"), method: post, path: `${path}/removal`, on: undefined, fields: [reason()] },
      {
        title: t("campaign.touch.retract"),
        method: post,
        path: `${path}/touches/retraction`,
        on: undefined,
        fields: [{ name: "touch_id", label: t("campaign.touch.id"), required: true, hint: t("campaign.touch.hint") }, reason()],
      },
      member.converted_at && {
        title: t("campaign.conversion.reverse"),
        method: post,
        path: `${path}/conversions/reversal`,
        on: undefined,
        fields: [{ name: "conversion_id", label: t("campaign.conversion.which"), kind: "select", required: true, load: () => conversions(path) }, reason()],
      },
    ]),
  ];
}

/** @param {string} path of a member @returns {Promise<[string, string][]>} */
async function conversions(path) {
  const { body } = await get(path);
  return body.conversions.map((/** @type {any} */ one) => [one.conversion_id, `${one.conversion_id}${one.value ? ` · ${one.value} ${one.currency}` : ""}`]);
}

// One lead, at any moment.
// @ts-check

import { money } from "../core/format.js";
import { may } from "../core/session.js";
import { html } from "../core/view.js";
import { t, word } from "../core/words.js";
import { Link } from "../parts/about.js";
import { logInteraction } from "../parts/commands/interactions.js";
import { leadCommands } from "../parts/commands/leads.js";
import { Badge, Pairs, Sheet } from "../parts/pieces.js";
import { Thing } from "../parts/thing.js";
import { Time } from "../parts/time.js";
import { Value } from "../parts/value.js";
import { TONES, called } from "./leads.js";

const CONTACT = ["name", "organisation", "email", "phone", "handle"];

/** @param {any} lead @returns {import("../parts/command.js").Wanted[]} */
function commands(lead) {
  const logged = may("interactions:write") && !lead.erased_at ? [{ ...logInteraction({ lead: lead.id }), on: undefined }] : [];
  return [...(may("leads:write") ? leadCommands(lead) : []), ...logged];
}

/** @param {{ id: string }} props */
export function Page({ id }) {
  return html`<${Thing} path=${`/v1/leads/${id}`} title=${called} commands=${commands}
    badges=${(/** @type {any} */ lead) => html`<${Badge} tone=${TONES[lead.status]}>${word("status", lead.status)}</${Badge}> ${lead.erased_at && html`<${Badge} tone="bad">${t("customer.erased")}</${Badge}>`} #${lead.number}`}>
    ${(/** @type {any} */ lead, /** @type {import("../parts/thing.js").Seen} */ seen) => html`
      <${Sheet} title=${t("lead.contact")}><${Contact} lead=${lead} changed=${seen.changed} /></${Sheet}>
      <${Sheet} title=${t("lead.about")}>
        <${Pairs} changed=${seen.changed} pairs=${[
          [t("deal.stage"), lead.stage, "stage"],
          [t("order.channel"), lead.channel && word("channel", lead.channel), "channel"],
          [t("lead.origin"), lead.origin, "origin"],
          [t("page.campaign"), lead.campaign_id && html`<${Link} kind="campaign" id=${lead.campaign_id} />`, "campaign_id"],
          [t("lead.value"), lead.value && money(lead.value, lead.currency), "value"],
          [t("customer.owner"), lead.owner, "owner"],
          [t("ticket.team"), lead.team, "team"],
          [t("customer.tags"), lead.tags.join(", "), "tags"],
          [t("customer.attributes"), html`<${Value} value=${lead.attributes} />`, "attributes"],
        ]} />
      </${Sheet}>
      <${Sheet} title=${t("lead.course")}>
        <${Pairs} changed=${seen.changed} pairs=${[
          [t("lead.captured"), html`<${Time} at=${lead.captured_at} />`, "captured_at"],
          [t("lead.qualified"), lead.qualified_at && html`<${Time} at=${lead.qualified_at} />`, "qualified_at"],
          [t("lead.converted"), lead.converted_at && html`<${Time} at=${lead.converted_at} />`, "converted_at"],
          [t("lead.converted.value"), lead.converted_value && money(lead.converted_value, lead.converted_currency), "converted_value"],
          [t("page.deal"), lead.deal_id && html`<${Link} kind="deal" id=${lead.deal_id} />`, "deal_id"],
          [t("page.order"), lead.order_id && html`<${Link} kind="order" id=${lead.order_id} />`, "order_id"],
          [t("lead.lost"), lead.lost_at && html`<${Time} at=${lead.lost_at} />`, "lost_at"],
          [t("deal.lost"), lead.lost_reason, "lost_reason"],
        ]} />
      </${Sheet}>
    `}
  </${Thing}>`;
}

/** Who is interested: a known customer, or what a new person gave. @param {{ lead: any, changed: Set<string> }} props */
function Contact({ lead, changed }) {
  const contact = lead.private?.contact ?? {};
  const given = CONTACT.filter((name) => contact[name]).map((name) => [t(`lead.${name}`), contact[name], "private"]);
  if (lead.customer_id) given.push([t("page.customer"), html`<${Link} kind="customer" id=${lead.customer_id} />`, "customer_id"]);
  if (!given.length) return html`<p class="soft">${t(may("personal:read") ? "lead.no-contact" : "state.unseen")}</p>`;
  return html`<${Pairs} changed=${changed} pairs=${given} />`;
}

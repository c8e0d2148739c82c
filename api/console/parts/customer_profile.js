// Who a customer is, how they are reached, what they agreed to. What changed since the moment shown before glows.
// @ts-check

import { day } from "../core/format.js";
import { html } from "../core/view.js";
import { t, word } from "../core/words.js";
import { Commands } from "./command.js";
import { addContact, contactCommands, giveConsent, removeTag, withdraw } from "./commands/contacts.js";
import { Badge, Pairs, Sheet } from "./pieces.js";
import { RowCommands } from "./row_commands.js";
import { Empty } from "./states.js";
import { Time } from "./time.js";
import { Value } from "./value.js";

/**
 * @typedef {object} Seen
 * @property {any} customer @property {Set<string>} changed
 * @property {((answer: any) => void) | null} onDone after a command; null if the reader can do nothing here
 */

/** @param {Seen} props */
export function Profile({ customer, changed, onDone }) {
  return html`<${Sheet} title=${t("customer.profile")}>
    <${Pairs} changed=${changed} pairs=${[
      [t("customer.address"), customer.address && html`<${Address} address=${customer.address} />`, "address"],
      [t("customer.owner"), [customer.owner, customer.team].filter(Boolean).join(" · "), "owner"],
      [t("customer.source"), customer.source_channel, "source_channel"],
      [t("customer.language"), customer.language, "language"],
      [t("customer.zone"), customer.time_zone, "time_zone"],
      [t("customer.tags"), customer.tags?.length ? html`<${Tags} customer=${customer} onDone=${onDone} />` : null, "tags"],
      [t("customer.attributes"), html`<${Value} value=${customer.attributes} />`, "attributes"],
      [t("customer.external"), customer.external_ids?.length > 0 && customer.external_ids.map((/** @type {any} */ one) => html`<div><code>${one.id}</code> <span class="soft">${one.system}</span></div>`), "external_ids"],
      ...merged(customer),
      [t("customer.registered"), customer.registered_on ? day(customer.registered_on) : html`<${Time} at=${customer.registered_at} />`, "registered_at"],
    ]} />
  </${Sheet}>`;
}

/** Everyone merged into the customer, as a line of the profile if there is anyone. @param {any} customer @returns {[string, any, string][]} */
function merged({ merged_ids: ids }) {
  if (!ids?.length) return [];
  return [[t("customer.merged-here"), ids.map((/** @type {string} */ id) => html`<div><a href=${`/customers/${id}`}><code>${id}</code></a></div>`), "merged_ids"]];
}

/** @param {{ address: any }} props */
function Address({ address }) {
  const lines = [...(address.lines ?? []), [address.postal_code, address.city].filter(Boolean).join(" "), [address.region, address.country].filter(Boolean).join(", ")];
  return lines.filter(Boolean).map((line) => html`<div>${line}</div>`);
}

/** @param {{ customer: any, onDone: Seen["onDone"] }} props */
function Tags({ customer, onDone }) {
  return html`<span class="badges">${customer.tags.map((/** @type {string} */ tag) => html`<${Badge}>${tag} ${onDone && html`<${RowCommands} commands=${[removeTag(customer, tag)]} onDone=${onDone} />`}</${Badge}>`)}</span>`;
}

/** @param {Seen} props */
export function Contacts({ customer, changed, onDone }) {
  const methods = customer.contact_methods;
  return html`<${Sheet} title=${t("customer.contacts")} aside=${onDone && html`<${Commands} commands=${[addContact(customer)]} onDone=${onDone} />`}>
    ${!methods.length && html`<${Empty} text=${t("contact.none")} />`}
    <ul class=${changed.has("contact_methods") ? "entries glow" : "entries"}>
      ${methods.map((/** @type {any} */ one) => html`<li key=${one.method_id}>
        <span>${one.value} <span class="soft">${[word("contact", one.kind), one.label].filter(Boolean).join(" · ")}</span>${" "}
          <span class="badges">
            ${one.primary && html`<${Badge}>${t("contact.is-primary")}</${Badge}>`}
            ${one.verified_at && html`<${Badge} tone="good">${t("contact.verified")}</${Badge}>`}
            ${one.undeliverable && html`<${Badge} tone="bad">${t("contact.undeliverable")}</${Badge}>`}
          </span>
        </span>
        ${onDone && html`<${RowCommands} commands=${contactCommands(customer, one)} onDone=${onDone} />`}
      </li>`)}
    </ul>
  </${Sheet}>`;
}

/** @param {Seen} props */
export function Consents({ customer, changed, onDone }) {
  const { consents, contact_methods: methods } = customer;
  const of = (/** @type {string | null} */ id) => methods?.find((/** @type {any} */ one) => one.method_id === id)?.value;
  return html`<${Sheet} title=${t("customer.consents")} aside=${onDone && html`<${Commands} commands=${[giveConsent(customer)]} onDone=${onDone} />`}>
    ${!consents.length && html`<${Empty} text=${t("customer.no-consents")} />`}
    <ul class=${changed.has("consents") ? "entries glow" : "entries"}>
      ${consents.map((/** @type {any} */ one) => html`<li key=${`${one.purpose} ${one.channel} ${one.method_id}`}>
        <span><${Badge} tone=${one.given ? "good" : "bad"}>${t(one.given ? "consent.given" : "consent.withdrawn")}</${Badge}> ${one.purpose} · ${one.channel}${" "}
          <span class="soft">${of(one.method_id)}${" "}<${Time} at=${one.at} precision="day" />${one.given && one.expires && html` – <${Time} at=${one.expires} precision="day" />`}</span></span>
        ${onDone && one.given && html`<${RowCommands} commands=${[withdraw(customer, one)]} onDone=${onDone} />`}
      </li>`)}
    </ul>
  </${Sheet}>`;
}

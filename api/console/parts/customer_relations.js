// The people and organisations around a customer.
// @ts-check

import { day } from "../core/format.js";
import { useRead } from "../core/reading.js";
import { html } from "../core/view.js";
import { t, word } from "../core/words.js";
import { Commands } from "./command.js";
import { addRelation, endRelation } from "./commands/contacts.js";
import { Badge, Sheet } from "./pieces.js";
import { RowCommands } from "./row_commands.js";
import { Empty, Shown } from "./states.js";

/** @param {{ customer: any, after: number, onDone: ((answer: any) => void) | null }} props */
export function Relations({ customer, after, onDone }) {
  const read = useRead(`/v1/customers/${customer.id}/relations`, { after: after || null, all: true });
  return html`<${Sheet} title=${t("customer.relations")} aside=${onDone && html`<${Commands} commands=${[addRelation(customer)]} onDone=${onDone} />`}>
    <${Shown} read=${read}>${(/** @type {any} */ body) => html`
      ${!body.items.length && html`<${Empty} text=${t("relation.none")} />`}
      <ul class="entries">${body.items.map((/** @type {any} */ one) => html`<li key=${one.relation_id}>
        <span>${role(customer.id, one)} <a href=${`/customers/${one.related.id}`}>${one.related.name ?? html`<code>${one.related.id}</code>`}</a>${" "}
          <span class="soft">${[one.title, span(one)].filter(Boolean).join(" · ")}</span>${" "}${one.primary && html`<${Badge}>${t("contact.is-primary")}</${Badge}>`}</span>
        ${onDone && !one.until && html`<${RowCommands} commands=${[endRelation(one, role(customer.id, one))]} onDone=${onDone} />`}
      </li>`)}</ul>
      ${body.next && html`<p class="soft">${t("relation.more")}</p>`}
    `}</${Shown}>
  </${Sheet}>`;
}

/** What the customer is to the other, or the other to the customer. @param {string} id @param {any} relation */
function role(id, { who, role }) {
  return word(who === id ? "role-of" : "role-to", role);
}

/** @param {any} relation */
function span({ since, until }) {
  return since || until ? `${since ? day(since) : "…"} – ${until ? day(until) : ""}` : "";
}

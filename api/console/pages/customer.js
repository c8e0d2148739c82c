// One customer, at any moment: everything that concerns them, with a slider over their past.
// @ts-check

import { differences } from "../core/differences.js";
import { useMoment } from "../core/moments.js";
import { useRead } from "../core/reading.js";
import { may } from "../core/session.js";
import { html, useSignal } from "../core/view.js";
import { t, word } from "../core/words.js";
import { Commands } from "../parts/command.js";
import { customerCommands } from "../parts/commands/customers.js";
import { beginnings } from "../parts/commands/for_customer.js";
import { Prediction } from "../parts/customer_prediction.js";
import { Consents, Contacts, Profile } from "../parts/customer_profile.js";
import { Relations } from "../parts/customer_relations.js";
import { Segments } from "../parts/customer_segments.js";
import { Money, Things } from "../parts/customer_sheets.js";
import { Facts } from "../parts/facts.js";
import { Slider, moment } from "../parts/moment.js";
import { Badge, Heading, Sheet } from "../parts/pieces.js";
import { Empty, Shown } from "../parts/states.js";
import { Time } from "../parts/time.js";

/** @param {{ id: string }} props */
export function Page({ id }) {
  const after = useSignal(0); // The position of the reader's last command.
  const at = moment();
  const wanted = { ...at, after: after.value || null };
  const dealings = useMoment(`/v1/customers/${id}/dealings`, wanted, after.value);
  const ticks = useRead(`/v1/customers/${id}/timeline/ticks`, { after: after.value || null });
  const past = at.as_of != null || at.effective_at != null;
  return html`
    <${Shown} read=${dealings}>${(/** @type {any} */ body, /** @type {any} */ answer) => html`
      <${Customer} id=${id} dealings=${body} before=${dealings.before} past=${past} late=${answer.position < after.value} after=${after.value} onDone=${(/** @type {number} */ position) => (after.value = position)} />
    `}</${Shown}>
    <${Story} id=${id} wanted=${wanted} />
    ${ticks.answer && html`<${Slider} ticks=${ticks.answer.body} />`}
  `;
}

/** @param {{ id: string, dealings: any, before: any, past: boolean, late: boolean, after: number, onDone: (position: number) => void }} props
 *   `late`: what is shown is from before the reader's last command, and the next one would begin from what is no longer so */
function Customer({ id, dealings, before, past, late, after, onDone }) {
  const { customer } = dealings;
  const changed = new Set(before ? differences(before.customer ?? {}, customer ?? {}).map(({ name }) => name) : []);
  const now = !past && customer && !customer.erased_at;
  const done = (/** @type {any} */ answer) => onDone(answer.position);
  const changing = now && !customer.merged_into && may("customers:write") ? done : null;
  const commands = now ? [...beginnings(customer), ...(may("customers:write") ? customerCommands(customer) : [])] : [];
  const things = /** @type {const} */ (["orders", "tickets", "deals", "tasks", "interactions", "feedback"]);
  return html`
    <${Heading} title=${customer?.name ?? t("customer.unnamed")}
      aside=${commands.length > 0 && html`<${Commands} commands=${commands} disabled=${late} onDone=${done} />`}>
      <p class="soft">
        ${customer ? word("kind", customer.kind) : t("customer.not-yet")} · <code>${id}</code>
        ${customer?.archived && html` <${Badge}>${t("customer.archived")}</${Badge}>`}
        ${customer?.erased_at && html` <${Badge} tone="bad">${t("customer.erased")} <${Time} at=${customer.erased_at} /></${Badge}>`}
        ${customer?.merged_into && html` <${Badge} tone="warn">${t("customer.merged")} <a href=${`/customers/${customer.merged_into}`}>${customer.merged_into}</a></${Badge}>`}
        ${past && html` <${Badge} tone="warn">${t("moment.past")}</${Badge}>`}
      </p>
    </${Heading}>
    <div class="sheets">
      ${customer && html`<${Profile} customer=${customer} changed=${changed} onDone=${changing} />`}
      ${customer && html`<${Money} money=${customer.money} changed=${changed}>${now && may("segments:read") && html`<${Prediction} id=${id} after=${after} />`}</${Money}>`}
      ${customer?.contact_methods && html`<${Contacts} customer=${customer} changed=${changed} onDone=${changing} />`}
      ${customer?.consents && html`<${Consents} customer=${customer} changed=${changed} onDone=${changing} />`}
      ${dealings.segments && html`<${Segments} segments=${dealings.segments} before=${before?.segments} past=${past} />`}
      ${now && html`<${Relations} customer=${customer} after=${after} onDone=${changing} />`}
      ${things.map((name) => dealings[name] && html`<${Things} key=${name} name=${name} things=${dealings[name]} before=${before?.[name]} />`)}
    </div>
  `;
}

/** The timeline, by kind. @param {{ id: string, wanted: import("../core/api.js").Parameters }} props */
function Story({ id, wanted }) {
  const kind = useSignal("");
  const read = useRead(`/v1/customers/${id}/timeline`, { ...wanted, limit: 200 });
  return html`<${Sheet} title=${t("customer.timeline")}>
    <${Shown} read=${read} empty=${(/** @type {any} */ body) => !body.items.length}>${(/** @type {any} */ body) => {
      const kinds = [...new Set(body.items.map((/** @type {any} */ fact) => fact.type.split(".")[1]))].sort();
      const facts = body.items.filter((/** @type {any} */ fact) => !kind.value || fact.type.split(".")[1] === kind.value);
      return html`
        <div class="actions" role="group" aria-label=${t("customer.timeline")}>
          ${["", ...kinds].map((one) => html`<button aria-pressed=${kind.value === one} onClick=${() => (kind.value = String(one))}>${one ? word("thing", String(one)) : t("filter.any")}</button>`)}
        </div>
        ${facts.length ? html`<${Facts} facts=${facts} href=${may("events:read") ? undefined : () => null} />` : html`<${Empty} />`}
      `;
    }}</${Shown}>
  </${Sheet}>`;
}

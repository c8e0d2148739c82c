// What a customer will probably buy, by each value model. Read when the reader opens it.
// @ts-check

import { day, money, number, share } from "../core/format.js";
import { useRead } from "../core/reading.js";
import { html } from "../core/view.js";
import { t } from "../core/words.js";
import { Opened } from "./opened.js";
import { Pairs } from "./pieces.js";
import { Empty, Shown } from "./states.js";

/** @param {{ id: string, after: number }} props */
export function Prediction({ id, after }) {
  return html`<${Opened} title=${t("predicted.title")}>${() => html`<${Read} id=${id} after=${after} />`}</${Opened}>`;
}

/** @param {{ id: string, after: number }} props */
function Read({ id, after }) {
  const read = useRead(`/v1/customers/${id}/predicted-values`, { after: after || null });
  return html`<${Shown} read=${read}>${(/** @type {any} */ body) => {
    if (!body.values.length) return html`<${Empty} text=${t("predicted.no-model")} />`;
    return body.values.map((/** @type {any} */ value) => html`<${Value} key=${value.model_id} value=${value} />`);
  }}</${Shown}>`;
}

/** @param {{ value: any }} props */
function Value({ value }) {
  const about = html`<p class="soft">${t("predicted.about", { model: value.model, days: number(value.horizon_days), day: day(value.as_of) })} <a href="/reports/customer-value">${t("predicted.all")}</a></p>`;
  if (value.reason) return html`<h3>${value.model}</h3><p class="soft">${value.reason}</p>`;
  return html`
    <${Pairs} pairs=${[
      [t("predicted.alive"), share(value.alive)],
      [t("predicted.purchases"), number(value.expected_purchases)],
      [t("predicted.spend"), money(value.expected_spend, value.currency)],
      [t("predicted.value"), html`<strong>${money(value.expected_value, value.currency)}</strong>`],
      [t("predicted.repeats"), number(value.repeats)],
    ]} />
    ${about}
    ${value.caution && html`<p class="soft">${value.caution}</p>`}
  `;
}

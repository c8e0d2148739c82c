// The segments of a customer, and why they are there: how near they are to the centroids, and the rule that holds for them.
// @ts-check

import { comparisons, holds, nearest } from "../core/centroids.js";
import { day, number, share } from "../core/format.js";
import { useRead } from "../core/reading.js";
import { may } from "../core/session.js";
import { html } from "../core/view.js";
import { t } from "../core/words.js";
import { Opened } from "./opened.js";
import { Pairs, Sheet } from "./pieces.js";
import { Empty, Shown } from "./states.js";
import { Table } from "./table.js";

/** @param {{ segments: any, before: any, past: boolean }} props */
export function Segments({ segments, before, past }) {
  const { by_models: labels, by_rule: rule } = segments;
  const changed = before && JSON.stringify(before) !== JSON.stringify(segments);
  const linked = (/** @type {any} */ { label, model }) => html`<a href=${`/segments/${encodeURIComponent(label)}?model=${encodeURIComponent(model)}`}>${label}</a>`;
  const pairs = labels.map((/** @type {any} */ one) => [one.model, one.label ? linked(one) : html`<span class="soft">${t("segments.lacks", { features: one.missing.join(", ") })}</span>`]);
  if (rule) pairs.push([t("segments.by-rule"), rule.label]);
  return html`<${Sheet} title=${t("customer.segments")}>
    ${!pairs.length && html`<${Empty} text=${t("segments.none")} />`}
    <div class=${changed ? "glow" : undefined}><${Pairs} pairs=${pairs} /></div>
    ${!past && labels.map((/** @type {any} */ one) => one.label && html`<${Opened} key=${one.model_id} title=${t("why.title", { label: one.label })}>${() => html`<${Why} label=${one} />`}</${Opened}>`)}
    ${rule?.facts.length > 0 && html`<${Opened} title=${t("why.title", { label: rule.label })}>${() => html`<${Facts} rule=${rule} />`}</${Opened}>`}
  </${Sheet}>`;
}

/** @param {{ label: any }} props */
function Why({ label }) {
  const model = useRead(`/v1/segment-models/${label.model_id}`);
  return html`
    <${Shown} read=${model}>${(/** @type {any} */ body) => (body.fit_position === label.fit_position ? html`<${Centres} model=${body} label=${label} />` : html`<p class="soft">${t("why.fitted")}</p>`)}</${Shown}>
    ${may("reports:read") && html`<${Rule} label=${label} />`}
  `;
}

/** The features beside the two nearest centroids. @param {{ model: any, label: any }} props */
function Centres({ model, label }) {
  const [own, other] = nearest(model, label.features);
  const rows = model.features.map((/** @type {string} */ feature) => ({ feature, mine: label.features[feature], centres: [own, other].map((one) => one?.centre[feature]) }));
  const columns = [
    { title: t("why.feature"), cell: (/** @type {any} */ row) => html`<code>${row.feature}</code>` },
    { title: t("why.mine"), figures: true, cell: (/** @type {any} */ row) => number(row.mine, 2) },
    ...[own, other].filter(Boolean).map(({ name }, place) => ({ title: t("why.centre", { label: name }), figures: true, cell: (/** @type {any} */ row) => number(row.centres[place], 2) })),
  ];
  return html`
    <${Table} caption=${t("why.title", { label: label.label })} columns=${columns} rows=${rows} id=${(/** @type {any} */ row) => row.feature} />
    <p>${t("why.near", { label: own.name, distance: number(own.distance, 2) })} ${other && t("why.next", { label: other.name, distance: number(other.distance, 2) })} <span class="soft">${t("why.unit", { day: day(label.as_of) })}</span></p>
  `;
}

/** The rule of the segment explanation that holds for the customer. @param {{ label: any }} props */
function Rule({ label }) {
  const read = useRead("/v1/reports/segment-explanation", { model: label.model_id });
  return html`<${Shown} read=${read}>${(/** @type {any} */ body) => {
    const found = body.groups.find((/** @type {any} */ one) => holds(one.rule, label.features));
    if (!found) return html`<p class="soft">${t("why.no-rule")}</p>`;
    const { group, rule, measures } = found;
    const text = comparisons(rule).map(({ feature, is, value }) => html`<li><code>${feature}</code> ${is === "<=" ? "≤" : ">"} ${number(value, 2)}</li>`);
    const right = share(measures.precision.value);
    return html`
      <h3>${t("why.rule", { label: group.label })}</h3>
      <ul class="values">${text}</ul>
      <p class="soft">${measures.precision.value == null ? measures.precision.reason : t("why.right", { share: right, n: number(measures.customers.value) })}
        ${group.label !== label.label && ` ${t("why.differs", { label: label.label })}`}${" "}
        <a href=${`/reports/segment-explanation?model=${encodeURIComponent(label.model)}`}>${t("why.all")}</a></p>
    `;
  }}</${Shown}>`;
}

/** What a segment rule looked at. @param {{ rule: any }} props */
function Facts({ rule }) {
  return html`<${Pairs} pairs=${rule.facts.map((/** @type {any} */ one) => [html`<code>${one.feature}</code>`, number(one.value, 2), one.feature])} /><p class="soft">${t("why.day", { day: day(rule.as_of) })}</p>`;
}

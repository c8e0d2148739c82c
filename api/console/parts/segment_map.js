// Segments by two features that the reader chooses: centres, customers behind them without a name, and the drift beside.
// @ts-check

import { segmentMap } from "../charts/segment_map.js";
import { query, set } from "../core/address.js";
import { day } from "../core/format.js";
import { feature, measure } from "../core/measures.js";
import { useRead } from "../core/reading.js";
import { may } from "../core/session.js";
import { html } from "../core/view.js";
import { t } from "../core/words.js";
import { Chart } from "./chart.js";
import { Figure } from "./figure.js";
import { Sheet } from "./pieces.js";
import { Shown } from "./states.js";
import { Table } from "./table.js";

/** A sample is one page of the list of labels. */
const SAMPLE = 500;

/** @param {{ asked: Record<string, any>, read: import("../core/reading.js").Read }} props `read` is the report on segments */
export function SegmentMap({ asked, read }) {
  const { model, rules } = asked;
  const groups = read.answer?.body.groups ?? [];
  const features = [...new Set(groups.flatMap((/** @type {any} */ one) => Object.keys(one.measures)))].filter((name) => name.startsWith("mean:")).map((name) => name.slice(5));
  const sample = useRead(!rules && may("segments:read") ? "/v1/segment-labels" : null, { model, labelled: "true", limit: SAMPLE });
  const drift = useRead(rules ? null : "/v1/reports/segment-drift", { model });
  if (rules || features.length < 2) return null;
  const chosen = /** @type {[string, string]} */ (["x", "y"].map((name, place) => (features.includes(query.value.get(name) ?? "") ? query.value.get(name) : features[place])));
  const customers = (sample.answer?.body.items ?? []).filter((/** @type {any} */ row) => chosen.every((name) => row.features?.[name] != null));
  return html`<div class="map">
    <${Sheet} title=${t("report.segments")} aside=${html`<div class="actions">${["x", "y"].map((name, place) => html`<${Axis} key=${name} name=${name} value=${chosen[place]} features=${features} label=${t(place ? "segments.vertical" : "segments.horizontal")} />`)}</div>`}>
      <${Chart} caption=${t("report.segments")} option=${() => segmentMap(groups, customers, chosen)} columns=${columns(chosen)} rows=${groups} again=${`${chosen} ${customers.length}`}
        id=${(/** @type {any} */ row) => JSON.stringify(row.group)} height=${420} />
      <p class="soft">${may("segments:read") ? t("segments.sample", { n: customers.length }) : t("segments.centres")}</p>
    </${Sheet}>
    <${Sheet} title=${t("report.segment-drift")}>
      <${Shown} read=${drift}>${(/** @type {any} */ body) => html`
        ${body.refit_advised && html`<p class="behind">${t("report.refit")}</p>`}
        <${Table} caption=${t("report.segment-drift")} columns=${DRIFT()} rows=${body.groups} id=${(/** @type {any} */ row) => row.group.of} />
        <p class="soft">${t("report.model", { model: body.model, day: day(body.cut_off_day), position: body.fit_position })}</p>`}</${Shown}>
    </${Sheet}>
  </div>`;
}

/** @returns {import("./table.js").Column[]} */
const DRIFT = () => [
  { title: t("by.of"), cell: (row) => feature(row.group.of) },
  { title: measure("psi"), figures: true, cell: (row) => html`<${Figure} figure=${row.measures.psi} />` },
];

/** @param {[string, string]} chosen @returns {import("./table.js").Column[]} */
function columns(chosen) {
  return [
    { title: t("by.label"), cell: (row) => row.group.label },
    ...["customers", ...chosen.map((name) => `mean:${name}`)].map((name) => ({ title: measure(name), figures: true, cell: (/** @type {any} */ row) => html`<${Figure} figure=${row.measures[name]} />` })),
  ];
}

/** @param {{ name: string, value: string, features: string[], label: string }} props */
function Axis({ name, value, features, label }) {
  return html`<label class="inline">${label}
    <select name=${name} value=${value} onChange=${(/** @type {any} */ event) => set({ [name]: event.currentTarget.value })}>
      ${features.map((one) => html`<option value=${one} selected=${one === value}>${feature(one)}</option>`)}
    </select></label>`;
}

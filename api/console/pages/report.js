// One report: asked by its filters, drawn, and as a table in which every figure says what it was made of.
// @ts-check

import { query, set } from "../core/address.js";
import { address } from "../core/api.js";
import { day } from "../core/format.js";
import { useRead } from "../core/reading.js";
import { CHOICES, REPORTS } from "../core/reports.js";
import { html, useSignal } from "../core/view.js";
import { t, word } from "../core/words.js";
import { options } from "../charts/options.js";
import { Chart } from "../parts/chart.js";
import { Copies } from "../parts/copies.js";
import { Figure } from "../parts/figure.js";
import { Heading, Sheet } from "../parts/pieces.js";
import { Empty, Failed, Shown } from "../parts/states.js";
import { Table } from "../parts/table.js";

/** @param {{ name: string }} props */
export function Page({ name }) {
  const report = REPORTS.find((one) => one.name === name);
  if (!report) return html`<${Failed} title=${t("state.no-page")} />`;
  return html`<${Report} report=${report} key=${name} />`;
}

/** @param {{ report: import("../core/reports.js").Report }} props */
function Report({ report }) {
  const given = Object.fromEntries(report.filters.map((name) => [name, query.value.get(name) ?? ""]));
  const by = query.value.has("by") ? query.value.getAll("by") : report.first;
  const asked = { ...given, ...(report.by.length > 0 && { by }) };
  const read = useRead(`/v1/reports/${report.name}`, asked);
  const days = { from: query.value.get("from2"), to: query.value.get("to2") };
  const comparing = report.filters.includes("from") && (days.from || days.to);
  const other = useRead(comparing ? `/v1/reports/${report.name}` : null, { ...asked, ...days });
  return html`
    <${Heading} title=${t(`report.${report.name}`)} aside=${html`<${Copies} path=${address(`/v1/reports/${report.name}`, asked)} name=${report.name} />`}>
      <p class="soft">${t(`report.${report.name}.what`)}</p>
    </${Heading}>
    <form class="filters" role="search" aria-label=${t("filter.title")} onSubmit=${(/** @type {Event} */ event) => event.preventDefault()}>
      ${report.by.length > 0 && html`<label>${t("report.by")}
        <select name="by" value=${by[0] ?? ""} onChange=${(/** @type {any} */ event) => set({ by: event.currentTarget.value })}>
          ${report.by.map((one) => html`<option value=${one}>${word("by", one)}</option>`)}
        </select></label>`}
      ${report.filters.map((name) => html`<${Filter} key=${name} name=${name} value=${given[name]} />`)}
      ${report.filters.includes("from") && html`<${Filter} name="from2" value=${days.from ?? ""} /><${Filter} name="to2" value=${days.to ?? ""} />`}
    </form>
    <${Shown} read=${read}>${(/** @type {any} */ body) => html`<${Answer} report=${report} body=${body} asked=${given} />`}</${Shown}>
    ${comparing && html`<h2>${t("report.compared", { from: day(days.from), to: day(days.to) })}</h2>
      <${Shown} read=${other}>${(/** @type {any} */ body) => html`<${Answer} report=${report} body=${body} asked=${{ ...given, ...days }} />`}</${Shown}>`}
  `;
}

/** @param {{ name: string, value: string }} props */
function Filter({ name, value }) {
  const choices = CHOICES[name];
  const onChange = (/** @type {any} */ event) => set({ [name]: event.currentTarget.value });
  const kind = ["from", "to", "from2", "to2"].includes(name) ? "date" : "text";
  return html`<label>${word("filter", name)}
    ${choices
      ? html`<select name=${name} value=${value} onChange=${onChange}><option value="">${t("filter.usual")}</option>${choices.map((one) => html`<option value=${one}>${word("choice", one)}</option>`)}</select>`
      : html`<input name=${name} type=${kind} value=${value} onChange=${onChange} />`}
  </label>`;
}

/** @param {{ report: import("../core/reports.js").Report, body: any, asked: Record<string, any> }} props */
function Answer({ report, body, asked }) {
  const every = useSignal(false);
  const groups = body.groups ?? [];
  if (!groups.length) return html`<${Empty} text=${t("report.empty")} />`;
  const known = [...new Set(groups.flatMap((/** @type {any} */ one) => Object.keys(one.measures)))];
  const first = report.main.flatMap((name) => known.filter((one) => one === name || one.startsWith(`${name}:`)));
  const measures = every.value || !first.length ? known : first;
  const keys = [...new Set(groups.flatMap((/** @type {any} */ one) => Object.keys(one.group)))].filter((name) => !/_id$/.test(name));
  /** @type {import("../parts/table.js").Column[]} */
  const columns = [
    ...keys.map((name) => ({ title: word("by", name), cell: (/** @type {any} */ row) => value(name, row.group[name]) })),
    ...measures.map((name) => ({ title: word("measure", name), figures: true, cell: (/** @type {any} */ row) => html`<${Figure} figure=${row.measures[name]} />` })),
  ];
  const list = report.list;
  const href = list && ((/** @type {any} */ row) => list(row.group, asked) ?? undefined);
  const chart = report.chart;
  return html`
    ${chart && html`<${Sheet} title=${word("measure", chart.measure)}>
      <${Chart} caption=${t(`report.${report.name}`)} option=${() => options(chart, groups)} columns=${columns} rows=${groups} id=${(/** @type {any} */ row) => JSON.stringify(row.group)} height=${chart.kind === "heat" ? 420 : 320} />
    </${Sheet}>`}
    <${Sheet} title=${t("report.figures")} aside=${known.length > first.length && html`<button aria-pressed=${every.value} onClick=${() => (every.value = !every.value)}>${t("report.every", { n: known.length })}</button>`}>
      <${Table} caption=${t(`report.${report.name}`)} columns=${columns} rows=${groups} id=${(/** @type {any} */ row) => JSON.stringify(row.group)} href=${href} />
    </${Sheet}>
    <p class="soft">${body.definition} ${body.from && t("report.period", { from: day(body.from), to: day(body.to) })} ${body.zone} · #${body.position}</p>
  `;
}

/** @param {string} name @param {any} content */
function value(name, content) {
  if (content == null) return "–";
  return ["day", "week", "month", "cohort", "from", "last", "starts", "ends"].includes(name) && /^\d{4}-/.test(content) ? day(content) : String(content);
}

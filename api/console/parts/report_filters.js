// What a report is asked: its days, its filters, its groupings, and the days of a period beside it. The address holds them.
// @ts-check

import { go, set } from "../core/address.js";
import { PERIODS } from "../core/comparing.js";
import { useRead } from "../core/reading.js";
import { CHOICES } from "../core/reports.js";
import { may } from "../core/session.js";
import { html } from "../core/view.js";
import { t, word } from "../core/words.js";
import { Failed, Shown } from "./states.js";

const DAYS = ["from", "to", "from2", "to2"];
const NUMBERS = ["horizon_days", "window_days", "half_life_days"];
/** The API gives so many things to choose from at most. */
const MOST = 500;

/** @typedef {{ currentTarget: HTMLInputElement | HTMLSelectElement }} Changed */

/**
 * @param {{ report: import("../core/reports.js").Report, given: Record<string, string>, by: string[], days: { from: string, to: string } }} props
 *   `days` are those of the period beside it
 */
export function ReportFilters({ report, given, by, days }) {
  const { filters } = report;
  return html`<form class="filters" role="search" aria-label=${t("filter.title")} onSubmit=${(/** @type {Event} */ event) => event.preventDefault()}>
    ${report.by.length > 0 && html`<${Groupings} report=${report} by=${by} />`}
    ${filters.map((name) => html`<${Filter} key=${name} name=${name} value=${given[name]} report=${report} />`)}
    ${filters.includes("from") && !report.positions && ["from", "to"].map((name) => html`<${Filter} key=${`${name}2`} name=${`${name}2`} value=${days[/** @type {"from"} */ (name)]} report=${report} />`)}
  </form>`;
}

/** The first grouping, and a second one where the report takes several. @param {{ report: import("../core/reports.js").Report, by: string[] }} props */
function Groupings({ report, by }) {
  const [first = "", second = ""] = by;
  // One report counts by one kind of period.
  const others = report.by.filter((one) => one !== first && !(PERIODS.includes(one) && PERIODS.includes(first)));
  const choose = (/** @type {string[]} */ wanted) => {
    const next = new URL(location.href);
    next.searchParams.delete("by");
    for (const one of wanted.filter(Boolean)) next.searchParams.append("by", one);
    go(next.href, { replace: true });
  };
  const select = (/** @type {string} */ label, /** @type {string} */ none, /** @type {string} */ value, /** @type {string[]} */ names, /** @type {(value: string) => void} */ chosen) =>
    html`<label>${label}<select name="by" value=${value} onChange=${(/** @type {Changed} */ event) => chosen(event.currentTarget.value)}>
      ${names.map((one) => html`<option value=${one}>${one ? word("by", one) : none}</option>`)}
    </select></label>`;
  return html`
    ${select(t("report.by"), t("report.all"), first, first ? report.by : ["", ...report.by], (value) => choose([value]))}
    ${!report.single && first && others.length > 0 && select(t("report.also"), t("report.none"), second, ["", ...others], (value) => choose([first, value]))}
  `;
}

/** @param {{ name: string, value: string, report: import("../core/reports.js").Report }} props */
function Filter({ name, value, report }) {
  const onChange = (/** @type {Changed} */ event) => set({ [name]: event.currentTarget.value });
  const usual = report.needs === name ? t("report.choose-campaign") : t("filter.usual");
  if (name === "campaign_id" && may("campaigns:read")) {
    return html`<${Known} name=${name} value=${value} usual=${usual} path="/v1/campaigns" parameters=${{ limit: MOST }} option=${(/** @type {any} */ one) => [one.id, one.name]} onChange=${onChange} />`;
  }
  if (name === "model" && report.about === "segments" && may("segments:read")) {
    return html`<${Known} name=${name} value=${value} usual=${usual} path="/v1/segment-models" option=${(/** @type {any} */ one) => [one.name, one.name]} onChange=${onChange} />`;
  }
  const choices = name === "model" && report.about === "segments" ? undefined : CHOICES[name];
  if (choices) {
    return html`<${Choice} name=${name} value=${value} usual=${usual} options=${choices.map((one) => [one, word("choice", one)])} onChange=${onChange} />`;
  }
  const position = report.positions && DAYS.includes(name);
  const kind = position || NUMBERS.includes(name) ? "number" : DAYS.includes(name) ? "date" : "text";
  return html`<label>${word("filter", position ? `${name}-event` : name)}<input name=${name} type=${kind} value=${value} onChange=${onChange} /></label>`;
}

/** A choice among things of the API, by their names. @param {{ name: string, value: string, usual: string, path: string, parameters?: any, option: (one: any) => string[], onChange: any }} props */
function Known({ name, value, usual, path, parameters, option, onChange }) {
  const { answer } = useRead(path, parameters);
  const options = (answer?.body.items ?? []).map(option);
  // What the address names is shown, also if it is not among those that were read.
  if (value && !options.some((/** @type {string[]} */ [one]) => one === value)) options.push([value, value]);
  return html`<${Choice} name=${name} value=${value} usual=${usual} options=${options} onChange=${onChange} />`;
}

/** @param {{ name: string, value: string, usual: string, options: string[][], onChange: any }} props */
function Choice({ name, value, usual, options, onChange }) {
  return html`<label>${word("filter", name)}
    <select name=${name} value=${value} onChange=${onChange}><option value="">${usual}</option>
      ${options.map(([code, shown]) => html`<option value=${code} selected=${code === value}>${shown}</option>`)}
    </select></label>`;
}

/** What stands where a report would, if it is about one campaign and none is chosen. */
export function CampaignsToChoose() {
  const allowed = may("campaigns:read");
  const read = useRead(allowed ? "/v1/campaigns" : null, { limit: MOST });
  if (!allowed) return html`<${Failed} title=${t("report.choose-campaign")} />`;
  return html`<${Shown} read=${read} empty=${(/** @type {any} */ body) => !body.items.length}>${(/** @type {any} */ body) => html`
    <section class="shelf"><h2>${t("report.choose-campaign")}</h2>
      <ul class="tiles">${body.items.map((/** @type {any} */ one) => html`<li><a class="tile" href=${`${location.pathname}?campaign_id=${one.id}`}><b>${one.name}</b><span class="soft">${word("choice", one.status)}</span></a></li>`)}</ul>
    </section>`}</${Shown}>`;
}

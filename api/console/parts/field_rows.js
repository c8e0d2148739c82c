// A field of several lines: lines that are added and removed, or a choice among the lines that the thing has.
// @ts-check

import { html, useSignal } from "../core/view.js";
import { t } from "../core/words.js";
import { Control } from "./controls.js";
import { wrong } from "./field_values.js";

/** @typedef {import("./field_values.js").Field} Field */
/** @typedef {import("./field_values.js").Row & { key: number }} Kept */

/** @param {import("./field_values.js").Props} props */
export function Rows({ field, refused }) {
  const { name, label, columns = [], kind, hint, required } = field;
  const fixed = kind === "lines";
  const blank = () => ({ values: Object.fromEntries(columns.map(({ name, value, options, required }) => [name, value ?? (required === false ? "" : (options?.[0]?.[0] ?? ""))])) });
  const rows = useSignal(/** @type {Kept[]} */ ((field.rows?.length || fixed ? (field.rows ?? []) : [blank()]).map((row, key) => ({ ...row, values: { ...blank().values, ...row.values }, key }))));
  const next = useSignal(rows.value.length);
  const whole = wholeFault(refused, field.at ?? name);

  /** @param {Kept} row @param {string} column @param {string} text */
  const type = (row, column, text) => (rows.value = rows.value.map((one) => (one.key === row.key ? { ...one, values: { ...one.values, [column]: text } } : one)));
  const add = () => (rows.value = [...rows.value, { ...blank(), key: next.value++ }]);
  /** @param {Kept} row */
  const remove = (row) => (rows.value = rows.value.filter((one) => one.key !== row.key));

  return html`<fieldset class="rows">
    <legend>${label}</legend>
    ${!rows.value.length && html`<p class="soft">${t(fixed ? "command.no-lines" : "command.no-rows")}</p>`}
    ${rows.value.length > 0 && html`<div class="scrolled" tabindex="0" role="region" aria-label=${label}><table>
      <thead><tr>
        ${fixed && html`<th scope="col">${t("command.line")}</th>`}
        ${columns.map((column) => html`<th scope="col">${column.label}</th>`)}
        ${!fixed && html`<th scope="col"><span class="hidden">${t("command.remove")}</span></th>`}
      </tr></thead>
      <tbody>${rows.value.map((row, place) => html`<tr key=${row.key}>
        ${fixed && html`<th scope="row">${row.label}</th>`}
        ${columns.map((column, first) => html`<td><${Cell} name=${`${name}/${place}/${column.name}`} column=${column} text=${row.values[column.name]}
          label=${fixed ? `${column.label}: ${row.label}` : `${column.label} ${place + 1}`} required=${!fixed && column.required && (required || filled(row, columns))}
          fault=${counts(row, columns) && wrong(refused, `${field.at ?? name}/${sent(rows.value, columns, place)}/${column.at ?? column.name}`)}
          onType=${(/** @type {string} */ text) => type(row, column.name, text)} />${!first && html`<input type="hidden" name=${`${name}/${place}`} value=${row.id ?? ""} />`}</td>`)}
        ${!fixed && html`<td><button type="button" class="quiet" aria-label=${`${t("command.remove")} ${place + 1}`} onClick=${() => remove(row)}>✕</button></td>`}
      </tr>`)}</tbody>
    </table></div>`}
    ${(whole || hint) && html`<small class=${whole ? "bad" : undefined}>${whole ?? hint}</small>`}
    ${!fixed && html`<button type="button" onClick=${add}>${t("command.add")}</button>`}
  </fieldset>`;
}

/** @param {{ name: string, label: string, column: Field, text: string, required: boolean, fault: string | undefined | false, onType: (text: string) => void }} props */
function Cell({ name, label, column, text, required, fault, onType }) {
  const onInput = (/** @type {any} */ event) => onType(event.currentTarget.type === "checkbox" ? String(event.currentTarget.checked || "") : event.currentTarget.value);
  const common = { name, required, onInput, "aria-label": label, "aria-invalid": fault ? "true" : undefined };
  return html`<${Control} field=${column} options=${column.options ?? null} text=${text} common=${common} />${fault && html`<small class="bad">${fault}</small>`}`;
}

/** Whether a row is sent. @param {Kept} row @param {Field[]} columns */
function counts(row, columns) {
  return row.values[columns[0].name].trim() !== "";
}

/** Whether the reader wrote something into a row. @param {Kept} row @param {Field[]} columns */
function filled(row, columns) {
  return columns.some(({ name, options, kind, value }) => !options && kind !== "check" && row.values[name] !== (value ?? ""));
}

/** The place of a row among those that are sent. @param {Kept[]} rows @param {Field[]} columns @param {number} place */
function sent(rows, columns, place) {
  return rows.slice(0, place).filter((row) => counts(row, columns)).length;
}

/** What the API says of the list itself, not of one of its rows. @param {import("../core/api.js").Refused | null} refused @param {string} at */
function wholeFault(refused, at) {
  const errors = /** @type {any[]} */ (refused?.problem.errors ?? []);
  return errors.find(({ pointer }) => pointer === `/${at}`)?.detail;
}

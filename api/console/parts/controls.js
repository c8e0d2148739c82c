// The control of a field: a line, a text, a choice, a tick.
// @ts-check

import { refusal } from "../core/api.js";
import { html, useEffect, useSignal } from "../core/view.js";
import { t } from "../core/words.js";

/** @typedef {import("./field_values.js").Field} Field */

/**
 * The options of a select: given, or read when it is shown. Null: they are on their way.
 * @param {Field} field @returns {{ options: [string, string][] | null, fault: string | undefined }} the fault is why they could not be read
 */
export function useOptions({ options, load }) {
  const read = useSignal({ options: /** @type {[string, string][] | null} */ (null), fault: /** @type {string | undefined} */ (undefined) });
  useEffect(() => {
    load?.().then(
      (found) => (read.value = { options: found, fault: undefined }),
      (error) => (read.value = { options: [], fault: refusal(error).message }),
    );
  }, []);
  return load ? read.value : { options: options ?? null, fault: undefined };
}

/** @param {{ field: Field, options: [string, string][] | null, text: string, common: Record<string, any> }} props */
export function Control({ field, options, text, common }) {
  const { kind = "text", required, options: fixed, none = t("command.none") } = field;
  if (kind === "check") return html`<input ...${common} type="checkbox" value="true" defaultChecked=${text === "true"} />`;
  if (kind === "textarea") return html`<textarea ...${common} rows="4" value=${text}></textarea>`;
  if (kind === "decimal") return html`<input ...${common} value=${text} inputmode="decimal" pattern="-?\\d+(\\.\\d+)?" title=${t("command.decimal")} autocomplete="off" />`;
  if (kind !== "select") return html`<input ...${common} value=${text} type=${kind} autocomplete="off" />`;
  return html`<select ...${common} value=${text}>
    ${!fixed && html`<option value="">${options ? none : t("state.loading")}</option>`}
    ${fixed && required === false && html`<option value="">${none}</option>`}
    ${options?.map(([code, shown]) => html`<option value=${code}>${shown}</option>`)}
  </select>`;
}

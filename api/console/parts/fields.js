// The fields of a form.
// @ts-check

import { html, useSignal } from "../core/view.js";
import { Control, useOptions } from "./controls.js";
import { Customer } from "./customer_field.js";
import { Rows } from "./field_rows.js";
import { ROWS, wrong } from "./field_values.js";

/** @typedef {import("./field_values.js").Props} Props */

/** @param {Props} props */
export function Input(props) {
  const { kind = "text" } = props.field;
  if (ROWS.has(kind)) return html`<${Rows} ...${props} />`;
  if (kind === "customer") return html`<${Customer} ...${props} />`;
  return html`<${Single} ...${props} />`;
}

/** A field that keeps what the reader typed, also when the form is drawn again. @param {Props} props */
function Single({ field, refused }) {
  const { name, label, kind, required, value = "", hint } = field;
  const { options, fault: unread } = useOptions(field);
  const text = useSignal(value || (required !== false && options?.[0]?.[0]) || "");
  const fault = unread ?? wrong(refused, field.at ?? name);
  const described = fault || hint ? `about-${name}` : undefined;
  const onInput = (/** @type {any} */ event) => (text.value = event.currentTarget.value);
  const common = { name, required, onInput, "aria-invalid": fault ? "true" : undefined, "aria-describedby": described };
  return html`<label class=${kind === "check" ? "inline" : undefined}>${label}<${Control} field=${field} options=${options} text=${text.value} common=${common} />
    ${described && html`<small id=${described} class=${fault ? "bad" : undefined}>${fault ?? hint}</small>`}</label>`;
}

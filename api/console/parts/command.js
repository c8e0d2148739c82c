// A command as a form in a dialog: its fields, what was refused, and what somebody else changed meanwhile.
// @ts-check

import { ABSENT, get, refusal, send } from "../core/api.js";
import { differences } from "../core/differences.js";
import { html, useEffect, useRef, useSignal } from "../core/view.js";
import { t } from "../core/words.js";
import { Value } from "./value.js";

/**
 * @typedef {object} Field
 * @property {string} name as the API names it
 * @property {string} label
 * @property {"text" | "textarea" | "json" | "number" | "date" | "datetime-local" | "email" | "select"} [kind]
 * @property {boolean} [required]
 * @property {[string, string][]} [options] values and labels of a select
 * @property {string} [value] that it begins with
 * @property {string} [hint]
 */

/**
 * @typedef {object} Wanted
 * @property {string} title @property {"POST" | "PATCH" | "PUT" | "DELETE"} method @property {string} path
 * @property {Field[]} fields
 * @property {(values: Record<string, string>) => unknown} [body] from the fields' texts; by default the fields that have one
 * @property {(values: Record<string, string>) => string} [address] the path, if a field is a part of it
 * @property {boolean} [fresh] it must not exist yet
 * @property {{ path: string, body: any, tag: string | null }} [on] the thing as the reader saw it: nobody may have changed it since
 */

/** Commands as buttons, each with its form. @param {{ commands: Wanted[], onDone: (answer: import("../core/api.js").Answer<any>) => void }} props */
export function Commands({ commands, onDone }) {
  const open = useSignal(/** @type {Wanted | null} */ (null));
  return html`
    <div class="actions">${commands.map((command) => html`<button key=${command.title} onClick=${() => (open.value = command)}>${command.title}</button>`)}</div>
    ${open.value && html`<${Command} command=${open.value} onDone=${onDone} onClose=${() => (open.value = null)} />`}
  `;
}

/** @param {{ command: Wanted, onDone: (answer: import("../core/api.js").Answer<any>) => void, onClose: () => void }} props */
export function Command({ command, onDone, onClose }) {
  const dialog = useRef(/** @type {HTMLDialogElement | null} */ (null));
  const refused = useSignal(/** @type {import("../core/api.js").Refused | null} */ (null));
  const theirs = useSignal(/** @type {{ body: any, tag: string | null } | null} */ (null));
  const sending = useSignal(false);
  useEffect(() => dialog.current?.showModal(), []);

  /** @param {SubmitEvent} event */
  async function submit(event) {
    event.preventDefault();
    const values = texts(/** @type {HTMLFormElement} */ (event.currentTarget), command.fields);
    const tag = theirs.value?.tag ?? command.on?.tag;
    const condition = command.fresh ? ABSENT : version(tag);
    sending.value = true;
    refused.value = null;
    try {
      onDone(await send(command.method, command.address?.(values) ?? command.path, command.body ? command.body(values) : values, condition));
      dialog.current?.close(); // The focus returns to the button that opened it.
    } catch (error) {
      refused.value = refusal(error);
      if (refused.value.status === 412 && command.on) theirs.value = await get(command.on.path).catch(() => null);
    }
    sending.value = false;
  }

  return html`<dialog ref=${dialog} aria-labelledby="command" onClose=${onClose}>
    <form onSubmit=${submit}>
      <h2 id="command">${command.title}</h2>
      ${command.fields.map((field) => html`<${Input} key=${field.name} field=${field} refused=${refused.value} />`)}
      ${theirs.value && html`<${Conflict} before=${command.on?.body} after=${theirs.value.body} />`}
      ${refused.value && (refused.value.status !== 412 || !command.on) && html`<p class="bad" role="alert">${refused.value.message}</p>`}
      <div class="buttons">
        <button type="button" onClick=${() => dialog.current?.close()}>${t("command.cancel")}</button>
        <button class="main" disabled=${sending.value}>${t(theirs.value ? "command.still" : "command.go")}</button>
      </div>
    </form>
  </dialog>`;
}

/** The condition of a command: it names a version, and not one text of the answer. @param {string | null | undefined} tag */
function version(tag) {
  return tag?.replace(/^(W\/)?"(\d+).*"$/, '"$2"') ?? null;
}

/** The texts of the fields that have one. @param {HTMLFormElement} form @param {Field[]} fields */
function texts(form, fields) {
  const given = new FormData(form);
  /** @type {Record<string, string>} */
  const values = {};
  for (const { name } of fields) {
    const text = String(given.get(name) ?? "").trim();
    if (text) values[name] = text;
  }
  return values;
}

/** A field that keeps what the reader typed, also when the form is drawn again. @param {{ field: Field, refused: import("../core/api.js").Refused | null }} props */
function Input({ field, refused }) {
  const { name, label, kind = "text", required, options, value = "", hint } = field;
  const text = useSignal(value || options?.[0][0] || "");
  const wrong = refused?.problem.errors?.find((/** @type {any} */ one) => String(one.pointer ?? "").split("/")[1] === name);
  const described = wrong || hint ? `about-${name}` : undefined;
  const onInput = (/** @type {any} */ event) => (text.value = event.currentTarget.value);
  const common = { name, required, value: text.value, onInput, "aria-invalid": wrong ? "true" : undefined, "aria-describedby": described };
  const control =
    kind === "select"
      ? html`<select ...${common}>${options?.map(([code, shown]) => html`<option value=${code}>${shown}</option>`)}</select>`
      : kind === "textarea"
        ? html`<textarea ...${common} rows="4"></textarea>`
        : kind === "json"
          ? html`<textarea ...${common} rows="6" class="code" spellcheck=${false}></textarea>`
          : html`<input ...${common} type=${kind} autocomplete="off" />`;
  return html`<label>${label}${control}${described && html`<small id=${described} class=${wrong ? "bad" : undefined}>${wrong?.detail ?? hint}</small>`}</label>`;
}

/** What somebody else changed since the reader looked. @param {{ before: any, after: any }} props */
function Conflict({ before, after }) {
  const changed = differences(before ?? {}, after ?? {});
  return html`<div class="state failed" role="alert">
    <strong>${t("command.conflict")}</strong>
    <dl class="pairs">${changed.map(
      ({ name, before, after }) => html`<div key=${name}><dt>${name}</dt><dd><del><${Value} value=${before} /></del> → <ins><${Value} value=${after} /></ins></dd></div>`,
    )}</dl>
  </div>`;
}

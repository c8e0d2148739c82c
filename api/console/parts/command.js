// A command as a form in a dialog: its fields, what was refused, and what somebody else changed meanwhile.
// @ts-check

import { ABSENT, get, refusal, send } from "../core/api.js";
import { differences } from "../core/differences.js";
import { html, useEffect, useRef, useSignal } from "../core/view.js";
import { t } from "../core/words.js";
import { Input } from "./fields.js";
import { ROWS, values } from "./field_values.js";
import { Menu } from "./menu.js";
import { Value } from "./value.js";

/** @typedef {import("./field_values.js").Field} Field */
/** @typedef {import("../core/api.js").Answer<any>} Answer */

/**
 * @typedef {object} Wanted
 * @property {string} title @property {"POST" | "PATCH" | "PUT" | "DELETE"} method @property {string} path
 * @property {Field[]} fields
 * @property {string} [menu] the title of the menu that it stands in; by default it is a button
 * @property {string} [what] a sentence above the fields
 * @property {string} [go] what its last button says; by default that it saves
 * @property {(values: Record<string, any>) => unknown} [body] from the fields' values; by default the fields that have one
 * @property {(values: Record<string, any>) => string} [address] the path, if a field is a part of it
 * @property {boolean} [fresh] it must not exist yet
 * @property {(values: Record<string, any>) => Promise<Answer>} [run] instead of one request: what is sent
 * @property {{ path: string, body: any, tag: string | null }} [on] the thing as the reader saw it: nobody may have changed it since
 */

/**
 * Commands as buttons and menus, each with its form. While they are `disabled`, the focus may stay on them: it returns there from a form.
 * @param {{ commands: Wanted[], disabled?: boolean, onDone: (answer: Answer) => void }} props
 */
export function Commands({ commands, disabled, onDone }) {
  const open = useSignal(/** @type {Wanted | null} */ (null));
  const menus = [...new Set(commands.flatMap(({ menu }) => menu ?? []))];
  return html`
    <div class="actions">
      ${commands.filter(({ menu }) => !menu).map((command) => html`<button key=${command.title} aria-disabled=${disabled || undefined} onClick=${() => disabled || (open.value = command)}>${command.title}</button>`)}
      ${menus.map((title) => html`<${Menu} key=${title} title=${title} disabled=${disabled} commands=${commands.filter(({ menu }) => menu === title)} onChoose=${(/** @type {Wanted} */ command) => (open.value = command)} />`)}
    </div>
    ${open.value && html`<${Command} command=${open.value} onDone=${onDone} onClose=${() => (open.value = null)} />`}
  `;
}

/** @param {{ command: Wanted, onDone: (answer: Answer) => void, onClose: () => void }} props */
export function Command({ command, onDone, onClose }) {
  const dialog = useRef(/** @type {HTMLDialogElement | null} */ (null));
  const refused = useSignal(/** @type {import("../core/api.js").Refused | null} */ (null));
  const theirs = useSignal(/** @type {{ body: any, tag: string | null } | null} */ (null));
  const some = useSignal(/** @type {{ done: number, refused: string[] } | null} */ (null));
  const sending = useSignal(false);
  useEffect(() => dialog.current?.showModal(), []);

  /** @param {SubmitEvent} event */
  async function submit(event) {
    event.preventDefault();
    const given = values(/** @type {HTMLFormElement} */ (event.currentTarget), command.fields);
    sending.value = true;
    refused.value = null;
    try {
      const answer = await (command.run ?? one)(given);
      onDone(answer);
      some.value = partly(answer.body);
      if (!some.value) dialog.current?.close(); // The focus returns to the button that opened it.
    } catch (error) {
      refused.value = refusal(error);
      if (refused.value.status === 412 && command.on) theirs.value = await get(command.on.path).catch(() => null);
    }
    sending.value = false;
  }

  /** The request of a command that is one. @param {Record<string, any>} given */
  function one(given) {
    const condition = command.fresh ? ABSENT : version(theirs.value?.tag ?? command.on?.tag);
    return send(command.method, command.address?.(given) ?? command.path, command.body ? command.body(given) : given, condition);
  }

  const wide = command.fields.some(({ kind }) => ROWS.has(kind ?? ""));
  return html`<dialog ref=${dialog} class=${wide ? "wide" : undefined} aria-labelledby="command" onClose=${onClose}>
    <form onSubmit=${submit}>
      <h2 id="command">${command.title}</h2>
      ${command.what && html`<p class="soft">${command.what}</p>`}
      ${command.fields.map((field) => html`<${Input} key=${field.name} field=${field} refused=${refused.value} />`)}
      ${theirs.value && html`<${Conflict} before=${command.on?.body} after=${theirs.value.body} />`}
      ${refused.value && (refused.value.status !== 412 || !command.on) && html`<p class="bad" role="alert">${refused.value.status ? refused.value.message : t("command.unanswered")}</p>`}
      ${refused.value?.problem.candidates && html`<ul class="values">${refused.value.problem.candidates.map((/** @type {string} */ id) => html`<li><a href=${`/customers/${id}`}><code>${id}</code></a></li>`)}</ul>`}
      ${some.value && html`<${Partly} ...${some.value} />`}
      <div class="buttons">
        <button type="button" onClick=${() => dialog.current?.close()}>${t(some.value ? "command.close" : "command.cancel")}</button>
        ${!some.value && html`<button class="main" disabled=${sending.value}>${theirs.value ? t("command.still") : (command.go ?? t("command.go"))}</button>`}
      </div>
    </form>
  </dialog>`;
}

/** The condition of a command: it names a version, and not one text of the answer. @param {string | null | undefined} tag */
function version(tag) {
  return tag?.replace(/^(W\/)?"(\d+).*"$/, '"$2"') ?? null;
}

/** How many of a list of commands were done and why the others were not; null if all were. @param {any} body */
function partly(body) {
  /** @type {{ status: number, body: any }[]} */
  const items = body?.items ?? [];
  const refused = items.filter(({ status }) => status >= 400).map((item) => item.body.detail ?? item.body.title);
  return refused.length ? { done: items.length - refused.length, refused } : null;
}

/** @param {{ done: number, refused: string[] }} props */
function Partly({ done, refused }) {
  const reasons = [...new Set(refused)];
  return html`<div class="state failed" role="alert">
    <strong>${t("command.partly", { done, refused: refused.length })}</strong>
    <ul>${reasons.map((reason) => html`<li>${refused.filter((one) => one === reason).length} × ${reason}</li>`)}</ul>
  </div>`;
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

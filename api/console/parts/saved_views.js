// Saved views of a list: its filters, columns and order under a name, for oneself and for others.
// @ts-check

import { go, query } from "../core/address.js";
import { useRead } from "../core/reading.js";
import { may } from "../core/session.js";
import { html, useSignal } from "../core/view.js";
import { t } from "../core/words.js";
import { Command } from "./command.js";

/**
 * @param {{ resource: string, names: string[], columns: string[] }} props
 *   `names` are the filters of the list; `columns` are those that are shown, none if they are the usual ones
 */
export function SavedViews({ resource, names, columns }) {
  const after = useSignal(0);
  const saving = useSignal(false);
  const read = useRead("/v1/saved-views", { resource, limit: 100, after: after.value || null });
  const views = read.answer?.body.items ?? [];

  /** @param {string} id */
  function open(id) {
    const view = views.find((/** @type {any} */ one) => one.id === id);
    if (!view) return;
    const wanted = new URLSearchParams(view.filters ?? {});
    if (view.sort) wanted.set("sort", view.sort);
    if (view.fields?.length) wanted.set("columns", view.fields.join());
    go(`${location.pathname}?${wanted}`);
  }

  const given = Object.fromEntries(names.map((name) => [name, query.value.get(name) ?? ""]).filter(([, value]) => value));
  /** @type {import("./command.js").Wanted} */
  const save = {
    title: t("views.save"),
    method: "POST",
    path: "/v1/saved-views",
    fields: [{ name: "name", label: t("views.name"), required: true }],
    body: ({ name }) => ({ name, resource, filters: given, fields: columns, shared: true, ...(query.value.has("sort") && { sort: query.value.get("sort") }) }),
  };
  return html`
    ${views.length > 0 && html`<label>${t("views.title")}
      <select value="" onChange=${(/** @type {any} */ event) => open(event.currentTarget.value)}>
        <option value=""></option>${views.map((/** @type {any} */ view) => html`<option value=${view.id}>${view.name}</option>`)}
      </select></label>`}
    ${may("saved-views:write") && (Object.keys(given).length > 0 || columns.length > 0) && html`<button onClick=${() => (saving.value = true)}>${t("views.save")}</button>`}
    ${saving.value && html`<${Command} command=${save} onDone=${(/** @type {any} */ answer) => (after.value = answer.position)} onClose=${() => (saving.value = false)} />`}
  `;
}

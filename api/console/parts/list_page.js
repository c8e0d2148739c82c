// A page that lists one kind of thing: filters that the address bar holds, a table, and more rows as the reader wants them.
// @ts-check

import { query, set } from "../core/address.js";
import { chosen } from "../core/columns.js";
import { useList } from "../core/list.js";
import { may } from "../core/session.js";
import { html, useEffect, useRef } from "../core/view.js";
import { t } from "../core/words.js";
import { ColumnChoice } from "./column_choice.js";
import { Held, held } from "./held.js";
import { Heading } from "./pieces.js";
import { SavedViews } from "./saved_views.js";
import { Behind, Empty, Loading, Refusal } from "./states.js";
import { More, paging, Table } from "./table.js";

/**
 * @typedef {object} Filter
 * @property {string} name the API's parameter
 * @property {string} label
 * @property {"text" | "search" | "date" | "datetime-local"} [kind]
 * @property {[string, string][]} [options] values and labels: the filter is a choice
 * @property {boolean} [alone] it cannot be combined with the others
 * @property {string} [hint] shown in the empty field
 */

/**
 * @param {{ title: string, path: string, filters: Filter[], columns: import("./table.js").Column[], parameters?: import("../core/api.js").Parameters,
 *   id?: (row: any) => string, href?: (row: any) => string, sort?: string, fixedSort?: boolean, views?: string, aside?: any, above?: any, children?: any }} props
 *   `views` is the list's name among saved views; `parameters` are sent with every request; `sort` is the order that the page begins with
 */
export function ListPage({ title, path, filters, columns, parameters = {}, id, href, sort = "", fixedSort = false, views, aside, above, children }) {
  const given = Object.fromEntries(filters.map(({ name }) => [name, query.value.get(name) ?? ""]));
  const brought = held(path, Object.keys({ ...given, ...parameters }));
  const alone = filters.find((filter) => filter.alone && given[filter.name] !== "");
  const sorted = query.value.get("sort") ?? sort;
  const wanted = alone ? { [alone.name]: given[alone.name] } : { ...brought, ...given, sort: sorted || null };
  const list = useList(path, { ...parameters, ...wanted, limit: 50 });
  const sortable = !alone && !fixedSort;
  const shown = chosen(path, columns);
  const top = useRef(/** @type {HTMLDivElement | null} */ (null));
  const begins = useRef(list.before);
  useEffect(() => {
    if (begins.current === list.before) return;
    begins.current = list.before;
    top.current?.scrollIntoView(); // Other rows took the place of those above: the reader goes on at the first one.
    /** @type {HTMLElement | null | undefined} */ (top.current?.querySelector("[tabindex]"))?.focus({ preventScroll: true });
  }, [list.before]);
  return html`
    <${Heading} title=${title} aside=${aside}>${children}</${Heading}>
    ${above}
    ${(filters.length > 0 || shown.hideable.length > 0) && html`<form class="filters" role="search" aria-label=${t("filter.title")} onSubmit=${(/** @type {Event} */ event) => event.preventDefault()}>
      ${filters.map((filter) => html`<${Field} key=${filter.name} filter=${filter} value=${given[filter.name]} disabled=${alone && alone !== filter} />`)}
      ${views && may("saved-views:read") && html`<${SavedViews} resource=${views} names=${filters.map(({ name }) => name)} columns=${shown.names} />`}
      ${shown.hideable.length > 0 && html`<${ColumnChoice} columns=${shown} />`}
    </form>`}
    ${!alone && html`<${Held} values=${brought} />`}
    ${!list.loading && html`<${Behind} position=${list.position} />`}
    ${list.refused && html`<${Refusal} refused=${list.refused} />`}
    ${!list.rows.length && list.loading && html`<${Loading} />`}
    ${!list.rows.length && !list.loading && !list.refused && !list.more && html`<${Empty} text=${t(Object.values(given).some(Boolean) ? "state.none" : "state.empty")} />`}
    ${list.rows.length > 0 && html`<div ref=${top}><${Table} caption=${title} columns=${shown.shown} rows=${list.rows} id=${id} href=${href}
      sorted=${sorted} onSort=${sortable ? (/** @type {string} */ by) => set({ sort: by }) : undefined} /></div>`}
    ${(list.rows.length > 0 || list.more) && html`<${More} ...${paging(list)} />`}
  `;
}

/** @param {{ filter: Filter, value: string, disabled?: boolean }} props */
function Field({ filter, value, disabled }) {
  const { name, label, options, kind = "text", hint } = filter;
  const onChange = (/** @type {any} */ event) => set({ [name]: event.currentTarget.value });
  return html`<label>${label}
    ${options
      ? html`<select name=${name} value=${value} disabled=${disabled} onChange=${onChange}>
          <option value="">${t("filter.any")}</option>
          ${options.map(([code, text]) => html`<option value=${code}>${text}</option>`)}
        </select>`
      : html`<input name=${name} type=${kind} value=${value} placeholder=${hint} disabled=${disabled} onChange=${onChange} />`}
  </label>`;
}

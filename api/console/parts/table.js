// Tables with real headers. A row that has a page is a link to it; the keyboard reaches it as any link.
// @ts-check

import { html } from "../core/view.js";
import { t } from "../core/words.js";

/**
 * @typedef {object} Column
 * @property {string} title
 * @property {(row: any) => any} cell
 * @property {boolean} [figures] numbers stand under each other
 * @property {string} [sort] the name by which the API sorts
 */

/**
 * @param {{ caption: string, columns: Column[], rows: any[], id?: (row: any) => string, href?: (row: any) => string,
 *   sorted?: string, onSort?: (by: string) => void }} props `sorted` begins with `-` if it descends
 */
export function Table({ caption, columns, rows, id = (row) => row.id, href, sorted = "", onSort }) {
  return html`
    <div class="scrolled" tabindex="0" role="region" aria-label=${caption}>
      <table>
        <caption class="hidden">${caption}</caption>
        <thead>
          <tr>${columns.map((column) => html`<${Head} ...${{ column, sorted, onSort }} />`)}</tr>
        </thead>
        <tbody>
          ${rows.map((row) => html`<tr key=${id(row)}>${columns.map((column, place) => cell(column, row, !place && href?.(row)))}</tr>`)}
        </tbody>
      </table>
    </div>
  `;
}

/** @param {{ column: Column, sorted: string, onSort?: (by: string) => void }} props */
function Head({ column, sorted, onSort }) {
  const { title, figures, sort } = column;
  const kind = figures ? "figures" : undefined;
  if (!sort || !onSort) return html`<th scope="col" class=${kind}>${title}</th>`;
  const up = sorted === sort;
  const down = sorted === `-${sort}`;
  const order = up ? "ascending" : down ? "descending" : "none";
  return html`<th scope="col" class=${kind} aria-sort=${order}>
    <button class="plain" onClick=${() => onSort(down ? sort : `-${sort}`)}>${title}<span aria-hidden="true">${up ? " ↑" : down ? " ↓" : ""}</span></button>
  </th>`;
}

/** @param {Column} column @param {any} row @param {string | false | undefined} href */
function cell(column, row, href) {
  const content = column.cell(row);
  return html`<td class=${column.figures ? "figures" : undefined}>${href ? html`<a href=${href}>${content}</a>` : content}</td>`;
}

/** @param {{ more: boolean, loading: boolean, onMore: () => void, shown: number }} props */
export function More({ more, loading, onMore, shown }) {
  return html`<p class="more">
    <span aria-live="polite">${t("table.shown", { n: shown })}</span>
    ${more && html`<button onClick=${onMore} disabled=${loading}>${t(loading ? "state.loading" : "table.more")}</button>`}
  </p>`;
}

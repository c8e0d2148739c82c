// Tables with real headers. A row that has a page is a link to it; the keyboard reaches it as any link.
// @ts-check

import { number } from "../core/format.js";
import { MOST } from "../core/list.js";
import { html, useEffect, useRef } from "../core/view.js";
import { t } from "../core/words.js";

/**
 * @typedef {object} Column
 * @property {string} title
 * @property {string} [name] the field of the API that it shows; with one, the reader may hide it
 * @property {boolean} [extra] it is hidden until the reader chooses it
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

/** What `More` shows of a list. @param {import("../core/list.js").Listed} list */
export function paging({ rows, more, loading, refused, next, full, before, earlier }) {
  return { shown: rows.length, more, loading, auto: !full && !refused, onMore: next, full, before, onEarlier: earlier };
}

/**
 * More rows. With `auto` they are read when the reader comes near the end. When the page is `full`, a button leads to the next ones.
 * @param {{ more: boolean, loading: boolean, onMore: () => void, shown: number, auto?: boolean, full?: boolean, before?: number, onEarlier?: () => void }} props
 */
export function More({ more, loading, onMore, shown, auto = false, full = false, before = 0, onEarlier }) {
  const end = useRef(/** @type {HTMLParagraphElement | null} */ (null));
  useEffect(() => {
    if (!more || loading || !auto || !shown) return;
    const seer = new IntersectionObserver((seen) => seen.some((one) => one.isIntersecting) && onMore(), { rootMargin: "200px" });
    seer.observe(/** @type {Element} */ (end.current));
    return () => seer.disconnect();
  }, [more, loading, auto, shown]);
  const text = full ? t("table.next", { n: MOST }) : t("table.more");
  return html`<p class="more" ref=${end}>
    ${before > 0 && html`<button onClick=${onEarlier}>${t("table.earlier")}</button>`}
    <span aria-live="polite">${before ? t("table.range", { from: number(before + 1), to: number(before + shown) }) : t("table.shown", { n: number(shown) })}</span>
    ${more && html`<button onClick=${onMore} disabled=${loading}>${loading ? t("state.loading") : text}</button>`}
  </p>`;
}

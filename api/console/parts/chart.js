// A chart with a table behind it. The chart library is loaded with the first chart.
// @ts-check

import { html, useEffect, useRef, useSignal } from "../core/view.js";
import { language, t } from "../core/words.js";
import { Table } from "./table.js";

/** @type {Promise<any> | null} */
let library = null;

function loaded() {
  library ??= import("../vendor/echarts/echarts.esm.min.mjs");
  return library;
}

/** The value of a design token, such as `ink-soft`. @param {string} name */
export function token(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}

/** The colours of series, in their order. */
export function series() {
  return [1, 2, 3, 4, 5].map((place) => token(`series-${place}`));
}

/** What all charts have in common, from the design tokens. */
function common() {
  const soft = token("ink-soft");
  return {
    animation: false,
    color: series(),
    textStyle: { fontFamily: token("text"), color: token("ink") },
    grid: { left: 8, right: 16, top: 28, bottom: 8, outerBoundsMode: "same", outerBoundsContain: "axisLabel" },
    legend: { top: 0, left: 0, icon: "roundRect", itemWidth: 12, itemHeight: 6, textStyle: { color: soft } },
    tooltip: { trigger: "axis", backgroundColor: token("sheet"), borderColor: token("line"), textStyle: { color: token("ink") } },
  };
}

/** An axis as all charts draw it. @param {Record<string, any>} more */
export function axis(more) {
  return {
    axisLine: { lineStyle: { color: token("line") } },
    axisTick: { show: false },
    axisLabel: { color: token("ink-soft"), hideOverlap: true },
    splitLine: { lineStyle: { color: token("line") } },
    ...more,
  };
}

/**
 * @param {{ caption: string, option: () => Record<string, any>, columns: import("./table.js").Column[], rows: any[],
 *   id?: (row: any) => string, height?: number, again?: unknown, onPick?: (picked: any) => void }} props
 *   `option` is called again when the theme, the rows or `again` change; the rows are the table behind the chart.
 */
export function Chart({ caption, option, columns, rows, id = (row) => JSON.stringify(row), height = 260, again, onPick }) {
  const place = useRef(/** @type {HTMLElement | null} */ (null));
  const asTable = useSignal(false);
  const failed = useSignal(false);
  const theme = document.documentElement.dataset.theme;

  useEffect(() => {
    const element = place.current;
    if (!element) return;
    /** @type {any} */
    let chart = null;
    let gone = false;
    const sized = new ResizeObserver(() => chart?.resize());
    loaded().then(
      (echarts) => {
        if (gone) return;
        chart = echarts.init(element, null, { renderer: "canvas" });
        chart.setOption({ ...common(), ...option() });
        if (onPick) chart.on("click", onPick);
        element.dataset.drawn = "true";
        sized.observe(element);
      },
      () => (failed.value = true),
    );
    return () => {
      gone = true;
      sized.disconnect();
      chart?.dispose();
    };
  }, [rows, theme, language.value, again, asTable.value]);

  return html`<figure class="chart">
    ${asTable.value || failed.value
      ? html`<${Table} caption=${caption} columns=${columns} rows=${rows} id=${id} />`
      : html`<div ref=${place} role="img" aria-label=${caption} style=${{ height: `${height}px` }}></div>`}
    <button class="quiet" aria-pressed=${asTable.value} onClick=${() => (asTable.value = !asTable.value)}>${t("chart.table")}</button>
  </figure>`;
}

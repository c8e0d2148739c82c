// Customers who moved from one segment to another, as a matrix: from its rows to its columns.
// @ts-check

import { number } from "../core/format.js";
import { t } from "../core/words.js";
import { axis, token } from "../parts/chart.js";
import { numeric, tip } from "./drawing.js";

/** @param {import("./drawing.js").Drawn[]} sets @param {string} measure */
export function flows([{ groups }], measure) {
  const rows = [...new Set(groups.map(({ group }) => group.from))];
  const columns = [...new Set(groups.map(({ group }) => group.to))];
  const most = Math.max(1, ...groups.map(({ measures }) => numeric(measures[measure]) ?? 0));
  const named = (/** @type {string} */ name) => ({ name, nameLocation: "end", nameTextStyle: { color: token("ink-soft") } });
  return {
    legend: { show: false },
    tooltip: { trigger: "item", formatter: (/** @type {any} */ item) => tip(`${rows[item.value[1]]} → ${columns[item.value[0]]}`, groups[item.value[3]].measures[measure]) },
    grid: { left: 8, right: 64, top: 36, bottom: 8, outerBoundsMode: "same", outerBoundsContain: "axisLabel" },
    xAxis: axis({ type: "category", data: columns, position: "bottom", splitLine: { show: false }, ...named(t("by.to")) }),
    yAxis: axis({ type: "category", data: rows, inverse: true, splitLine: { show: false }, ...named(t("by.from")), nameLocation: "start" }),
    visualMap: { show: false, min: 0, max: most, dimension: 2, inRange: { color: [token("sunken"), token("series-1")] } },
    series: [
      {
        type: "heatmap",
        data: groups.map(({ group, measures }, place) => {
          const value = numeric(measures[measure]) ?? 0;
          // The colour of text on a cell: the cell is as dark as its number is large.
          const label = { show: true, formatter: number(value), color: value > most / 2 ? token("sheet") : token("ink") };
          return { value: [columns.indexOf(group.to), rows.indexOf(group.from), value, place], label };
        }),
        itemStyle: { borderColor: token("sheet"), borderWidth: 2 },
      },
    ],
  };
}

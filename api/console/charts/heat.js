// Cohorts by month, as a heat map.
// @ts-check

import { day } from "../core/format.js";
import { axis, token } from "../parts/chart.js";
import { numeric, tip } from "./drawing.js";

/** Cohorts by month: how many of each are still buying. @param {import("./drawing.js").Drawn[]} sets @param {string} measure */
export function heat([{ groups }], measure) {
  const rows = [...new Set(groups.map(({ group }) => group.cohort))].sort();
  const columns = [...new Set(groups.map(({ group }) => group.months_since))].sort((one, other) => one - other);
  return {
    legend: { show: false },
    tooltip: { trigger: "item", formatter: (/** @type {any} */ item) => tip(`${day(rows[item.data[1]])} + ${columns[item.data[0]]}`, groups[item.data[3]].measures[measure]) },
    xAxis: axis({ type: "category", data: columns, splitLine: { show: false } }),
    yAxis: axis({ type: "category", data: rows.map(day), inverse: true, splitLine: { show: false } }),
    visualMap: { show: false, min: 0, max: 0.4, dimension: 2, inRange: { color: [token("sunken"), token("series-1")] } },
    series: [
      {
        type: "heatmap",
        data: groups.map(({ group, measures }, place) => [columns.indexOf(group.months_since), rows.indexOf(group.cohort), numeric(measures[measure]) ?? 0, place]),
        itemStyle: { borderColor: token("sheet"), borderWidth: 1 },
      },
    ],
  };
}

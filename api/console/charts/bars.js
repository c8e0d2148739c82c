// A measure of each group as a dot, with its interval as a whisker; the period beside it has dots of another shape below.
// @ts-check

import { axis, token } from "../parts/chart.js";
import { colour, labels, named, numeric, SECOND, tip, titled } from "./drawing.js";

const MOST = 40;
/** Pixels between a group's dots of two periods. */
const APART = 12;

/** @param {import("./drawing.js").Drawn[]} sets @param {string} measure */
export function bars(sets, measure) {
  const shown = sets.map(({ title, groups }) => ({ title, groups: groups.filter(({ measures }) => numeric(measures[measure]) != null) }));
  const names = [...new Set(shown.flatMap(({ groups }) => groups.map(({ group }) => named(group))))].slice(0, MOST);
  const all = shown.flatMap(({ groups }) => groups);
  return {
    legend: { show: sets.length > 1, top: 0, left: 0, textStyle: { color: token("ink-soft") } },
    tooltip: { trigger: "item", formatter: (/** @type {any} */ item) => tip(titled(names[item.data.value?.[0] ?? item.data[0]], item.seriesName), figure(item)) },
    // One dot alone stands on an axis from zero: there is nothing to tell it apart from.
    xAxis: axis({ type: "value", scale: names.length > 1, axisLabel: labels(all[0]?.measures[measure]), splitLine: { lineStyle: { color: token("line") } } }),
    yAxis: axis({ type: "category", data: names, inverse: true, splitLine: { show: false } }),
    series: shown.flatMap(({ title, groups }, second) => {
      const rows = groups.filter(({ group }) => names.includes(named(group)));
      const shift = sets.length > 1 ? (second ? APART : -APART) / 2 : 0;
      return [whiskers(rows, names, measure, shift), dots(rows, names, measure, shift, second, title)];
    }),
  };

  /** @param {any} item */
  function figure(item) {
    const [place] = item.data.value ?? item.data;
    const { groups } = shown[item.seriesIndex >> 1];
    return groups.find(({ group }) => named(group) === names[place])?.measures[measure];
  }
}

/** @param {any[]} rows @param {string[]} names @param {string} measure @param {number} shift */
function whiskers(rows, names, measure, shift) {
  const data = rows.flatMap(({ group, measures }) => {
    const { interval } = measures[measure];
    return interval?.low != null && interval.high != null ? [[names.indexOf(named(group)), Number(interval.low), Number(interval.high)]] : [];
  });
  return {
    type: "custom",
    data,
    encode: { x: [1, 2], y: 0 },
    renderItem: (/** @type {any} */ _, /** @type {any} */ api) => {
      const [from, y] = api.coord([api.value(1), api.value(0)]);
      const [to] = api.coord([api.value(2), api.value(0)]);
      const at = y + shift;
      const style = { stroke: token("ink-soft"), lineWidth: 1.5 };
      const line = (/** @type {number} */ x1, /** @type {number} */ y1, /** @type {number} */ x2, /** @type {number} */ y2) => ({ type: "line", shape: { x1, y1, x2, y2 }, style });
      return { type: "group", children: [line(from, at, to, at), line(from, at - 5, from, at + 5), line(to, at - 5, to, at + 5)] };
    },
  };
}

/** @param {any[]} rows @param {string[]} names @param {string} measure @param {number} shift @param {number} second @param {string} title */
function dots(rows, names, measure, shift, second, title) {
  const fill = colour(second);
  return {
    name: title,
    type: "scatter",
    symbol: second ? SECOND.symbol : "circle",
    symbolSize: 11,
    symbolOffset: [0, shift],
    itemStyle: { color: fill },
    data: rows.map(({ group, measures }) => ({
      value: [names.indexOf(named(group)), numeric(measures[measure])],
      itemStyle: measures[measure].caution ? { color: token("sheet"), borderColor: fill, borderWidth: 2 } : undefined,
    })),
    encode: { x: 1, y: 0 },
  };
}

// What a report looks like: from its answer to the options of a chart. A picture shows what the answer says and no more.
// @ts-check

import { day, share } from "../core/format.js";
import { word } from "../core/words.js";
import { amount } from "../parts/figure.js";
import { axis, token } from "../parts/chart.js";

const PERIODS = ["day", "week", "month"];

/** The name of a group, from its values. @param {Record<string, any>} group @param {string[]} [without] */
export function named(group, without = []) {
  const values = Object.entries(group).filter(([name, value]) => !without.includes(name) && value != null && !/_id$/.test(name));
  return values.map(([name, value]) => (PERIODS.includes(name) ? day(value) : String(value))).join(" · ") || "–";
}

/** @param {any} figure */
const numeric = (figure) => (figure?.value == null ? null : Number(figure.value));

/** A measure by period, a line for each other group. @param {any[]} groups @param {string} measure */
function lines(groups, measure) {
  const period = PERIODS.find((one) => groups.some(({ group }) => group[one]));
  if (!period) return bars(groups, measure);
  const moments = [...new Set(groups.map(({ group }) => group[period]))].sort();
  const names = [...new Set(groups.map(({ group }) => named(group, PERIODS)))];
  return {
    xAxis: axis({ type: "category", data: moments.map(day), splitLine: { show: false } }),
    yAxis: axis({ type: "value" }),
    series: names.map((name) => ({
      name,
      type: "line",
      showSymbol: moments.length < 40,
      data: moments.map((at) => numeric(groups.find(({ group }) => group[period] === at && named(group, PERIODS) === name)?.measures[measure])),
    })),
  };
}

/** A measure of each group as a dot, with its interval as a whisker. @param {any[]} groups @param {string} measure */
function bars(groups, measure) {
  const shown = groups.filter(({ measures }) => numeric(measures[measure]) != null).slice(0, 40);
  const names = shown.map(({ group }) => named(group));
  const whiskers = shown.flatMap(({ measures }, place) => {
    const { interval } = measures[measure];
    return interval?.low != null && interval.high != null ? [[place, Number(interval.low), Number(interval.high)]] : [];
  });
  return {
    legend: { show: false },
    tooltip: { trigger: "item", formatter: (/** @type {any} */ item) => tip(names[item.data[0]], shown[item.data[0]].measures[measure]) },
    xAxis: axis({ type: "value", scale: true, splitLine: { lineStyle: { color: token("line") } } }),
    yAxis: axis({ type: "category", data: names, inverse: true, splitLine: { show: false } }),
    series: [
      {
        type: "custom",
        data: whiskers,
        encode: { x: [1, 2], y: 0 },
        renderItem: (/** @type {any} */ _, /** @type {any} */ api) => {
          const low = api.coord([api.value(1), api.value(0)]);
          const high = api.coord([api.value(2), api.value(0)]);
          const style = { stroke: token("ink-soft"), lineWidth: 1.5 };
          const line = (/** @type {number} */ x1, /** @type {number} */ y1, /** @type {number} */ x2, /** @type {number} */ y2) => ({ type: "line", shape: { x1, y1, x2, y2 }, style });
          return { type: "group", children: [line(low[0], low[1], high[0], high[1]), line(low[0], low[1] - 5, low[0], low[1] + 5), line(high[0], high[1] - 5, high[0], high[1] + 5)] };
        },
      },
      {
        type: "scatter",
        symbolSize: 11,
        data: shown.map(({ measures }, place) => ({
          value: [place, numeric(measures[measure])],
          itemStyle: measures[measure].caution ? { color: token("sheet"), borderColor: token("series-1"), borderWidth: 2 } : { color: token("series-1") },
        })),
        encode: { x: 1, y: 0 },
      },
    ],
  };
}

/** @param {string} name @param {any} figure */
function tip(name, figure) {
  const interval = figure.interval ? ` (${amount(figure.interval.low, figure)} – ${amount(figure.interval.high, figure)})` : "";
  const safe = document.createElement("span");
  safe.textContent = `${name}: ${amount(figure.value, figure)}${interval}`;
  return safe;
}

/** The share that still waits, by time, as steps with a band. @param {any[]} groups */
function curve(groups) {
  const drawn = groups.filter((one) => one.curve?.length).slice(0, 5);
  return {
    tooltip: { trigger: "axis" },
    xAxis: axis({ type: "value", name: word("unit", "hours"), nameLocation: "middle", nameGap: 26 }),
    yAxis: axis({ type: "value", min: 0, max: 1, axisLabel: { formatter: (/** @type {number} */ value) => share(value), color: token("ink-soft") } }),
    grid: { left: 8, right: 16, top: 28, bottom: 30, outerBoundsMode: "same", outerBoundsContain: "axisLabel" },
    series: drawn.flatMap(({ group, curve: points }, place) => {
      const colour = token(`series-${place + 1}`);
      const steps = (/** @type {(point: any) => any} */ of) => [[0, 1], ...points.map((/** @type {any} */ point) => [Number(point.seconds) / 3600, Number(of(point))])];
      const edge = { type: "line", step: "end", showSymbol: false, lineStyle: { width: 1, type: "dotted", color: colour }, itemStyle: { color: colour }, silent: true, tooltip: { show: false } };
      return [
        { name: named(group), type: "line", step: "end", showSymbol: false, data: steps((point) => point.share), lineStyle: { width: 2, color: colour }, itemStyle: { color: colour } },
        { ...edge, data: steps((point) => point.low ?? point.share) },
        { ...edge, data: steps((point) => point.high ?? point.share) },
      ];
    }),
  };
}

/** Cohorts by month: how many of each are still buying. @param {any[]} groups @param {string} measure */
function heat(groups, measure) {
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

const STEPS = ["targeted", "sent", "delivered", "opened", "clicked", "converted"];

/** How many members reached each step, a series for each group. @param {any[]} groups */
function funnel(groups) {
  return {
    xAxis: axis({ type: "value" }),
    yAxis: axis({ type: "category", data: STEPS.map((step) => word("measure", step)), inverse: true, splitLine: { show: false } }),
    series: groups.slice(0, 5).map(({ group, measures }) => ({
      name: named(group, ["attribution_window_days", "currency"]),
      type: "bar",
      data: STEPS.map((step) => numeric(measures[step])),
    })),
  };
}

/** Segments by two of their features; the area is the number of customers. @param {any[]} groups */
function scatter(groups) {
  const features = Object.keys(groups[0]?.measures ?? {}).filter((name) => name.startsWith("mean:"));
  const [x, y] = features;
  if (!y) return bars(groups, "customers");
  const most = Math.max(...groups.map(({ measures }) => numeric(measures.customers) ?? 0), 1);
  return {
    tooltip: { trigger: "item", formatter: (/** @type {any} */ item) => tip(item.seriesName, groups[item.seriesIndex].measures.customers) },
    xAxis: axis({ type: "value", name: x.slice(5), nameLocation: "middle", nameGap: 26, scale: true }),
    yAxis: axis({ type: "value", name: y.slice(5), scale: true }),
    grid: { left: 8, right: 40, top: 44, bottom: 30, outerBoundsMode: "same", outerBoundsContain: "axisLabel" },
    series: groups.map(({ group, measures }) => ({
      name: named(group, ["cluster", "cluster_id"]),
      type: "scatter",
      symbolSize: 12 + 48 * Math.sqrt((numeric(measures.customers) ?? 0) / most),
      data: [[numeric(measures[x]), numeric(measures[y])]],
    })),
  };
}

const DRAWN = { lines, bars, curve, heat, funnel, scatter };

/** The options of a report's chart. @param {import("../core/reports.js").Chart} chart @param {any[]} groups */
export function options(chart, groups) {
  return DRAWN[chart.kind](groups, chart.measure);
}

// The reports about service.
// @ts-check

import { address } from "../api.js";
import { DAYS, PERIODS, TICKETS, dated, lacking, tickets, within } from "./parts.js";

const STATES = /** @type {Record<string, Record<string, string>>} */ ({ solved: { unsolved: "false" }, closed: { status: "closed" } });

/** Tickets by the day that `date` names. The list has days of opening only. @type {import("../reports.js").List} */
function timed(group, asked) {
  const date = asked.date || "solved";
  if (date === "opened") return tickets()(group, asked);
  return dated(group, asked) || lacking(group, []) ? null : tickets(STATES[date])(group, asked);
}

/** Tickets that wait, of those opened before the end of the days asked for. @type {import("../reports.js").List} */
function unsolved(group, asked) {
  if (asked.date === "opened") return tickets({ unsolved: "true" })(group, asked);
  if (PERIODS.some((period) => group[period])) return null;
  const timeless = Object.fromEntries(Object.entries(group).filter(([name]) => !PERIODS.includes(name)));
  return tickets({ unsolved: "true" })(timeless, { ...asked, from: null });
}

/** @type {import("../reports.js").List} */
function feedback(group, asked) {
  const names = ["channel", "agent", "kind"];
  if (lacking(group, names)) return null;
  const values = Object.fromEntries(names.map((name) => [name, group[name] ?? asked[name]]));
  return address("/feedback", { ...values, ...within(group, asked, "submitted") });
}

/** @type {import("../reports.js").Report[]} */
export const service = [
  {
    name: "waiting-times",
    about: "service",
    filters: [...DAYS, "measure", "clock", ...TICKETS],
    by: [...PERIODS, ...TICKETS],
    first: ["category"],
    main: ["tickets", "events", "censored", "median", "p90", "restricted_mean"],
    chart: { kind: "curve", measure: "median" },
    lists: { tickets: tickets() },
  },
  {
    name: "ticket-times",
    about: "service",
    filters: [...DAYS, "date", "clock", ...TICKETS],
    by: [...PERIODS, ...TICKETS],
    first: ["category"],
    main: ["tickets", "unsolved", "first_response_p50", "first_resolution_mean", "first_resolution_p50", "first_resolution_p90"],
    chart: { kind: "bars", measure: "first_resolution_p50" },
    lists: { tickets: timed, unsolved },
  },
  {
    name: "ticket-backlog",
    about: "service",
    pictured: true,
    filters: [...DAYS, ...TICKETS],
    by: PERIODS,
    single: true,
    first: ["week"],
    main: ["opened", "reopened", "finished", "backlog", "mean_age"],
    chart: { kind: "lines", measure: "backlog" },
    lists: { opened: (group, asked) => tickets()(group, { ...asked, from: null, to: null }) }, // it counts whole periods
  },
  {
    name: "service-levels",
    about: "service",
    pictured: true,
    filters: [...DAYS, ...TICKETS],
    by: [...PERIODS, ...TICKETS, "policy"],
    first: ["week"],
    main: ["tickets", "first_response_attainment", "first_resolution_attainment", "full_resolution_attainment"],
    chart: { kind: "lines", measure: "full_resolution_attainment" },
    lists: { tickets: tickets() },
  },
  {
    name: "service",
    about: "service",
    filters: [...DAYS, "clock", "channel", "agent", "kind"],
    by: [...PERIODS, "channel", "kind", "agent"],
    first: ["channel"],
    main: ["feedback_submitted", "feedback_csat", "feedback_nps", "tickets_tickets", "tickets_first_response_p50"],
    chart: { kind: "bars", measure: "feedback_csat" },
    lists: { feedback_submitted: feedback, tickets_tickets: (group, asked) => ("kind" in group ? null : timed(group, asked)) },
  },
];

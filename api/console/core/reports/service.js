// The reports about service.
// @ts-check

import { DAYS, PERIODS, TICKETS, feedback, tickets } from "./parts.js";

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
    list: tickets,
  },
  {
    name: "ticket-times",
    about: "service",
    filters: [...DAYS, "date", "clock", ...TICKETS],
    by: [...PERIODS, ...TICKETS],
    first: ["category"],
    main: ["tickets", "unsolved", "first_response_p50", "first_resolution_mean", "first_resolution_p50", "first_resolution_p90"],
    chart: { kind: "bars", measure: "first_resolution_p50" },
    list: tickets,
  },
  {
    name: "ticket-backlog",
    about: "service",
    filters: [...DAYS, ...TICKETS],
    by: PERIODS,
    first: ["week"],
    main: ["opened", "reopened", "finished", "backlog", "mean_age"],
    chart: { kind: "lines", measure: "backlog" },
  },
  {
    name: "service-levels",
    about: "service",
    filters: [...DAYS, ...TICKETS],
    by: [...PERIODS, ...TICKETS, "policy"],
    first: ["week"],
    main: ["tickets", "first_response_attainment", "first_resolution_attainment", "full_resolution_attainment"],
    chart: { kind: "lines", measure: "first_response_attainment" },
    list: tickets,
  },
  {
    name: "service",
    about: "service",
    filters: [...DAYS, "clock", "channel", "agent"],
    by: [...PERIODS, "channel", "kind", "agent"],
    first: ["channel"],
    main: ["feedback_submitted", "feedback_csat", "feedback_nps", "tickets_tickets", "tickets_first_response_p50"],
    chart: { kind: "bars", measure: "feedback_csat" },
    list: feedback,
  },
];

// The reports about sales.
// @ts-check

import { address } from "../api.js";
import { DAYS, PERIODS, orders } from "./parts.js";

/** @type {import("../reports.js").Report[]} */
export const sales = [
  {
    name: "sales",
    about: "sales",
    filters: [...DAYS, "channel", "product", "category", "currency"],
    by: [...PERIODS, "channel", "product", "category"],
    first: ["month"],
    main: ["orders", "units", "gross", "discounts", "returns", "net", "average_order"],
    chart: { kind: "lines", measure: "net" },
    lists: { orders },
  },
  {
    name: "channel-sales",
    about: "sales",
    filters: [...DAYS, "channel", "currency"],
    by: ["channel", ...PERIODS],
    first: ["channel"],
    main: ["orders", "gross", "discounts", "returns", "net", "tax", "charges", "total", "cash_net"],
    chart: { kind: "lines", measure: "net" },
    lists: { orders },
  },
  {
    name: "sales-trend",
    about: "sales",
    filters: [...DAYS, "channel", "currency"],
    by: ["channel"],
    first: [],
    lists: { weeks: ({ channel, currency }, { from, to }) => address("/reports/sales", { by: "week", channel, currency, from, to }) },
    main: ["weeks", "last_week", "change", "change_from_year_before", "mean", "trend"],
  },
  {
    name: "buyers",
    about: "sales",
    filters: [...DAYS, "channel", "currency"],
    by: ["channel", ...PERIODS],
    first: ["month"],
    main: ["customers", "orders", "gross", "net", "share_of_orders"],
    chart: { kind: "lines", measure: "customers" },
  },
  {
    name: "cohorts",
    about: "sales",
    filters: [...DAYS, "channel", "currency"],
    by: [],
    first: [],
    main: ["size", "customers", "orders", "net", "retention"],
    chart: { kind: "heat", measure: "retention" },
  },
];

// The reports about who is which kind of customer.
// @ts-check

import { address } from "../api.js";

/** Customers with a label. Labels by rules have no list. @type {import("../reports.js").List} */
function labelled({ label, rule_id }, { model }) {
  return label && !rule_id ? address(`/segments/${encodeURIComponent(label)}`, { model }) : null;
}

/** @type {import("../reports.js").Report[]} */
export const segments = [
  {
    name: "segments",
    about: "segments",
    filters: ["model", "rules"],
    by: [],
    first: [],
    main: ["customers", "share"],
    lists: { customers: labelled },
  },
  {
    name: "segment-flows",
    about: "segments",
    filters: ["from", "to", "model"],
    positions: true,
    by: [],
    first: [],
    main: ["customers", "share"],
    chart: { kind: "flows", measure: "customers" },
  },
  { name: "segment-drift", about: "segments", filters: ["model"], by: [], first: [], main: ["psi"], chart: { kind: "bars", measure: "psi" } },
  {
    name: "segment-explanation",
    about: "segments",
    filters: ["model"],
    by: [],
    first: [],
    main: ["customers", "precision", "coverage"],
    also: { rule: ({ text }) => text },
  },
  {
    name: "customer-value",
    about: "segments",
    filters: ["horizon_days"],
    by: ["decile", "repeats"],
    single: true,
    first: ["decile"],
    main: ["customers", "alive", "expected_purchases", "expected_value", "share_of_value"],
    chart: { kind: "bars", measure: "share_of_value" },
  },
  {
    name: "value-calibration",
    about: "segments",
    filters: ["to"],
    by: [],
    first: [],
    main: ["customers", "actual_purchases_per_customer", "predicted_purchases_per_customer"],
    chart: { kind: "bars", measure: "actual_purchases_per_customer" },
  },
];

// The reports about who is which kind of customer.
// @ts-check

/** @type {import("../reports.js").Report[]} */
export const segments = [
  {
    name: "segments",
    about: "segments",
    filters: [],
    by: [],
    first: [],
    main: ["customers", "share"],
    chart: { kind: "scatter", measure: "customers" },
    list: (group) => (group.label ? `/segments/${encodeURIComponent(group.label)}` : null),
  },
  { name: "segment-drift", about: "segments", filters: [], by: [], first: [], main: ["psi"], chart: { kind: "bars", measure: "psi" } },
  {
    name: "segment-explanation",
    about: "segments",
    filters: [],
    by: [],
    first: [],
    main: ["customers", "precision", "coverage"],
    list: (group) => (group.label ? `/segments/${encodeURIComponent(group.label)}` : null),
  },
  {
    name: "customer-value",
    about: "segments",
    filters: [],
    by: ["decile", "repeats"],
    first: ["decile"],
    main: ["customers", "alive", "expected_purchases", "expected_value", "share_of_value"],
    chart: { kind: "bars", measure: "share_of_value" },
  },
  {
    name: "value-calibration",
    about: "segments",
    filters: [],
    by: [],
    first: [],
    main: ["customers", "actual_purchases_per_customer", "predicted_purchases_per_customer"],
    chart: { kind: "bars", measure: "actual_purchases_per_customer" },
  },
];

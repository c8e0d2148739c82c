// The reports about campaigns and channels.
// @ts-check

import { DAYS, PERIODS, leads, orders } from "./parts.js";

/** @type {import("../reports.js").Report[]} */
export const marketing = [
  {
    name: "campaign-effect",
    about: "marketing",
    filters: [...DAYS, "campaign_id"],
    by: ["campaign", "variant"],
    first: ["campaign"],
    main: ["targeted", "sent", "delivered", "opened", "clicked", "converted", "conversion_rate", "sales", "cost", "roi"],
    chart: { kind: "funnel", measure: "conversion_rate" },
    list: (group) => `/campaigns/${group.campaign_id}`,
  },
  {
    name: "campaign-lift",
    about: "marketing",
    filters: ["campaign_id", "covariate"],
    by: [],
    first: [],
    main: ["members", "converted", "conversion_rate", "conversion_difference", "relative_lift", "revenue_per_member_difference"],
    chart: { kind: "bars", measure: "conversion_difference" },
  },
  {
    name: "campaign-variants",
    about: "marketing",
    filters: ["campaign_id"],
    by: [],
    first: [],
    main: ["members", "converted", "conversion_rate", "probability_best", "next_members"],
    chart: { kind: "bars", measure: "probability_best" },
  },
  {
    name: "campaign-progress",
    about: "marketing",
    filters: ["status"],
    by: [],
    first: [],
    main: ["milestones", "milestones_overdue", "spend", "budget", "audience", "goal"],
    list: (group) => `/campaigns/${group.campaign_id}`,
  },
  {
    name: "attribution",
    about: "marketing",
    filters: [...DAYS, "model", "value", "currency"],
    by: ["channel", "campaign"],
    first: ["channel"],
    main: ["credit", "share", "touchpoints", "conversions_touched"],
    chart: { kind: "bars", measure: "share" },
  },
  {
    name: "channel-effect",
    about: "marketing",
    filters: [...DAYS, "channel", "currency", "conversion"],
    by: ["channel", ...PERIODS],
    first: ["channel"],
    main: ["visits", "orders", "gross", "conversion_rate", "customers", "new_customers", "cost", "acquisition_cost", "share_of_sales"],
    chart: { kind: "bars", measure: "conversion_rate" },
    list: orders,
  },
  {
    name: "channel-comparison",
    about: "marketing",
    filters: [...DAYS, "currency"],
    by: [],
    first: [],
    main: ["orders", "gross", "share", "average_order", "conversion_rate", "conversion_rate_shrunk", "repeat_purchase_rate"],
    chart: { kind: "bars", measure: "average_order" },
    list: orders,
  },
  {
    name: "lead-funnel",
    about: "marketing",
    filters: [...DAYS, "channel", "origin", "owner"],
    by: [...PERIODS, "channel", "origin", "owner", "pipeline", "stage"],
    first: ["channel"],
    main: ["captured", "qualified", "converted", "lost", "conversion_rate", "win_rate"],
    chart: { kind: "bars", measure: "conversion_rate" },
    list: leads,
  },
];

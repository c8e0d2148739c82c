// The reports about campaigns and channels.
// @ts-check

import { address } from "../api.js";
import { DAYS, PERIODS, lacking, orders, within } from "./parts.js";

const STAGES = ["targeted", "suppressed", "sent", "delivered", "bounced", "opened", "clicked", "visited", "responded", "unsubscribed", "marked_as_spam"];

/** Members of a campaign who reached a stage. @param {string} [stage] @param {Record<string, string>} [more] @returns {import("../reports.js").List} */
function members(stage, more = { removed: "false" }) {
  return (group, asked) => {
    const id = group.campaign_id ?? asked.campaign_id;
    // Members outside of all variants were never targeted; the list has no filter for them.
    if (!id || (group.variant == null && (asked.by ?? []).includes("variant"))) return null;
    return address(`/campaigns/${id}`, { stage, variant: group.variant, ...within({}, asked, "started"), ...more });
  };
}

/** Conversions count within the attribution window; the list has all of them. @type {import("../reports.js").List} */
function converted(group, asked) {
  return group.attribution_window_days == null ? members("converted")(group, asked) : null;
}

/** Leads captured, with more filters. @param {Record<string, string>} [more] @returns {import("../reports.js").List} */
function leads(more = {}) {
  return (group, asked) => {
    if (group.pipeline != null || lacking(group, ["channel", "owner", "stage"])) return null;
    const without = group.origin === null ? { without_origin: "true" } : {};
    const values = Object.fromEntries(["channel", "origin", "owner", "stage"].map((name) => [name, group[name] ?? asked[name]]));
    return address("/leads", { ...values, ...without, campaign_id: asked.campaign_id, ...within(group, asked, "captured"), ...more });
  };
}

/** @type {import("../reports.js").Report[]} */
export const marketing = [
  {
    name: "campaign-effect",
    about: "marketing",
    filters: [...DAYS, "campaign_id"],
    by: ["campaign", "variant"],
    single: true,
    first: ["campaign"],
    main: ["targeted", "sent", "delivered", "opened", "clicked", "converted", "conversion_rate", "sales", "cost", "roi"],
    chart: { kind: "funnel", measure: "conversion_rate" },
    lists: { ...Object.fromEntries(STAGES.map((stage) => [stage, members(stage)])), converted },
  },
  {
    name: "campaign-lift",
    about: "marketing",
    needs: "campaign_id",
    filters: ["campaign_id", "control", "covariate"],
    by: [],
    first: [],
    main: ["members", "converted", "conversion_rate", "conversion_difference", "relative_lift", "revenue_per_member_difference"],
    chart: { kind: "bars", measure: "conversion_difference" },
    lists: { members: members("", {}) }, // removed members included: they were assigned
  },
  {
    name: "campaign-variants",
    about: "marketing",
    needs: "campaign_id",
    filters: ["campaign_id"],
    by: [],
    first: [],
    main: ["members", "converted", "conversion_rate", "probability_best", "next_members"],
    chart: { kind: "bars", measure: "probability_best" },
    lists: { members: members("", {}) }, // removed members included: they were assigned
  },
  {
    name: "campaign-progress",
    about: "marketing",
    filters: ["campaign_id", "status"],
    by: [],
    first: [],
    main: ["milestones", "milestones_overdue", "spend", "budget", "audience", "goal"],
    lists: { milestones: ({ campaign_id }) => `/campaigns/${campaign_id}` },
  },
  {
    name: "attribution",
    about: "marketing",
    filters: [...DAYS, "model", "value", "currency", "window_days", "half_life_days"],
    by: ["channel", "campaign"],
    single: true,
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
    lists: { orders },
  },
  {
    name: "channel-comparison",
    about: "marketing",
    filters: [...DAYS, "currency"],
    by: [],
    first: [],
    main: ["orders", "gross", "share", "average_order", "conversion_rate", "conversion_rate_shrunk", "repeat_purchase_rate"],
    chart: { kind: "bars", measure: "average_order" },
    lists: { orders },
  },
  {
    name: "lead-funnel",
    about: "marketing",
    filters: [...DAYS, "channel", "origin", "owner", "campaign_id"],
    by: [...PERIODS, "channel", "origin", "owner", "pipeline", "stage"],
    first: ["channel"],
    main: ["captured", "qualified", "converted", "lost", "conversion_rate", "win_rate"],
    chart: { kind: "bars", measure: "conversion_rate" },
    lists: { captured: leads(), converted: leads({ status: "converted" }), lost: leads({ status: "lost" }) },
  },
];

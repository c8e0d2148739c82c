// The overview.
// @ts-check

export const overview = {
  "feed.title": "Facts as they are recorded",
  "feed.live": "live",
  "feed.waiting": "connecting",
  "feed.none": "No fact has been recorded yet.",

  "health.facts": "facts in the log",
  "health.current": "read models up to date",
  "health.behind": "{name} is {n} behind",
  "health.dead-letters": "dead letters",
  "health.troubles": "troubles",
  "health.recounted": "counted again, same",

  "sales.by-week": "Orders and revenue by week",
  "sales.week": "Week from",
  "sales.orders": "Orders",
  "sales.revenue": "Revenue",

  "waiting.tickets": "Tickets that have waited longest",
  "waiting.all": "All that wait",
  "waiting.none": "Nobody waits.",
  "waiting.campaigns": "Campaigns that run now",
  "waiting.no-campaign": "No campaign runs now.",
};

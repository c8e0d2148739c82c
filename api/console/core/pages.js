// Which address shows which page, who may see it, and where it stands in the navigation. A page is loaded when it is needed.
// @ts-check

/**
 * @typedef {object} Page
 * @property {string} name its title is the word `page.<name>`
 * @property {string} path `:id` stands for one segment
 * @property {string | null} permission that the page needs; none: everybody may see it
 * @property {"daily" | "counted" | "behind" | null} group of the navigation; none: it is reached from other pages
 * @property {() => Promise<{ Page: any }>} load
 */

/** @type {Page[]} */
export const PAGES = [
  { name: "overview", path: "/", permission: null, group: "daily", load: () => import("../pages/overview.js") },
  {
    name: "customers",
    path: "/customers",
    permission: "customers:read",
    group: "daily",
    load: () => import("../pages/customers.js"),
  },
  {
    name: "customer",
    path: "/customers/:id",
    permission: "customers:read",
    group: null,
    load: () => import("../pages/customer.js"),
  },
  { name: "orders", path: "/orders", permission: "orders:read", group: "daily", load: () => import("../pages/orders.js") },
  { name: "order", path: "/orders/:id", permission: "orders:read", group: null, load: () => import("../pages/order.js") },
  { name: "deals", path: "/deals", permission: "deals:read", group: "daily", load: () => import("../pages/deals.js") },
  { name: "deal", path: "/deals/:id", permission: "deals:read", group: null, load: () => import("../pages/deal.js") },
  { name: "leads", path: "/leads", permission: "leads:read", group: "daily", load: () => import("../pages/leads.js") },
  { name: "lead", path: "/leads/:id", permission: "leads:read", group: null, load: () => import("../pages/lead.js") },
  { name: "tickets", path: "/tickets", permission: "tickets:read", group: "daily", load: () => import("../pages/tickets.js") },
  { name: "ticket", path: "/tickets/:id", permission: "tickets:read", group: null, load: () => import("../pages/ticket.js") },
  { name: "tasks", path: "/tasks", permission: "tasks:read", group: "daily", load: () => import("../pages/tasks.js") },
  {
    name: "interactions",
    path: "/interactions",
    permission: "interactions:read",
    group: "daily",
    load: () => import("../pages/interactions.js"),
  },
  {
    name: "interaction",
    path: "/interactions/:id",
    permission: "interactions:read",
    group: null,
    load: () => import("../pages/interaction.js"),
  },
  { name: "feedback", path: "/feedback", permission: "feedback:read", group: "daily", load: () => import("../pages/feedback_list.js") },
  {
    name: "feedback-one",
    path: "/feedback/:id",
    permission: "feedback:read",
    group: null,
    load: () => import("../pages/feedback.js"),
  },
  { name: "campaigns", path: "/campaigns", permission: "campaigns:read", group: "daily", load: () => import("../pages/campaigns.js") },
  { name: "campaign", path: "/campaigns/:id", permission: "campaigns:read", group: null, load: () => import("../pages/campaign.js") },
  { name: "segment", path: "/segments/:label", permission: "segments:read", group: null, load: () => import("../pages/segment.js") },
  { name: "reports", path: "/reports", permission: "reports:read", group: "counted", load: () => import("../pages/reports.js") },
  { name: "report", path: "/reports/:name", permission: "reports:read", group: null, load: () => import("../pages/report.js") },
  { name: "events", path: "/events", permission: "events:read", group: "behind", load: () => import("../pages/events.js") },
  {
    name: "event",
    path: "/events/:position",
    permission: "events:read",
    group: null,
    load: () => import("../pages/event.js"),
  },
  { name: "audit", path: "/audit", permission: "events:read", group: "behind", load: () => import("../pages/audit.js") },
  { name: "erasure", path: "/audit/erasures/:kind/:id", permission: "events:read", group: null, load: () => import("../pages/erasure.js") },
  { name: "settings", path: "/settings", permission: "users:read", group: "behind", load: () => import("../pages/settings.js") },
  { name: "setting", path: "/settings/:kind/:id", permission: "users:read", group: null, load: () => import("../pages/setting.js") },
  {
    name: "operations",
    path: "/operations",
    permission: "operations:read",
    group: "behind",
    load: () => import("../pages/operations.js"),
  },
];

/**
 * The page of an address, and what stands for its `:names`.
 * @param {string} pathname @returns {{ page: Page | null, values: Record<string, string> }}
 */
export function found(pathname) {
  const parts = pathname.split("/").filter(Boolean);
  for (const page of PAGES) {
    const wanted = page.path.split("/").filter(Boolean);
    if (wanted.length !== parts.length) continue;
    /** @type {Record<string, string>} */
    const values = {};
    const fits = wanted.every((one, place) => {
      if (one.startsWith(":")) values[one.slice(1)] = decodeURIComponent(parts[place]);
      return one.startsWith(":") || one === parts[place];
    });
    if (fits) return { page, values };
  }
  return { page: null, values: {} };
}

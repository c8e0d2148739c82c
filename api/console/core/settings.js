// The settings of the business: which kinds there are, where the API has them, and what their forms ask.
// @ts-check

/**
 * @typedef {object} Entry a field of the API's body
 * @property {string} name
 * @property {"text" | "number" | "list" | "json"} [as] how its text becomes a value; `list`: words between commas
 * @property {string[]} [values] it is one of them
 * @property {boolean} [required]
 * @property {boolean} [fixed] it is chosen once and never changes
 * @property {unknown} [example] shown in a new form of JSON
 */

/**
 * @typedef {object} Setting
 * @property {string} name also the last segment of its path in the API
 * @property {string} permission without `:read` and `:write`
 * @property {string[]} key the fields that name one, in the order of its path
 * @property {Entry[]} entries
 * @property {string} [end] the last segment of the command that takes one out of use
 * @property {string} [personal] a field that only some may see; the others are offered no form, because a form replaces all fields
 */

const CONDITIONS = [{ field: "channel", values: ["email"] }];

/** @type {Setting[]} */
export const SETTINGS = [
  {
    name: "users",
    permission: "users",
    key: ["code"],
    entries: [{ name: "name" }, { name: "team" }, { name: "zone" }, { name: "capacity", as: "number" }],
    end: "deactivation",
    personal: "name",
  },
  {
    name: "teams",
    permission: "teams",
    key: ["code"],
    entries: [{ name: "name", required: true }, { name: "zone" }],
    end: "deactivation",
  },
  {
    name: "assignment-rules",
    permission: "assignment-rules",
    key: ["code"],
    entries: [
      { name: "order", as: "number", required: true },
      { name: "kind", values: ["ticket", "lead"] },
      { name: "team", required: true },
      { name: "method", values: ["round_robin", "least_open"] },
      { name: "conditions", as: "json", example: CONDITIONS },
    ],
    end: "retirement",
  },
  {
    name: "channels",
    permission: "channels",
    key: ["code"],
    entries: [
      { name: "name", required: true },
      { name: "kind", values: ["web", "store", "marketplace", "partner", "phone", "social", "field"] },
    ],
    end: "closure",
  },
  {
    name: "pipelines",
    permission: "pipelines",
    key: ["code"],
    entries: [
      { name: "name", required: true },
      {
        name: "stages",
        as: "json",
        required: true,
        example: [
          { code: "talking", name: "In talks", probability: "0.2" },
          { code: "offered", name: "Offer sent", probability: "0.5" },
        ],
      },
    ],
  },
  {
    name: "sla-policies",
    permission: "service-levels",
    key: ["code"],
    entries: [
      { name: "order", as: "number", required: true },
      { name: "conditions", as: "json", example: CONDITIONS },
      { name: "targets", as: "json", example: [{ metric: "first_response", seconds: 14_400, hours: "business" }] },
    ],
    end: "retirement",
  },
  {
    name: "service-calendars",
    permission: "service-levels",
    key: ["code"],
    entries: [
      { name: "zone", required: true },
      {
        name: "hours",
        as: "json",
        required: true,
        example: [1, 2, 3, 4, 5].map((weekday) => ({ weekday, opens: "09:00", closes: "17:30" })),
      },
      { name: "holidays", as: "json", example: [] },
      { name: "teams", as: "list" },
    ],
  },
  {
    name: "field-definitions",
    permission: "field-definitions",
    key: ["entity", "key"],
    entries: [
      { name: "name", required: true },
      { name: "kind", values: ["text", "number", "flag", "choice", "date"], fixed: true },
      { name: "options", as: "list" },
    ],
    end: "retirement",
  },
];

/** What a field definition can belong to. */
export const ENTITIES = ["customer", "order", "lead", "deal", "ticket", "campaign", "interaction", "feedback"];

/** The setting's own path in the API. @param {Setting} setting @param {any} row */
export function pathOf(setting, row) {
  return [`/v1/${setting.name}`, ...setting.key.map((name) => encodeURIComponent(row[name]))].join("/");
}

/** Since when it is out of use; null while it is in use. @param {any} row */
export function ended(row) {
  return row.deactivated_at ?? row.retired_at ?? row.closed_at ?? null;
}

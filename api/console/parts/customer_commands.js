// What a reader can do with a customer.
// @ts-check

import { t } from "../core/words.js";

/** @param {any} customer @returns {import("./command.js").Wanted[]} */
export function customerCommands(customer) {
  const path = `/v1/customers/${customer.id}`;
  const on = { path, body: customer, tag: `"${customer.version}"` };
  return [
    {
      title: t("customer.change"),
      method: "PATCH",
      path,
      on,
      fields: [
        { name: "name", label: t("customer.name"), value: customer.name ?? "" },
        { name: "language", label: t("customer.language"), value: customer.language ?? "", hint: t("customer.language.hint") },
        { name: "time_zone", label: t("customer.zone"), value: customer.time_zone ?? "" },
      ],
    },
    {
      title: t("customer.tag.add"),
      method: "POST",
      path: `${path}/tags`,
      fields: [{ name: "tag", label: t("customer.tag"), required: true }],
      body: ({ tag }) => ({ tags: tag.split(/[\s,]+/) }),
    },
  ];
}

// What a reader can do with a customer.
// @ts-check

import { html, useSignal } from "../core/view.js";
import { t } from "../core/words.js";
import { Command } from "./command.js";

/** @param {{ customer: any, onDone: (position: number) => void }} props */
export function CustomerCommands({ customer, onDone }) {
  const open = useSignal(/** @type {import("./command.js").Wanted | null} */ (null));
  const path = `/v1/customers/${customer.id}`;
  const on = { path, body: customer, tag: `"${customer.version}"` };
  /** @type {import("./command.js").Wanted[]} */
  const commands = [
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
  return html`
    <div class="actions">${commands.map((command) => html`<button onClick=${() => (open.value = command)}>${command.title}</button>`)}</div>
    ${open.value && html`<${Command} command=${open.value} onClose=${() => (open.value = null)} onDone=${(/** @type {any} */ answer) => onDone(answer.position)} />`}
  `;
}

// One interaction, at any moment.
// @ts-check

import { duration } from "../core/format.js";
import { may } from "../core/session.js";
import { html } from "../core/view.js";
import { t, word } from "../core/words.js";
import { About, Link } from "../parts/about.js";
import { interactionCommands } from "../parts/commands/interactions.js";
import { Pairs, Sheet } from "../parts/pieces.js";
import { Thing } from "../parts/thing.js";
import { Time } from "../parts/time.js";
import { Value } from "../parts/value.js";
import { Marks, called } from "./interactions.js";

/** @param {{ id: string }} props */
export function Page({ id }) {
  return html`<${Thing} path=${`/v1/interactions/${id}`} title=${called} badges=${(/** @type {any} */ interaction) => html`<${Marks} interaction=${interaction} />`}
    commands=${may("interactions:write") ? interactionCommands : undefined}>
    ${(/** @type {any} */ interaction, /** @type {import("../parts/thing.js").Seen} */ seen) => html`
      <${Sheet} title=${t("interaction.words")}><${Words} interaction=${interaction} /></${Sheet}>
      <${Sheet} title=${t("interaction.about")}>
        <${Pairs} changed=${seen.changed} pairs=${[
          [t("page.customer"), interaction.customer_id && html`<${Link} kind="customer" id=${interaction.customer_id} />`, "customer_id"],
          [t("page.lead"), interaction.lead_id && html`<${Link} kind="lead" id=${interaction.lead_id} />`, "lead_id"],
          [t("order.channel"), word("channel", interaction.channel), "channel"],
          [t("interaction.direction"), word("direction", interaction.direction), "direction"],
          [t("interaction.when"), html`<${Time} at=${interaction.occurred_at} />`, "occurred_at"],
          [t("interaction.took"), interaction.duration_seconds != null && duration(interaction.duration_seconds), "duration_seconds"],
          [t("ticket.agent"), interaction.agent, "agent"],
          [t("customer.owner"), interaction.owner, "owner"],
          [t("ticket.team"), interaction.team, "team"],
          [t("interaction.thread"), interaction.thread_id && html`<code>${interaction.thread_id}</code>`, "thread_id"],
          [t("things.about"), interaction.about.length > 0 && html`<${About} about=${interaction.about} />`, "about"],
          [t("customer.tags"), interaction.tags.join(", "), "tags"],
          [t("customer.attributes"), html`<${Value} value=${interaction.attributes} />`, "attributes"],
        ]} />
      </${Sheet}>
    `}
  </${Thing}>`;
}

/** What was said, and what came of it. @param {{ interaction: any }} props */
function Words({ interaction }) {
  const { body, outcome, participants } = interaction.private ?? {};
  if (interaction.redacted_at) return html`<p><em>${t("ticket.redacted")}</em></p>`;
  if (!interaction.private) return html`<p class="soft">${t(may("personal:read") ? "interaction.silent" : "state.unseen")}</p>`;
  return html`
    ${body && html`<p class="prose">${body}</p>`}
    <${Pairs} pairs=${[
      [t("interaction.outcome"), outcome],
      [t("interaction.participants"), participants?.join(", ")],
    ]} />
  `;
}

// One ticket, at any moment: what was asked, what was answered, how long everything took, what was promised.
// @ts-check

import { duration } from "../core/format.js";
import { useRead } from "../core/reading.js";
import { may } from "../core/session.js";
import { html } from "../core/view.js";
import { t, word } from "../core/words.js";
import { About } from "../parts/about.js";
import { redaction, ticketCommands } from "../parts/commands/tickets.js";
import { Badge, Pairs, Sheet } from "../parts/pieces.js";
import { Empty, Shown } from "../parts/states.js";
import { Thing } from "../parts/thing.js";
import { TicketStatus } from "../parts/ticket_status.js";
import { Time } from "../parts/time.js";
import { Value } from "../parts/value.js";

/** @param {{ id: string }} props */
export function Page({ id }) {
  const path = `/v1/tickets/${id}`;
  return html`<${Thing} path=${path} title=${(/** @type {any} */ ticket) => ticket.private?.title ?? `${t("page.ticket")} #${ticket.number}`}
    badges=${(/** @type {any} */ ticket) => html`<${TicketStatus} ticket=${ticket} /> #${ticket.number}`} commands=${may("tickets:write") ? ticketCommands : undefined}>
    ${(/** @type {any} */ ticket, /** @type {import("../parts/thing.js").Seen} */ seen) => html`
      <${Sheet} title=${t("ticket.talk")}><${Talk} ticket=${ticket} seen=${seen} /></${Sheet}>
      <${Sheet} title=${t("ticket.about")}>
        <${Pairs} changed=${seen.changed} pairs=${[
          [t("ticket.requester"), ticket.customer_id && html`<a href=${`/customers/${ticket.customer_id}`}><code>${ticket.customer_id}</code></a>`, "customer_id"],
          [t("ticket.priority"), word("priority", ticket.priority), "priority"],
          [t("ticket.category"), ticket.category, "category"],
          [t("ticket.agent"), ticket.agent, "agent"],
          [t("ticket.team"), ticket.team, "team"],
          [t("ticket.channel"), word("channel", ticket.channel), "channel"],
          [t("things.about"), ticket.about.length > 0 && html`<${About} about=${ticket.about} />`, "about"],
          [t("ticket.merged"), ticket.merged_into && html`<a href=${`/tickets/${ticket.merged_into}`}><code>${ticket.merged_into}</code></a>`, "merged_into"],
          [t("ticket.escalations"), ticket.escalations.length > 0 && html`<${Value} value=${ticket.escalations} />`, "escalations"],
          [t("customer.tags"), ticket.tags.join(", "), "tags"],
          [t("ticket.opened"), html`<${Time} at=${ticket.opened_at} />`, "opened_at"],
          [t("ticket.solved"), ticket.resolved_at && html`<${Time} at=${ticket.resolved_at} />`, "resolved_at"],
          [t("ticket.solution"), ticket.private?.resolution ?? ticket.solution, "solution"],
          [t("ticket.promises"), ticket.sla && html`<${Value} value=${ticket.sla} />`, "sla"],
          [t("ticket.broken"), Object.keys(ticket.breaches).length > 0 && html`<${Value} value=${ticket.breaches} />`, "breaches"],
          [t("customer.attributes"), html`<${Value} value=${ticket.attributes} />`, "attributes"],
        ]} />
      </${Sheet}>
      ${!seen.past && html`<${Times} path=${path} after=${seen.after} />`}
    `}
  </${Thing}>`;
}

/** @param {{ ticket: any, seen: import("../parts/thing.js").Seen }} props */
function Talk({ ticket, seen }) {
  const words = ticket.private?.messages ?? {};
  return html`<ol class="talk">
    <li><p class="soft">${word("author", ticket.opened_by)} · <${Time} at=${ticket.opened_at} /></p><p>${ticket.private?.description ?? ticket.private?.title ?? html`<span class="none">${t("ticket.unseen")}</span>`}</p></li>
    ${ticket.correspondence?.map(
      (/** @type {any} */ reply) => html`<li key=${reply.reply_id} class=${`${reply.by} ${reply.visibility}`}>
        <p class="soft">${word("author", reply.by)} · <${Time} at=${reply.replied_at} /> ${reply.visibility === "internal" && html`<${Badge}>${word("visibility", "internal")}</${Badge}>`} ${reply.automatic && html`<${Badge}>${t("ticket.automatic")}</${Badge}>`}</p>
        <p>${reply.redacted_at ? html`<em>${t("ticket.redacted")}</em>` : words[reply.reply_id]?.body ?? html`<span class="none">${t("ticket.unseen")}</span>`}</p>
        ${!reply.redacted_at && may("tickets:write") && seen.offer([redaction(ticket, reply.reply_id)])}
      </li>`,
    )}
  </ol>`;
}

/** @param {{ path: string, after: number }} props */
function Times({ path, after }) {
  const read = useRead(`${path}/times`, { after: after || null });
  return html`<${Sheet} title=${t("ticket.times")}>
    <${Shown} read=${read}>${(/** @type {any} */ body) => {
      const known = Object.entries(body.measures).filter(([, figure]) => figure.value != null);
      if (!known.length) return html`<${Empty} text=${t("ticket.no-times")} />`;
      return html`<${Pairs} pairs=${known.map(([name, figure]) => [word("measure", name), html`<span title=${figure.definition}>${figure.unit === "seconds" ? duration(figure.value) : figure.value}</span>`, name])} />`;
    }}</${Shown}>
  </${Sheet}>`;
}

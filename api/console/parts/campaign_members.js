// The members of a campaign, by variant and by what they reached, each with what can be done with it.
// @ts-check

import { query, set } from "../core/address.js";
import { useList } from "../core/list.js";
import { may } from "../core/session.js";
import { html } from "../core/view.js";
import { t, word } from "../core/words.js";
import { addMembers, memberCommands, touchCommands } from "./commands/campaign_members.js";
import { Link } from "./about.js";
import { Held, held, MEMBERS } from "./held.js";
import { Badge, Sheet } from "./pieces.js";
import { Behind, Empty, Loading, Refusal } from "./states.js";
import { More, paging, Table } from "./table.js";
import { Time } from "./time.js";

const STAGES = ["targeted", "suppressed", "sent", "delivered", "bounced", "opened", "clicked", "visited", "responded", "converted", "unsubscribed", "marked_as_spam", "removed"];
const COLUMNS = ["sent", "opened", "clicked", "converted"];

/** @param {{ campaign: any, seen: import("./thing.js").Seen }} props */
export function Members({ campaign, seen }) {
  const [stage, variant] = ["stage", "variant"].map((name) => query.value.get(name) ?? "");
  const brought = held("", [], MEMBERS);
  const list = useList(`/v1/campaigns/${campaign.id}/members`, { stage, variant, ...brought, limit: 50, after: seen.after || null });
  const writer = may("campaigns:write");
  const here = list.rows.filter((row) => !row.removed_at);
  /** @type {import("./table.js").Column[]} */
  const columns = [
    { title: t("campaign.member"), cell: (row) => html`<${Link} kind=${row.customer_id ? "customer" : "lead"} id=${row.customer_id ?? row.lead_id} />` },
    { title: t("by.variant"), cell: (row) => row.variant ?? "–" },
    { title: t("things.status"), cell: (row) => html`<${Standing} member=${row} />` },
    ...COLUMNS.map((name) => ({ title: word("measure", name), cell: (/** @type {any} */ row) => html`<${Time} at=${row[`${name}_at`]} precision="day" />` })),
  ];
  if (writer) columns.push({ title: t("command.title"), cell: (row) => seen.offer(memberCommands(campaign, row), t("command.title")) });
  const commands = writer ? [addMembers(campaign), ...(here.length ? [touchCommands(campaign, here)[0]] : [])] : [];
  return html`<${Sheet} title=${t("campaign.members")} wide aside=${seen.offer(commands)}>
    <form class="filters" role="search" aria-label=${t("filter.title")} onSubmit=${(/** @type {Event} */ event) => event.preventDefault()}>
      <${Choice} name="variant" label=${t("by.variant")} value=${variant} options=${variants(campaign)} />
      <${Choice} name="stage" label=${t("campaign.stage")} value=${stage} options=${STAGES.map((one) => [one, word("measure", one)])} />
    </form>
    <${Held} values=${brought} />
    ${!list.loading && html`<${Behind} position=${list.position} />`}
    ${list.refused && html`<${Refusal} refused=${list.refused} />`}
    ${!list.rows.length && list.loading && html`<${Loading} />`}
    ${!list.rows.length && !list.loading && !list.refused && html`<${Empty} text=${t(stage || variant || Object.keys(brought).length ? "state.none" : "campaign.members.none")} />`}
    ${list.rows.length > 0 && html`<${Table} caption=${t("campaign.members")} columns=${columns} rows=${list.rows} />
      <${More} ...${paging(list)} />`}
  </${Sheet}>`;
}

/** @param {any} campaign @returns {[string, string][]} */
function variants(campaign) {
  const codes = ["control", ...campaign.variants.map((/** @type {any} */ one) => one.code), ...(campaign.variants.length ? [] : ["treatment"])];
  return [...new Set(codes)].map((code) => [code, code]);
}

/** @param {{ name: string, label: string, value: string, options: [string, string][] }} props */
function Choice({ name, label, value, options }) {
  return html`<label>${label}<select name=${name} value=${value} onChange=${(/** @type {any} */ event) => set({ [name]: event.currentTarget.value })}>
    <option value="">${t("filter.any")}</option>${options.map(([code, shown]) => html`<option value=${code}>${shown}</option>`)}
  </select></label>`;
}

/** What a member reached last, in the order of the funnel; first what ended it. @param {{ member: any }} props */
function Standing({ member }) {
  const ends = ["removed", "suppressed", "unsubscribed", "marked_as_spam"].filter((name) => member[`${name}_at`]);
  if (ends.length) return html`<${Badge} tone="bad">${word("measure", ends[0])}</${Badge}>`;
  const reached = ["converted", "responded", "clicked", "opened", "delivered", "sent"].find((name) => member[`${name}_at`]) ?? "targeted";
  return html`<${Badge} tone=${reached === "converted" ? "good" : "plain"}>${word("measure", reached)}</${Badge}>`;
}

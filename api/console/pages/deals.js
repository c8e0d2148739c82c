// Deals on a board by stage. A card is dragged to its next stage; the keyboard does the same with the card's menu.
// @ts-check

import { go, query, set } from "../core/address.js";
import { refusal, send } from "../core/api.js";
import { sum } from "../core/decimals.js";
import { money } from "../core/format.js";
import { useRead } from "../core/reading.js";
import { may } from "../core/session.js";
import { html, useSignal } from "../core/view.js";
import { t } from "../core/words.js";
import { Commands } from "../parts/command.js";
import { openDeal } from "../parts/commands/deals.js";
import { Heading } from "../parts/pieces.js";
import { Empty, Refusal, Shown } from "../parts/states.js";
import { Time } from "../parts/time.js";

const MOST = 500;

export function Page() {
  const pipelines = useRead("/v1/pipelines", { limit: 100 });
  return html`<${Shown} read=${pipelines}>${(/** @type {any} */ body) => {
    if (!body.items.length) return html`<${Heading} title=${t("page.deals")} /><${Empty} text=${t("deal.no-pipeline")} />`;
    const pipeline = body.items.find((/** @type {any} */ one) => one.code === query.value.get("pipeline")) ?? body.items[0];
    return html`
      <${Heading} title=${t("page.deals")} aside=${html`<label class="inline">${t("deal.pipeline")}
        <select value=${pipeline.code} onChange=${(/** @type {any} */ event) => set({ pipeline: event.currentTarget.value })}>
          ${body.items.map((/** @type {any} */ one) => html`<option value=${one.code}>${one.name}</option>`)}
        </select></label>
        ${may("deals:write") && html`<${Commands} commands=${[openDeal(pipeline)]} onDone=${(/** @type {any} */ answer) => go(`/deals/${answer.body.id}`)} />`}`} />
      <${Board} pipeline=${pipeline} key=${pipeline.code} />
    `;
  }}</${Shown}>`;
}

/** @param {{ pipeline: any }} props */
function Board({ pipeline }) {
  const after = useSignal(0);
  const refused = useSignal(/** @type {import("../core/api.js").Refused | null} */ (null));
  const deals = useRead("/v1/deals", { pipeline: pipeline.code, status: "open", sort: "-last_activity_at", limit: MOST, after: after.value || null });

  /** @param {any} deal @param {string} stage */
  async function move(deal, stage) {
    if (deal.stage === stage) return;
    refused.value = null;
    try {
      after.value = (await send("PUT", `/v1/deals/${deal.id}/stage`, { stage }, `"${deal.version}"`)).position;
    } catch (error) {
      refused.value = refusal(error);
      after.value = -after.value; // Somebody else may have moved it: read again.
    }
  }

  return html`
    ${refused.value && html`<${Refusal} refused=${refused.value} />`}
    <${Shown} read=${deals}>${(/** @type {any} */ body) => html`
      <div class="board">
        ${pipeline.stages.map((/** @type {any} */ stage) => {
          const here = body.items.filter((/** @type {any} */ deal) => deal.stage === stage.code);
          return html`<${Stage} key=${stage.code} stage=${stage} stages=${pipeline.stages} deals=${here} onMove=${(/** @type {string} */ id) => {
            const deal = body.items.find((/** @type {any} */ one) => one.id === id);
            if (deal) move(deal, stage.code);
          }} onChoose=${move} />`;
        })}
      </div>
      ${body.next && html`<p class="soft">${t("deal.more", { n: MOST })}</p>`}
    `}</${Shown}>
  `;
}

/** @param {{ stage: any, stages: any[], deals: any[], onMove: (id: string) => void, onChoose: (deal: any, stage: string) => void }} props */
function Stage({ stage, stages, deals, onMove, onChoose }) {
  const over = useSignal(false);
  return html`<section class=${over.value ? "stage over" : "stage"} aria-label=${stage.name}
    onDragOver=${(/** @type {DragEvent} */ event) => (event.preventDefault(), (over.value = true))} onDragLeave=${() => (over.value = false)}
    onDrop=${(/** @type {DragEvent} */ event) => (event.preventDefault(), (over.value = false), onMove(event.dataTransfer?.getData("text/plain") ?? ""))}>
    <header><h2>${stage.name}</h2><span class="soft">${deals.length}</span></header>
    ${sums(deals).map((text) => html`<p class="soft">${text}</p>`)}
    ${deals.map((deal) => html`<${Card} key=${deal.id} deal=${deal} stages=${stages} onChoose=${onChoose} />`)}
  </section>`;
}

/** The sum of each currency: two currencies are never added. @param {any[]} deals */
function sums(deals) {
  const currencies = [...new Set(deals.flatMap(({ amount, currency }) => (amount == null ? [] : currency)))];
  return currencies.map((currency) => money(sum(deals.flatMap((deal) => (deal.amount != null && deal.currency === currency ? deal.amount : []))), currency));
}

/** @param {{ deal: any, stages: any[], onChoose: (deal: any, stage: string) => void }} props */
function Card({ deal, stages, onChoose }) {
  const movable = may("deals:write");
  return html`<article class="card" draggable=${movable} onDragStart=${(/** @type {DragEvent} */ event) => event.dataTransfer?.setData("text/plain", deal.id)}>
    <a href=${`/deals/${deal.id}`}>${t("page.deal")} ${deal.number}</a> ${deal.amount && html`<strong>${money(deal.amount, deal.currency)}</strong>`}
    <p class="soft">${deal.owner ?? "–"} · <${Time} at=${deal.staged_at} precision="day" /></p>
    ${movable && html`<label class="hidden">${t("deal.stage")}<select value=${deal.stage} onChange=${(/** @type {any} */ event) => onChoose(deal, event.currentTarget.value)}>
      ${stages.map((stage) => html`<option value=${stage.code}>${stage.name}</option>`)}
    </select></label>`}
  </article>`;
}

// How the deployment does, and what an operator does about it: one view for each kind of work.
// @ts-check

import { query, with_ } from "../core/address.js";
import { number } from "../core/format.js";
import { useRead } from "../core/reading.js";
import { may } from "../core/session.js";
import { html, useEffect, useSignal } from "../core/view.js";
import { t, word } from "../core/words.js";
import { DeadLetters } from "../parts/dead_letters.js";
import { Imports } from "../parts/imports.js";
import { Jobs } from "../parts/jobs.js";
import { Keys } from "../parts/keys.js";
import { Heading, Tile } from "../parts/pieces.js";
import { ReadModels } from "../parts/read_models.js";
import { Followers, Relay } from "../parts/relay.js";
import { Shown } from "../parts/states.js";
import { Ago } from "../parts/time.js";
import { Webhooks } from "../parts/webhooks.js";

const EVERY = 2000; // Milliseconds between two looks at the positions.

/** @type {{ name: string, permission: string, Part: () => any }[]} */
const VIEWS = [
  { name: "state", permission: "operations:read", Part: State },
  { name: "imports", permission: "imports:run", Part: Imports },
  { name: "webhooks", permission: "webhooks:read", Part: Webhooks },
  { name: "keys", permission: "keys:read", Part: Keys },
];

export function Page() {
  const seen = VIEWS.filter(({ permission }) => may(permission));
  const view = seen.find(({ name }) => name === query.value.get("view")) ?? seen[0];
  return html`
    <${Heading} title=${t("page.operations")} />
    <nav class="tabs" aria-label=${t("page.operations")}>
      ${seen.map(({ name }) => html`<a key=${name} class="tab" href=${with_({ view: name })} aria-current=${name === view.name ? "page" : undefined}>${t(`operations.view.${name}`)}</a>`)}
    </nav>
    <${view.Part} key=${view.name} />
  `;
}

function State() {
  const turn = useSignal(0);
  useEffect(() => {
    const timer = setInterval(() => (turn.value += 1), EVERY);
    return () => clearInterval(timer);
  }, []);
  const status = useRead("/v1/status", {}, turn.value);
  return html`
    <${Shown} read=${{ ...status, loading: false }}>${(/** @type {any} */ body) => html`<${Status} status=${body} />`}</${Shown}>
    <${DeadLetters} />
    <${Jobs} again=${turn.value} />
    ${status.answer && html`<${ReadModels} models=${status.answer.body.projections} />`}
  `;
}

/** @param {{ status: any }} props */
function Status({ status }) {
  return html`
    <div class="tiles">
      <${Tile} value=${t(status.healthy ? "operations.healthy" : "operations.degraded")} name=${t("operations.health")} tone=${status.healthy ? "" : "bad"} />
      <${Tile} value=${word("deployment", status.deployment)} name=${t("operations.deployment")} />
      <${Tile} value=${`#${number(status.head)}`} name=${t("operations.head")} />
      <${Tile} value=${number(status.unreadable_events)} name=${t("operations.unreadable")} tone=${status.unreadable_events ? "bad" : ""} />
    </div>
    ${status.troubles.map((/** @type {any} */ trouble) => html`<div class="state failed" role="alert"><strong>${trouble.code}</strong> <${Ago} at=${trouble.since} /><p>${trouble.detail}</p></div>`)}
    <div class="sheets"><${Relay} status=${status} /><${Followers} status=${status} /></div>
  `;
}

// The page of one thing, at any moment: what it is, its history, and a slider over its past. What a page adds are its sheets.
// @ts-check

import { differences } from "../core/differences.js";
import { useMoment } from "../core/moments.js";
import { useRead } from "../core/reading.js";
import { html, useMemo, useSignal } from "../core/view.js";
import { t } from "../core/words.js";
import { Commands } from "./command.js";
import { History } from "./history.js";
import { Slider, moment } from "./moment.js";
import { Badge, Heading } from "./pieces.js";
import { Shown } from "./states.js";

/**
 * @typedef {object} Seen
 * @property {Set<string>} changed the fields that differ from the moment shown before
 * @property {boolean} past it is not shown as of now
 * @property {number} after the position of the reader's last command
 * @property {(commands: import("./command.js").Wanted[], title?: string) => any} offer commands that belong to a part of the page, as of now only;
 *   with a title they are a menu
 */

/**
 * @param {{ path: string, title: (body: any) => any, badges?: (body: any) => any, children: (body: any, seen: Seen) => any,
 *   commands?: (body: any) => import("./command.js").Wanted[] }} props
 *   `commands` are offered as of now only
 */
export function Thing({ path, title, badges, children, commands }) {
  const after = useSignal(0);
  const at = moment();
  const past = at.as_of != null || at.effective_at != null;
  const now = { after: after.value || null };
  const thing = useMoment(path, { ...at, ...now }, after.value);
  const history = useRead(`${path}/history`, { ...now, sentences: true, limit: 200 });
  const events = history.answer?.body.items ?? [];
  const ticks = useMemo(() => ticksOf(events), [events]);
  return html`
    <${Shown} read=${thing}>${(/** @type {any} */ body, /** @type {any} */ answer) => {
      const changed = new Set(thing.before ? differences(thing.before, body).map(({ name }) => name) : []);
      const offer = (/** @type {import("./command.js").Wanted[]} */ some, menu = "") => {
        if (past || !some.length) return null;
        const wanted = some.map((command) => ({ on: { path, body, tag: answer.tag }, ...command, ...(menu && { menu }) }));
        // Until the page shows what the reader's last command did, the next one would begin from what is no longer so.
        return html`<${Commands} commands=${wanted} disabled=${answer.position < after.value} onDone=${(/** @type {any} */ done) => (after.value = done.position)} />`;
      };
      return html`
        <${Heading} title=${title(body)} aside=${offer(commands?.(body) ?? [])}>
          <p class="soft">${badges?.(body)} <code>${body.id}</code> v${body.version} ${past && html`<${Badge} tone="warn">${t("moment.past")}</${Badge}>`}</p>
        </${Heading}>
        <div class="sheets">${children(body, { changed, past, after: after.value, offer })}</div>
      `;
    }}</${Shown}>
    <${History} read=${history} />
    ${events.length > 0 && html`<${Slider} ticks=${ticks} />`}
  `;
}

/** The moments at which something was recorded, and at which it happened. @param {any[]} events of one stream */
function ticksOf(events) {
  const known = events.filter((event) => event.metadata);
  return {
    recorded: counted(known, (event) => event.metadata.recorded_at),
    occurred: counted(known, (event) => event.metadata.occurred_at),
  };
}

/** @param {any[]} events @param {(event: any) => string} time @returns {import("./moment.js").Tick[]} */
function counted(events, time) {
  /** @type {Map<number, import("./moment.js").Tick>} */
  const ticks = new Map();
  for (const event of events) {
    const at = time(event);
    const tick = ticks.get(Date.parse(at)) ?? { at, events: 0 };
    ticks.set(Date.parse(at), { ...tick, events: tick.events + 1 });
  }
  return [...ticks].sort(([one], [other]) => one - other).map(([, tick]) => tick);
}

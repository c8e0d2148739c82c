// The time slider: a moment on two tracks. What was known by then, and what had happened by then.
// @ts-check

import { query, set } from "../core/address.js";
import { number, when } from "../core/format.js";
import { html, useEffect, useMemo, useRef, useSignal } from "../core/view.js";
import { t } from "../core/words.js";

/** @typedef {{ at: string, events: number, position?: number }} Tick a tick of what is known has a position */
/** @typedef {{ as_of: string | null, effective_at: string | null }} Moment */

const STILL = 60; // Milliseconds that the slider rests before its moment is read.

/** The moment of the address bar, under the names that the API has for it. @returns {Moment} */
export function moment() {
  return { as_of: query.value.get("as_of"), effective_at: query.value.get("effective_at") };
}

/** @param {{ ticks: { recorded: Tick[], occurred: Tick[] } }} props */
export function Slider({ ticks }) {
  const { as_of, effective_at } = moment();
  const past = as_of != null || effective_at != null;
  return html`<section class="slider" aria-label=${t("moment.title")}>
    <${Track} name="effective_at" label=${t("moment.happened")} ticks=${ticks.occurred} at=${effective_at} />
    <${Track} name="as_of" label=${t("moment.known")} ticks=${ticks.recorded} at=${as_of} />
    <p>
      ${past ? html`<button onClick=${() => set({ as_of: null, effective_at: null })}>${t("moment.now")}</button>` : html`<span class="soft">${t("moment.drag")}</span>`}
    </p>
  </section>`;
}

/** @param {{ name: keyof Moment, label: string, ticks: Tick[], at: string | null }} props */
function Track({ name, label, ticks, at }) {
  const last = ticks.length; // One step after the last tick is now.
  const place = useSignal(last);
  const later = useRef(0);
  const moving = useRef(false);
  useEffect(() => {
    if (!moving.current) place.value = at == null ? last : found(ticks, at);
  }, [at, last]);

  /** @param {any} event */
  function move(event) {
    place.value = Number(event.currentTarget.value);
    moving.current = true;
    clearTimeout(later.current);
    later.current = window.setTimeout(() => {
      moving.current = false;
      set({ [name]: place.value >= last ? null : named(ticks[place.value]) });
    }, STILL);
  }

  const text = place.value >= last ? t("moment.now") : when(ticks[place.value].at, "second");
  return html`<div class="track">
    <span class="track-name">${label}</span>
    <div class="rule">
      <${Density} ticks=${ticks} />
      <input type="range" min="0" max=${last} value=${place.value} onInput=${move} aria-label=${label} aria-valuetext=${text} disabled=${!last} />
    </div>
    <output>${text}</output>
  </div>`;
}

/** The moment of a tick as the API takes it. @param {Tick} tick */
function named(tick) {
  return String(tick.position ?? tick.at);
}

/** The place of the last tick up to this moment: a position or an instant. @param {Tick[]} ticks @param {string} at */
function found(ticks, at) {
  const position = /^\d+$/.test(at) ? Number(at) : null;
  const instant = Date.parse(at);
  const place = ticks.findLastIndex((tick) => (position == null ? Date.parse(tick.at) <= instant : (tick.position ?? 0) <= position));
  return Math.max(place, 0);
}

/** How many facts there are at each step. @param {{ ticks: Tick[] }} props */
function Density({ ticks }) {
  const bars = useMemo(() => {
    const most = Math.max(...ticks.map((tick) => tick.events), 1);
    const width = Math.min(0.6, ticks.length / 160);
    return ticks.map((tick, place) => {
      const height = 4 + (14 * tick.events) / most;
      return html`<rect x=${place - width / 2} y=${18 - height} width=${width} height=${height}><title>${number(tick.events)}</title></rect>`;
    });
  }, [ticks]);
  return html`<svg class="density" viewBox=${`0 0 ${ticks.length} 18`} preserveAspectRatio="none" aria-hidden="true">${bars}</svg>`;
}

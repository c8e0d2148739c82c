// Answers as of a moment, kept while the page is open: a slider comes back to the moments that it has passed.
// @ts-check

import { address } from "./api.js";
import { asking } from "./reading.js";
import { useEffect, useSignal } from "./view.js";

const MOST = 60;

/**
 * What was asked of this path at other moments, and what the moment shown last had been: so a page can show what changed.
 * @param {string} path @param {import("./api.js").Parameters} parameters @param {unknown} [again] what was kept is dropped when it changes
 * @returns {import("./reading.js").Read & { before: any }}
 */
export function useMoment(path, parameters, again) {
  const state = useSignal(/** @type {import("./reading.js").Read & { before: any }} */ ({ answer: null, refused: null, loading: true, before: null }));
  const kept = useSignal(/** @type {Map<string, import("./api.js").Answer<any>>} */ (new Map()));
  const asked = address(path, parameters);

  useEffect(() => void (kept.value = new Map()), [path, again]);
  useEffect(() => {
    const show = (/** @type {import("./api.js").Answer<any>} */ answer) => {
      const shown = state.peek().answer;
      state.value = { answer, refused: null, loading: false, before: shown?.body.id === answer.body.id ? shown?.body : null };
    };
    const keep = (/** @type {import("./api.js").Answer<any>} */ answer) => {
      const answers = kept.peek();
      if (answers.size >= MOST) answers.delete(/** @type {string} */ (answers.keys().next().value));
      answers.set(asked, answer);
      show(answer);
    };
    const known = kept.peek().get(asked);
    if (known) return void show(known);
    state.value = { ...state.peek(), loading: true };
    return asking(asked, {}, keep, (refused) => (state.value = { answer: null, refused, loading: false, before: null }));
  }, [asked, again]);
  return state.value;
}

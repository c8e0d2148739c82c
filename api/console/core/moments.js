// Answers as of a moment, kept while the page is open: a slider comes back to the moments that it has passed.
// @ts-check

import { address, get, refusal } from "./api.js";
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
    const stop = new AbortController();
    const show = (/** @type {import("./api.js").Answer<any>} */ answer) => {
      const shown = state.peek().answer;
      state.value = { answer, refused: null, loading: false, before: shown?.body.id === answer.body.id ? shown?.body : null };
    };
    const known = kept.peek().get(asked);
    if (known) {
      show(known);
      return;
    }
    state.value = { ...state.peek(), loading: true };
    get(asked, {}, stop.signal).then(
      (answer) => {
        if (stop.signal.aborted) return;
        const answers = kept.peek();
        if (answers.size >= MOST) answers.delete(/** @type {string} */ (answers.keys().next().value));
        answers.set(asked, answer);
        show(answer);
      },
      (error) => {
        if (stop.signal.aborted) return;
        const refused = refusal(error);
        state.value = { answer: null, refused, loading: false, before: null };
      },
    );
    return () => stop.abort();
  }, [asked, again]);
  return state.value;
}

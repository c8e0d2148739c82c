// Reads that a page shows: what was asked last stays visible while the next answer is on its way.
// @ts-check

import { get, refusal } from "./api.js";
import { useEffect, useSignal } from "./view.js";

/** @typedef {{ answer: import("./api.js").Answer<any> | null, refused: import("./api.js").Refused | null, loading: boolean }} Read */

const NOTHING = /** @type {Read} */ ({ answer: null, refused: null, loading: true });

/**
 * Reads this path, again whenever the path, a parameter or `again` changes. A late answer to an earlier question is dropped.
 * @param {string | null} path none: nothing is asked
 * @param {import("./api.js").Parameters} [parameters] @param {unknown} [again]
 */
export function useRead(path, parameters = {}, again = null) {
  const state = useSignal(NOTHING);
  const asked = JSON.stringify([path, parameters, again]);
  useEffect(() => {
    if (!path) return;
    const stop = new AbortController();
    state.value = { ...state.peek(), loading: true };
    get(path, parameters, stop.signal).then(
      (answer) => {
        if (!stop.signal.aborted) state.value = { answer, refused: null, loading: false };
      },
      (error) => {
        if (stop.signal.aborted) return;
        const refused = refusal(error);
        state.value = { answer: null, refused, loading: false };
      },
    );
    return () => stop.abort();
  }, [asked]);
  return state.value;
}

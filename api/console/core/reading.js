// Reads that a page shows: what was asked last stays visible while the next answer is on its way.
// @ts-check

import { get, refusal } from "./api.js";
import { useEffect, useSignal } from "./view.js";

/** @typedef {{ answer: import("./api.js").Answer<any> | null, refused: import("./api.js").Refused | null, loading: boolean }} Read */

const NOTHING = /** @type {Read} */ ({ answer: null, refused: null, loading: true });

/**
 * Asks once. The result drops the answer if it is still on its way: a page shows answers to its last question only.
 * @param {string} path @param {import("./api.js").Parameters} parameters
 * @param {(answer: import("./api.js").Answer<any>) => void} onAnswer @param {(refused: import("./api.js").Refused) => void} onRefused
 */
export function asking(path, parameters, onAnswer, onRefused) {
  const stop = new AbortController();
  get(path, parameters, stop.signal).then(
    (answer) => void (stop.signal.aborted || onAnswer(answer)),
    (error) => void (stop.signal.aborted || onRefused(refusal(error))),
  );
  return () => stop.abort();
}

/**
 * Reads this path, again whenever the path, a parameter or `again` changes.
 * @param {string | null} path none: nothing is asked
 * @param {import("./api.js").Parameters} [parameters] @param {unknown} [again]
 */
export function useRead(path, parameters = {}, again = null) {
  const state = useSignal(NOTHING);
  const asked = JSON.stringify([path, parameters, again]);
  useEffect(() => {
    if (!path) return;
    state.value = { ...state.peek(), loading: true };
    return asking(
      path,
      parameters,
      (answer) => (state.value = { answer, refused: null, loading: false }),
      (refused) => (state.value = { answer: null, refused, loading: false }),
    );
  }, [asked]);
  return state.value;
}

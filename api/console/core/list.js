// A list of the API, page after page by its cursors: 100,000 rows are read as far as the reader scrolls.
// @ts-check

import { get, refusal } from "./api.js";
import { useEffect, useSignal } from "./view.js";

/**
 * @typedef {object} Listed
 * @property {any[]} rows @property {boolean} more @property {boolean} loading @property {import("./api.js").Refused | null} refused
 * @property {number} position @property {() => void} next reads one more page
 */

/**
 * @param {string} path @param {import("./api.js").Parameters} parameters
 * @returns {Listed}
 */
export function useList(path, parameters) {
  const rows = useSignal(/** @type {any[]} */ ([]));
  const next = useSignal(/** @type {string | null} */ (null));
  const state = useSignal({ loading: true, refused: /** @type {import("./api.js").Refused | null} */ (null), position: 0 });
  const asked = JSON.stringify([path, parameters]);

  /** @param {string} from @param {import("./api.js").Parameters} wanted @param {AbortSignal} [stop] */
  async function read(from, wanted, stop) {
    state.value = { ...state.peek(), loading: true, refused: null };
    try {
      const { body, position } = await get(from, wanted, stop);
      if (stop?.aborted) return;
      rows.value = from === path ? body.items : [...rows.peek(), ...body.items];
      next.value = body.next;
      state.value = { loading: false, refused: null, position };
    } catch (error) {
      if (stop?.aborted) return;
      const refused = refusal(error);
      if (from === path) rows.value = []; // What is shown must be what was asked for.
      state.value = { ...state.peek(), loading: false, refused };
    }
  }

  useEffect(() => {
    const stop = new AbortController();
    read(path, parameters, stop.signal);
    return () => stop.abort();
  }, [asked]);

  return {
    rows: rows.value,
    more: next.value != null,
    ...state.value,
    next: () => void (next.value && !state.value.loading && read(next.value, {})),
  };
}

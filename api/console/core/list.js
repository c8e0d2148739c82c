// A list of the API, page after page by its cursors: 100,000 rows are read as far as the reader scrolls.
// @ts-check

import { asking } from "./reading.js";
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
  const stop = useSignal(() => {});
  const asked = JSON.stringify([path, parameters]);

  /** Reads a page, after which the next one can be wanted. @param {string} from @param {import("./api.js").Parameters} wanted @param {any[]} before the rows of the pages before it */
  function read(from, wanted, before) {
    stop.peek()();
    state.value = { ...state.peek(), loading: true, refused: null };
    stop.value = asking(
      from,
      wanted,
      ({ body, position }) => {
        rows.value = [...before, ...body.items];
        next.value = body.next;
        state.value = { loading: false, refused: null, position };
      },
      (refused) => {
        rows.value = before; // What is shown must be what was asked for.
        state.value = { ...state.peek(), loading: false, refused };
      },
    );
  }

  useEffect(() => {
    read(path, parameters, []);
    return () => stop.peek()();
  }, [asked]);

  return {
    rows: rows.value,
    more: next.value != null,
    ...state.value,
    next: () => void (next.value && !state.value.loading && read(next.value, {}, rows.peek())),
  };
}

// A list of the API, page after page by its cursors: 100,000 rows are read as far as the reader scrolls. The page holds at most
// MOST of them: then the next ones take their place, so a long list stays as quick as a short one.
// @ts-check

import { address } from "./api.js";
import { asking } from "./reading.js";
import { useEffect, useSignal } from "./view.js";

export const MOST = 500;

/** @typedef {{ address: string, before: number }} Place where the rows that are shown begin: rows `before` them were shown earlier */

/**
 * @typedef {object} Listed
 * @property {any[]} rows @property {boolean} more @property {boolean} loading @property {import("./api.js").Refused | null} refused
 * @property {number} position @property {number} before how many rows come before those that are shown
 * @property {boolean} full the next page takes the place of these rows
 * @property {() => void} next reads one more page @property {() => void} earlier reads the rows before those that are shown
 */

/**
 * @param {string} path @param {import("./api.js").Parameters} parameters
 * @returns {Listed}
 */
export function useList(path, parameters) {
  const rows = useSignal(/** @type {any[]} */ ([]));
  const next = useSignal(/** @type {string | null} */ (null));
  const state = useSignal({ loading: true, refused: /** @type {import("./api.js").Refused | null} */ (null), position: 0 });
  const places = useSignal(/** @type {Place[]} */ ([]));
  const stop = useSignal(() => {});
  const asked = JSON.stringify([path, parameters]);

  /** Reads a page. With `begun` its rows take the place of those that are shown; else they follow them. @param {string} from @param {Place[]} [begun] */
  function read(from, begun) {
    stop.peek()();
    state.value = { ...state.peek(), loading: true, refused: null };
    stop.value = asking(
      from,
      {},
      ({ body, position }) => {
        rows.value = begun ? body.items : [...rows.peek(), ...body.items];
        places.value = begun ?? places.peek();
        next.value = body.next;
        state.value = { loading: false, refused: null, position };
      },
      (refused) => {
        if (begun?.length === 1) rows.value = []; // What is shown must be what was asked for.
        state.value = { ...state.peek(), loading: false, refused };
      },
    );
  }

  useEffect(() => {
    const first = address(path, parameters);
    read(first, [{ address: first, before: 0 }]);
    return () => stop.peek()();
  }, [asked]);

  const before = places.value.at(-1)?.before ?? 0;
  const full = rows.value.length >= MOST;
  return {
    rows: rows.value,
    more: next.value != null,
    before,
    full,
    ...state.value,
    next() {
      if (!next.value || state.value.loading) return;
      const place = { address: next.value, before: before + rows.value.length };
      read(next.value, full ? [...places.value, place] : undefined);
    },
    earlier() {
      const begun = places.value.slice(0, -1);
      if (begun.length) read(begun[begun.length - 1].address, begun);
    },
  };
}

// Facts as they are recorded, by server-sent events. The browser reconnects by itself and continues where it was.
// @ts-check

import { signal, useEffect, useSignal } from "./view.js";

/** Whether the last stream is connected. */
export const connected = signal(false);

/**
 * The latest facts, newest first.
 * @param {string | null} path of a stream; none: nothing is read @param {number} [most] how many are kept
 */
export function useLive(path, most = 50) {
  const facts = useSignal(/** @type {any[]} */ ([]));
  useEffect(() => {
    if (!path) return;
    const source = new EventSource(path);
    source.onopen = () => (connected.value = true);
    source.onerror = () => (connected.value = false);
    source.onmessage = ({ data }) => (facts.value = [JSON.parse(data), ...facts.value].slice(0, most));
    return () => {
      source.close();
      connected.value = false;
    };
  }, [path]);
  return facts;
}

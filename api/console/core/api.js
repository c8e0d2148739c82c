// Requests to the public API: nothing else is asked, and no other host.
// @ts-check

import { me } from "./session.js";
import { signal } from "./view.js";

/** The highest position that any answer has named. An answer with a lower one lags behind what is known. */
export const latest = signal(0);

/** @typedef {Record<string, string | number | boolean | string[] | null | undefined>} Parameters */

/** What the API refused, or why it could not be asked. `status` is 0 if it did not answer. */
export class Refused extends Error {
  /** @param {number} status @param {Record<string, any>} problem an RFC 9457 document */
  constructor(status, problem) {
    super(problem.detail ?? problem.title ?? String(status));
    this.status = status;
    this.problem = problem;
  }
}

/** What went wrong, as a refusal; an error of another kind has status 0. @param {unknown} error */
export function refusal(error) {
  return error instanceof Refused ? error : new Refused(0, { title: String(error) });
}

/** @template Body @typedef {{ body: Body, position: number, tag: string | null, next: string | null }} Answer */

/**
 * @param {string} path @param {Parameters} [parameters] those without a value are left out
 */
export function address(path, parameters = {}) {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) {
    if (value == null || value === "") continue;
    for (const one of Array.isArray(value) ? value : [value]) query.append(name, String(one));
  }
  const text = query.toString();
  return text ? `${path}?${text}` : path;
}

/**
 * @param {string} path @param {Parameters} [parameters] @param {AbortSignal} [signal]
 * @returns {Promise<Answer<any>>}
 */
export function get(path, parameters, signal) {
  return ask(address(path, parameters), { signal });
}

/**
 * A command. `tag` is the version that it changes: if someone else was faster, it is refused with 412. A command that is sent again
 * with the same `key` is carried out once.
 * @param {"POST" | "PATCH" | "PUT" | "DELETE"} method @param {string} path @param {unknown} [body] @param {string | null} [tag] @param {string} [key]
 */
export function send(method, path, body, tag, key = crypto.randomUUID()) {
  /** @type {Record<string, string>} */
  const headers = { "Idempotency-Key": key };
  if (me.value?.csrf_token) headers["X-CSRF-Token"] = me.value.csrf_token;
  if (body !== undefined) headers["Content-Type"] = method === "PATCH" ? "application/merge-patch+json" : "application/json";
  if (tag) headers["If-Match"] = tag;
  return ask(path, { method, headers, body: body === undefined ? undefined : JSON.stringify(body) });
}

/**
 * A request as it is given. Raises Refused.
 * @param {string} path @param {RequestInit} init @returns {Promise<Answer<any>>}
 */
export async function ask(path, init) {
  let answer;
  try {
    answer = await fetch(path, { credentials: "same-origin", ...init });
  } catch (error) {
    if (init.signal?.aborted) throw error;
    throw new Refused(0, { title: "no-answer" });
  }
  const body = await parsed(answer);
  if (!answer.ok) {
    if (answer.status === 401 && me.value) me.value = null; // The session has ended.
    throw new Refused(answer.status, body ?? {});
  }
  const position = Number(answer.headers.get("Position"));
  latest.value = Math.max(latest.peek(), position);
  return { body, position, tag: answer.headers.get("ETag"), next: body?.next ?? null };
}

/** @param {Response} answer */
async function parsed(answer) {
  const text = await answer.text();
  if (!text) return null;
  try {
    return JSON.parse(text);
  } catch {
    return { title: answer.statusText };
  }
}

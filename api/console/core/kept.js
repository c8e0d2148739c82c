// What the browser keeps of the reader's choices: language, theme, columns of lists. Nothing of a customer is ever kept.
// @ts-check

import { signal } from "./view.js";

/**
 * A choice that outlives the page.
 * @template {string} Choice
 * @param {string} name @param {Choice} otherwise
 */
export function kept(name, otherwise) {
  const choice = signal(/** @type {Choice} */ (read(name) ?? otherwise));
  choice.subscribe((value) => write(name, value));
  return choice;
}

/** @param {string} name */
function read(name) {
  try {
    return localStorage.getItem(`recount.${name}`);
  } catch {
    return null; // The reader's browser keeps nothing.
  }
}

/** @param {string} name @param {string} value */
function write(name, value) {
  try {
    localStorage.setItem(`recount.${name}`, value);
  } catch {
    // The choice lasts as long as the page.
  }
}

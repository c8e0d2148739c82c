// The address bar: which page is shown, and what of its state can be sent to somebody.
// @ts-check

import { computed, signal } from "./view.js";

const here = signal(new URL(location.href));

export const path = computed(() => here.value.pathname);
export const query = computed(() => here.value.searchParams);

addEventListener("popstate", () => (here.value = new URL(location.href)));
// A link within the console changes the page without loading it; a link to anything else is left to the browser.
addEventListener("click", (event) => {
  const link = /** @type {Element} */ (event.target).closest?.("a[href]");
  if (!(link instanceof HTMLAnchorElement) || event.defaultPrevented) return;
  const plain = event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey;
  if (!plain || link.target || link.hasAttribute("download") || link.origin !== location.origin) return;
  const within = link.hash !== "" && link.pathname === location.pathname && link.search === location.search;
  if (within || !isPage(link.pathname)) return;
  event.preventDefault();
  go(link.href);
});

/** @param {string} pathname */
function isPage(pathname) {
  return !/^\/(v1|docs|openapi\.json|health|metrics|console)(\/|$)/.test(pathname);
}

/** Shows another page. @param {string} to @param {{ replace?: boolean }} [options] replace: without a step in the history */
export function go(to, { replace = false } = {}) {
  const next = new URL(to, location.href);
  const moved = next.pathname !== location.pathname;
  history[replace ? "replaceState" : "pushState"](null, "", next);
  here.value = next;
  if (moved) scrollTo(0, 0);
}

/**
 * Sets parameters of this page's address; a value of null takes one away.
 * @param {Record<string, string | null>} values @param {{ replace?: boolean }} [options]
 */
export function set(values, options = { replace: true }) {
  const next = new URL(location.href);
  for (const [name, value] of Object.entries(values)) {
    if (value == null || value === "") next.searchParams.delete(name);
    else next.searchParams.set(name, value);
  }
  if (next.href !== location.href) go(next.href, options);
}

/** This page's address with other parameters. @param {Record<string, string | null>} values */
export function with_(values) {
  const next = new URL(here.value);
  for (const [name, value] of Object.entries(values)) {
    if (value == null) next.searchParams.delete(name);
    else next.searchParams.set(name, value);
  }
  return next.pathname + next.search;
}

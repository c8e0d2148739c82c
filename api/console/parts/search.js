// The search over everything: `/` or Ctrl-K. Customers by name, e-mail or phone; orders and tickets by number; events by position.
// @ts-check

import { go } from "../core/address.js";
import { get } from "../core/api.js";
import { may } from "../core/session.js";
import { html, useEffect, useRef, useSignal } from "../core/view.js";
import { t, word } from "../core/words.js";

/** @typedef {{ kind: string, title: string, more: string, href: string }} Hit */

const PATIENCE = 160; // Milliseconds without a key stroke before a search begins.
const ID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** @type {{ kind: string, permission: string, fits: (text: string) => boolean, find: (text: string, stop: AbortSignal) => Promise<Hit[]> }[]} */
const PLACES = [
  {
    kind: "customer",
    permission: "personal:read",
    fits: (text) => text.length > 1,
    find: async (text, stop) =>
      (await get("/v1/customers", { q: text, limit: 6 }, stop)).body.items.map((/** @type {any} */ row) => ({
        kind: "customer",
        title: row.name ?? row.id,
        more: word("kind", row.kind),
        href: `/customers/${row.id}`,
      })),
  },
  {
    kind: "customer",
    permission: "customers:read",
    fits: (text) => ID.test(text),
    find: async (text, stop) => {
      const { body } = await get(`/v1/customers/${text}`, {}, stop);
      return [{ kind: "customer", title: body.name ?? body.id, more: word("kind", body.kind), href: `/customers/${body.id}` }];
    },
  },
  ...[
    { kind: "order", permission: "orders:read", list: "orders" },
    { kind: "ticket", permission: "tickets:read", list: "tickets" },
    { kind: "deal", permission: "deals:read", list: "deals" },
  ].map(({ kind, permission, list }) => ({
    kind,
    permission,
    fits: (/** @type {string} */ text) => /\d/.test(text) && !ID.test(text),
    find: async (/** @type {string} */ text, /** @type {AbortSignal} */ stop) =>
      (await get(`/v1/${list}`, { number: text.replace(/^#/, ""), limit: 3 }, stop)).body.items.map((/** @type {any} */ row) => ({
        kind,
        title: row.number,
        more: word("status", row.order_status ?? row.status),
        href: `/${list}/${row.id}`,
      })),
  })),
  {
    kind: "event",
    permission: "events:read",
    fits: (text) => /^#?\d+$/.test(text),
    find: async (text, stop) => {
      const { body } = await get(`/v1/events/${text.replace("#", "")}`, {}, stop);
      return [{ kind: "event", title: `#${body.position}`, more: body.type, href: `/events/${body.position}` }];
    },
  },
];

export function Search() {
  const text = useSignal("");
  const hits = useSignal(/** @type {Hit[] | null} */ (null));
  const chosen = useSignal(0);
  const field = useRef(/** @type {HTMLInputElement | null} */ (null));

  useEffect(() => {
    /** @param {KeyboardEvent} event */
    function shortcut(event) {
      const typing = /** @type {Element} */ (event.target).matches?.("input, textarea, select, [contenteditable]");
      if ((event.key === "/" && !typing) || (event.key === "k" && (event.ctrlKey || event.metaKey))) {
        event.preventDefault();
        field.current?.focus();
      }
    }
    addEventListener("keydown", shortcut);
    return () => removeEventListener("keydown", shortcut);
  }, []);

  useEffect(() => {
    const wanted = text.value.trim();
    hits.value = null;
    if (!wanted) return;
    const stop = new AbortController();
    const later = setTimeout(async () => {
      const places = PLACES.filter((place) => may(place.permission) && place.fits(wanted));
      const found = await Promise.all(places.map((place) => place.find(wanted, stop.signal).catch(() => [])));
      if (stop.signal.aborted) return;
      const every = new Map(found.flat().map((hit) => [hit.href, hit]));
      hits.value = [...every.values()];
      chosen.value = 0;
    }, PATIENCE);
    return () => {
      clearTimeout(later);
      stop.abort();
    };
  }, [text.value]);

  /** @param {Hit} hit */
  function open(hit) {
    text.value = "";
    field.current?.blur();
    go(hit.href);
  }

  /** @param {KeyboardEvent} event */
  function onKey(event) {
    const last = (hits.value?.length ?? 0) - 1;
    if (event.key === "Escape") text.value = "";
    else if (event.key === "ArrowDown") chosen.value = Math.min(chosen.value + 1, last);
    else if (event.key === "ArrowUp") chosen.value = Math.max(chosen.value - 1, 0);
    else if (event.key === "Enter" && hits.value?.[chosen.value]) open(hits.value[chosen.value]);
    else return;
    event.preventDefault();
  }

  const shown = text.value.trim() !== "";
  return html`<div class="search" role="search">
    <input ref=${field} type="search" role="combobox" aria-expanded=${shown} aria-controls="hits" aria-autocomplete="list"
      aria-activedescendant=${hits.value?.length ? `hit-${chosen.value}` : undefined} aria-label=${t("search.label")}
      placeholder=${t("search.placeholder")} value=${text.value} onKeyDown=${onKey}
      onInput=${(/** @type {any} */ event) => (text.value = event.currentTarget.value)} />
    ${shown && html`<ul id="hits" role="listbox" aria-label=${t("search.hits")}>
      ${hits.value?.map(
        (hit, place) => html`<li id=${`hit-${place}`} role="option" aria-selected=${place === chosen.value} onMouseDown=${() => open(hit)}>
          <span class="kind">${t(`search.${hit.kind}`)}</span> ${hit.title} <span class="soft">${hit.more}</span>
        </li>`,
      )}
      ${!hits.value?.length && html`<li class="soft" role="option" aria-disabled="true">${t(hits.value ? "search.none" : "state.loading")}</li>`}
    </ul>`}
  </div>`;
}

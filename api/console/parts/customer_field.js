// A field for a customer: an id, found by name where the reader may see names.
// @ts-check

import { get } from "../core/api.js";
import { may } from "../core/session.js";
import { html, useEffect, useSignal } from "../core/view.js";
import { t } from "../core/words.js";
import { wrong } from "./field_values.js";

const PATIENCE = 160; // Milliseconds without a key stroke before a search begins.
const ID = "[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}";

/** @param {import("./field_values.js").Props} props */
export function Customer({ field, refused }) {
  const { name, label, required, value = "", hint } = field;
  const text = useSignal(value);
  const found = useSignal(/** @type {{ id: string, name: string }[]} */ ([]));
  const fault = wrong(refused, field.at ?? name);

  useEffect(() => {
    const wanted = text.value.trim();
    if (wanted.length < 2 || isId(wanted) || !may("personal:read")) return;
    const stop = new AbortController();
    const later = setTimeout(async () => {
      const answer = await get("/v1/customers", { q: wanted, limit: 8 }, stop.signal).catch(() => null);
      if (answer) found.value = answer.body.items.map((/** @type {any} */ one) => ({ id: one.id, name: one.name ?? one.id }));
    }, PATIENCE);
    return () => {
      clearTimeout(later);
      stop.abort();
    };
  }, [text.value]);

  const chosen = found.value.find(({ id }) => id === text.value);
  return html`<label>${label}
    <input name=${name} required=${required} value=${text.value} list=${`found-${name}`} autocomplete="off" pattern=${ID} title=${t("command.customer")}
      aria-invalid=${fault ? "true" : undefined} aria-describedby=${`about-${name}`} onInput=${(/** @type {any} */ event) => (text.value = event.currentTarget.value)} />
    <datalist id=${`found-${name}`}>${found.value.map((one) => html`<option value=${one.id}>${one.name}</option>`)}</datalist>
    <small id=${`about-${name}`} class=${fault ? "bad" : undefined}>${fault ?? chosen?.name ?? hint ?? t(may("personal:read") ? "command.customer" : "command.customer-id")}</small>
  </label>`;
}

/** @param {string} text */
function isId(text) {
  return new RegExp(`^${ID}$`).test(text);
}

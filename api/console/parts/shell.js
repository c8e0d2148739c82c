// What surrounds every page: the navigation, the search, the reader.
// @ts-check

import { path } from "../core/address.js";
import { send } from "../core/api.js";
import { PAGES } from "../core/pages.js";
import { may, me } from "../core/session.js";
import { html } from "../core/view.js";
import { LANGUAGES, language, t } from "../core/words.js";
import { Search } from "./search.js";

const GROUPS = /** @type {const} */ (["daily", "counted", "behind"]);

/** @param {{ theme: import("../vendor/signals/signals.mjs").Signal<string>, children: any }} props */
export function Shell({ theme, children }) {
  return html`
    <a class="skip" href="#content">${t("shell.skip")}</a>
    <header class="rail">
      <a class="brand" href="/"><img src="/console/mark.svg" alt="" width="26" height="26" />Recount</a>
      <nav aria-label=${t("shell.pages")}>${GROUPS.map((group) => html`<${Group} group=${group} />`)}</nav>
      <${Reader} theme=${theme} />
    </header>
    <div class="desk">
      <${Search} />
      <main id="content" tabindex="-1">${children}</main>
    </div>
  `;
}

/** @param {{ group: string }} props */
function Group({ group }) {
  const pages = PAGES.filter((page) => page.group === group && may(page.permission));
  if (!pages.length) return null;
  const first = `/${path.value.split("/")[1] ?? ""}`;
  return html`<ul>
    ${pages.map(
      (page) => html`<li><a href=${page.path} aria-current=${page.path === first ? "page" : undefined}>${t(`page.${page.name}`)}</a></li>`,
    )}
  </ul>`;
}

/** @param {{ theme: import("../vendor/signals/signals.mjs").Signal<string> }} props */
function Reader({ theme }) {
  const dark = theme.value === "dark";
  return html`<div class="reader">
    <p><strong>${me.value?.name ?? me.value?.id}</strong> <br />${me.value?.roles.join(", ")}</p>
    <label>
      <span class="hidden">${t("shell.language")}</span>
      <select value=${language.value} onChange=${(/** @type {any} */ event) => (language.value = event.currentTarget.value)}>
        ${Object.entries(LANGUAGES).map(([code, name]) => html`<option value=${code} lang=${code}>${name}</option>`)}
      </select>
    </label>
    <button class="quiet" onClick=${() => (theme.value = dark ? "light" : "dark")}>${t(dark ? "shell.light" : "shell.dark")}</button>
    <button class="quiet" onClick=${signOut}>${t("shell.sign-out")}</button>
  </div>`;
}

async function signOut() {
  await send("DELETE", "/v1/sessions/current").catch(() => null); // The session may have ended already.
  me.value = null;
}

// The console starts here: it asks who the reader is, and shows the page of the address.
// @ts-check

import { path } from "./core/address.js";
import { get, send } from "./core/api.js";
import { kept } from "./core/kept.js";
import { found } from "./core/pages.js";
import { me } from "./core/session.js";
import { effect, html, render, useEffect, useSignal } from "./core/view.js";
import { language, locale, t } from "./core/words.js";
import { Shell } from "./parts/shell.js";
import { Careful, Failed, Loading } from "./parts/states.js";
import { SignIn } from "./pages/sign_in.js";

export const theme = kept("theme", matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");

effect(() => void (document.documentElement.dataset.theme = theme.value));
effect(() => void (document.documentElement.lang = locale.value));

/** Signs in with the one-time link of the address, if it is one, and finds out who the reader is. */
async function start() {
  const link = new URLSearchParams(location.hash.slice(1)).get("sign-in");
  if (link) history.replaceState(null, "", location.pathname + location.search); // The link is never shown or kept.
  try {
    const answer = link ? await send("POST", "/v1/sessions", { link }) : await get("/v1/me");
    me.value = answer.body;
  } catch {
    me.value = null;
  }
}

function Console() {
  if (me.value === undefined) return html`<${Loading} />`;
  if (me.value === null) return html`<${SignIn} />`;
  return html`<${Shell} theme=${theme}><${Page} /></${Shell}>`;
}

/** The page of the address. Its module is loaded when it is shown for the first time. */
function Page() {
  const { page, values } = found(path.value);
  const shown = useSignal(/** @type {any} */ (null));
  useEffect(() => {
    let current = true;
    shown.value = null;
    page?.load().then(
      (module) => current && (shown.value = { name: page.name, Page: module.Page }),
      () => current && (shown.value = { name: page.name, Page: null }),
    );
    return () => void (current = false);
  }, [page]);
  useEffect(() => {
    document.title = page ? `${t(`page.${page.name}`)} · Recount` : "Recount";
  }, [page, language.value]);
  if (!page) return html`<${Failed} title=${t("state.no-page")} />`;
  if (shown.value?.name !== page.name) return html`<${Loading} />`;
  if (!shown.value.Page) return html`<${Failed} title=${t("state.no-answer")} />`;
  return html`<${Careful} key=${path.value}><${shown.value.Page} ...${values} /></${Careful}>`;
}

const root = document.getElementById("console");
if (root) render(html`<${Console} />`, root);
start();

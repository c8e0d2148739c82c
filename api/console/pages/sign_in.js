// Signing in with a key. It is exchanged for a session at once, and not kept anywhere.
// @ts-check

import { ask, refusal } from "../core/api.js";
import { me } from "../core/session.js";
import { html, useSignal } from "../core/view.js";
import { t } from "../core/words.js";

export function SignIn() {
  const failed = useSignal("");
  const sending = useSignal(false);

  /** @param {SubmitEvent} event */
  async function submit(event) {
    event.preventDefault();
    const form = /** @type {HTMLFormElement} */ (event.currentTarget);
    const key = String(new FormData(form).get("key")).trim();
    sending.value = true;
    failed.value = "";
    try {
      me.value = (await ask("/v1/sessions", { method: "POST", headers: { Authorization: `Bearer ${key}` } })).body;
    } catch (error) {
      const { status, message } = refusal(error);
      failed.value = status ? message : t("state.no-answer");
    }
    sending.value = false;
  }

  return html`<main class="door">
    <form onSubmit=${submit}>
      <p class="brand"><img src="/console/mark.svg" alt="" width="34" height="34" />Recount</p>
      <h1>${t("sign-in.title")}</h1>
      <p>${t("sign-in.how")}</p>
      <label>
        ${t("sign-in.key")}
        <input name="key" type="password" autocomplete="off" spellcheck="false" required placeholder="rk_…" aria-describedby="failed" />
      </label>
      <p id="failed" role="alert" class="bad">${failed}</p>
      <button class="main" disabled=${sending.value}>${t("sign-in.go")}</button>
    </form>
  </main>`;
}

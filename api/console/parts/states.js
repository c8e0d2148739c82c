// What a page shows while it has nothing else to show: loading, empty, refused, behind. None of them hides why.
// @ts-check

import { latest } from "../core/api.js";
import { number } from "../core/format.js";
import { Component, html } from "../core/view.js";
import { t } from "../core/words.js";

export function Loading() {
  return html`<div class="state" role="status"><span class="tally" aria-hidden="true"></span> ${t("state.loading")}</div>`;
}

/** @param {{ text?: string, children?: any }} props */
export function Empty({ text = t("state.empty"), children }) {
  return html`<div class="state">${text}${children}</div>`;
}

/** @param {{ title: string, detail?: string, children?: any }} props */
export function Failed({ title, detail, children }) {
  return html`<div class="state failed" role="alert"><strong>${title}</strong>${detail && html`<p>${detail}</p>`}${children}</div>`;
}

/** What was refused, in the words of the API. @param {{ refused: import("../core/api.js").Refused }} props */
export function Refusal({ refused }) {
  if (refused.status === 0) return html`<${Failed} title=${t("state.no-answer")} detail=${t("state.no-answer.detail")} />`;
  const known = { 401: "state.signed-out", 403: "state.forbidden", 404: "state.absent", 429: "state.busy", 503: "state.busy" };
  const name = known[/** @type {403} */ (refused.status)] ?? "state.refused";
  return html`<${Failed} title=${t(name)} detail=${refused.message} />`;
}

/** Says that an answer does not have everything that is known to be recorded. @param {{ position: number }} props */
export function Behind({ position }) {
  const missing = position ? latest.value - position : 0;
  return missing > 0 ? html`<p class="behind" role="status">${t("state.behind", { position: number(position), n: number(missing) })}</p>` : null;
}

/**
 * A read as it stands: its answer by `children(body, answer)`, or the state that it is in.
 * @param {{ read: import("../core/reading.js").Read, empty?: (body: any) => boolean, children: (body: any, answer: any) => any }} props
 */
export function Shown({ read, empty, children }) {
  const { answer, refused, loading } = read;
  if (refused) return html`<${Refusal} refused=${refused} />`;
  if (!answer) return html`<${Loading} />`;
  if (empty?.(answer.body)) return html`<${Behind} position=${answer.position} /><${Empty} />`;
  return html`<div class=${loading ? "shown waiting" : "shown"} aria-busy=${loading}>
    <${Behind} position=${answer.position} />${children(answer.body, answer)}
  </div>`;
}

/** A part that cannot be drawn says so, and the rest of the page stays. */
export class Careful extends Component {
  /** @param {any} props */
  constructor(props) {
    super(props);
    this.state = { error: null };
  }

  /** @param {any} error */
  static getDerivedStateFromError(error) {
    return { error };
  }

  /** @param {any} error */
  componentDidCatch(error) {
    console.error(error);
  }

  render() {
    const { error } = /** @type {any} */ (this.state);
    if (error) return html`<${Failed} title=${t("state.broken")} detail=${String(error)} />`;
    return /** @type {any} */ (this.props).children;
  }
}

// Every report, by what it is about.
// @ts-check

import { REPORTS } from "../core/reports.js";
import { html } from "../core/view.js";
import { t } from "../core/words.js";
import { Heading } from "../parts/pieces.js";

const ABOUT = /** @type {const} */ (["marketing", "sales", "segments", "service"]);

export function Page() {
  return html`
    <${Heading} title=${t("page.reports")}><p class="soft">${t("reports.what")}</p></${Heading}>
    ${ABOUT.map(
      (about) => html`<section class="shelf" aria-label=${t(`reports.${about}`)}>
        <h2>${t(`reports.${about}`)}</h2>
        <ul class="tiles">${REPORTS.filter((report) => report.about === about).map(
          ({ name }) => html`<li><a class="tile" href=${`/reports/${name}`}><b>${t(`report.${name}`)}</b><span class="soft">${t(`report.${name}.what`)}</span></a></li>`,
        )}</ul>
      </section>`,
    )}
  `;
}

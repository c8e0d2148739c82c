// Names of figures. Many are composed: what a figure is of, the part of the report it comes from, and how it is summed up.
// @ts-check

import { has, t } from "./words.js";

const STATISTICS = ["mean", "p50", "p90", "p95", "max", "met", "breached", "undecided", "attainment"];
/** Parts of the report `service`, and the reports that they are of their own. */
const PARTS = /** @type {const} */ ({ tickets: "ticket-times", feedback: "service", service_levels: "service-levels", backlog: "ticket-backlog" });

/**
 * The name of a figure as the reader's language has it; null if it has none. A word of one report goes before the general one.
 * @param {string} name such as `first_response_p50`, `service_levels_next_reply_met` or `mean:total:EUR`
 * @param {string} [report] @returns {string | null}
 */
export function known(name, report) {
  const own = [`measure.${report}:${name}`, `measure.${name}`].find(has);
  if (own) return t(own);
  const [first, ...of] = name.split(":");
  if (of.length) return both(known(first, report), first === "mean" ? feature(of.join(":")) : of.join(":"));
  const statistic = STATISTICS.find((one) => name.endsWith(`_${one}`));
  const summed = statistic && known(name.slice(0, -statistic.length - 1), report);
  if (summed) return t(`statistic.${statistic}`, { of: summed });
  for (const [part, its] of Object.entries(PARTS)) {
    const rest = name.startsWith(`${part}_`) && known(name.slice(part.length + 1), its);
    if (rest) return both(t(`part.${part}`), rest);
  }
  return null;
}

/** The name of a figure; one without a word is shown as the API names it. @param {string} name @param {string} [report] */
export function measure(name, report) {
  return known(name, report) ?? name.replaceAll("_", " ");
}

/** The name of a customer's feature, such as `total:EUR`. @param {string} label */
export function feature(label) {
  const [name, ...of] = label.split(":");
  const word = has(`feature.${name}`) ? t(`feature.${name}`) : name;
  return of.length ? `${word} ${of.join(":")}` : word;
}

/** @param {string | null} of @param {string} name */
function both(of, name) {
  return of && t("measure.of", { of, name });
}

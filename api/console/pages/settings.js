// The settings of the business, one kind at a time: who works here, who gets what, what is promised, what is sold where.
// @ts-check

import { query, with_ } from "../core/address.js";
import { may } from "../core/session.js";
import { SETTINGS, ended, pathOf } from "../core/settings.js";
import { html, useSignal } from "../core/view.js";
import { t, word } from "../core/words.js";
import { Commands } from "../parts/command.js";
import { ListPage } from "../parts/list_page.js";
import { Badge } from "../parts/pieces.js";
import { create } from "../parts/setting_commands.js";

export function Page() {
  const seen = SETTINGS.filter(({ permission }) => may(`${permission}:read`));
  const setting = seen.find(({ name }) => name === query.value.get("kind")) ?? seen[0];
  const tabs = html`<nav class="tabs" aria-label=${t("page.settings")}>
    ${seen.map(({ name }) => html`<a key=${name} class="tab" href=${with_({ kind: name })} aria-current=${name === setting.name ? "page" : undefined}>${t(`setting.kinds.${name}`)}</a>`)}
  </nav>`;
  return html`<${Kind} key=${setting.name} setting=${setting} tabs=${tabs} />`;
}

/** @param {{ setting: import("../core/settings.js").Setting, tabs: any }} props */
function Kind({ setting, tabs }) {
  const after = useSignal(0);
  const first = setting.key.map((name) => ({
    title: t(`setting.${name}`),
    cell: (/** @type {any} */ row) => (name === "entity" ? word("thing", row.entity) : html`<code>${row[name]}</code>`),
  }));
  const rest = setting.entries.map(({ name, as, values }) => ({
    title: t(`setting.${name}`),
    figures: as === "number",
    cell: (/** @type {any} */ row) => brief(row[name], as, values && `setting.${name}`),
  }));
  /** @type {import("../parts/table.js").Column[]} */
  const columns = [...first, ...rest];
  if (setting.end) columns.push({ title: t("operations.state"), cell: (row) => html`<${InUse} row=${row} />` });
  const aside = may(`${setting.permission}:write`) && html`<${Commands} commands=${[create(setting)]} onDone=${(/** @type {any} */ answer) => (after.value = answer.position)} />`;
  return html`<${ListPage} title=${t("page.settings")} path=${`/v1/${setting.name}`} filters=${[]} columns=${columns} parameters=${{ after: after.value || null }} fixedSort
    above=${tabs} aside=${aside} id=${(/** @type {any} */ row) => pathOf(setting, row)}
    href=${(/** @type {any} */ row) => `/settings/${setting.name}/${encodeURIComponent(setting.key.map((name) => row[name]).join("/"))}`}>
    <p class="soft">${t(`setting.what.${setting.name}`)}</p>
  </${ListPage}>`;
}

/** @param {{ row: any }} props */
export function InUse({ row }) {
  if (ended(row)) return html`<${Badge} tone="warn">${t("setting.ended")}</${Badge}>`;
  const away = row.available === false;
  return html`<${Badge} tone=${away ? "warn" : "good"}>${t(away ? "setting.is-away" : "setting.in-use")}</${Badge}>`;
}

/** A value as it fits into a cell: of a list of things, how many they are. @param {any} value @param {string | undefined} as @param {string | undefined} kind */
function brief(value, as, kind) {
  if (value == null || value.length === 0) return html`<span class="none">–</span>`;
  if (kind) return word(kind, value);
  if (as === "list") return value.join(", ");
  if (as === "json") return value.map((/** @type {any} */ one) => one.name ?? one.field ?? one.metric ?? null).filter(Boolean).map((/** @type {string} */ one) => word("setting.part", one)).join(", ") || value.length;
  return value;
}

// One setting of the business, at any moment: what it says, and who changed it when.
// @ts-check

import { duration } from "../core/format.js";
import { may } from "../core/session.js";
import { SETTINGS } from "../core/settings.js";
import { html } from "../core/view.js";
import { locale, t, word } from "../core/words.js";
import { Pairs, Sheet } from "../parts/pieces.js";
import { settingCommands } from "../parts/setting_commands.js";
import { Failed } from "../parts/states.js";
import { Table } from "../parts/table.js";
import { Thing } from "../parts/thing.js";
import { Value } from "../parts/value.js";
import { InUse } from "./settings.js";

/** @param {{ kind: string, id: string }} props `id` is its code, or `entity/key` */
export function Page({ kind, id }) {
  const setting = SETTINGS.find(({ name }) => name === kind);
  if (!setting) return html`<${Failed} title=${t("state.no-page")} />`;
  const lists = setting.entries.filter(({ as }) => as === "json");
  const plain = setting.entries.filter(({ as }) => as !== "json");
  return html`<${Thing} path=${`/v1/${kind}/${id.split("/").map(encodeURIComponent).join("/")}`}
    title=${(/** @type {any} */ row) => `${t(`setting.one.${kind}`)} ${setting.key.map((name) => row[name]).join(" · ")}`}
    badges=${(/** @type {any} */ row) => setting.end && html`<${InUse} row=${row} />`}
    commands=${may(`${setting.permission}:write`) ? (/** @type {any} */ row) => settingCommands(setting, row) : undefined}>
    ${(/** @type {any} */ row, /** @type {import("../parts/thing.js").Seen} */ seen) => html`
      <${Sheet} title=${t("setting.about")}>
        <p><a href=${`/settings?kind=${kind}`}>${t(`setting.kinds.${kind}`)}</a></p>
        <${Pairs} changed=${seen.changed} pairs=${plain.filter(({ name }) => name in row).map(({ name, values }) => [t(`setting.${name}`), values ? word(`setting.${name}`, row[name]) : html`<${Value} value=${row[name]} />`, name])} />
      </${Sheet}>
      ${lists.map(({ name }) => html`<${Sheet} key=${name} title=${t(`setting.${name}`)}><${Parts} name=${name} rows=${row[name] ?? []} /></${Sheet}>`)}
    `}
  </${Thing}>`;
}

/** Things that a setting consists of, such as the stages of a pipeline. @param {{ name: string, rows: any[] }} props */
function Parts({ name, rows }) {
  if (!rows.length) return html`<p class="soft">${t("state.empty")}</p>`;
  const names = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const columns = names.map((part) => ({ title: t(`setting.part.${part}`), cell: (/** @type {any} */ row) => shown(part, row[part]) }));
  return html`<${Table} caption=${t(`setting.${name}`)} columns=${columns} rows=${rows} id=${(/** @type {any} */ row) => JSON.stringify(row)} />`;
}

/** @param {string} part @param {any} value */
function shown(part, value) {
  if (part === "seconds") return duration(value);
  if (part === "weekday") return new Intl.DateTimeFormat(locale.value, { weekday: "long", timeZone: "UTC" }).format(Date.UTC(2024, 0, value)); // 1 January 2024 was a Monday.
  if (["field", "metric", "hours"].includes(part)) return word("setting.part", value);
  return html`<${Value} value=${value} />`;
}

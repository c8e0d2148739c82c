// API keys: who has one, which are in force. A new one is shown once.
// @ts-check

import { useRead } from "../core/reading.js";
import { may } from "../core/session.js";
import { html, useSignal } from "../core/view.js";
import { t } from "../core/words.js";
import { Command, Commands } from "./command.js";
import { Badge, Sheet } from "./pieces.js";
import { Shown } from "./states.js";
import { Table } from "./table.js";
import { Time } from "./time.js";

const ROLES = ["agent", "marketer", "sales", "analyst", "auditor", "operator", "admin"];

export function Keys() {
  const after = useSignal(0);
  const issued = useSignal("");
  const revoking = useSignal(/** @type {import("./command.js").Wanted | null} */ (null));
  const read = useRead("/v1/keys", { after: after.value || null });
  /** @param {any} answer */
  function done(answer) {
    issued.value = answer.body.key ?? "";
    after.value = answer.position;
  }

  /** @type {import("./command.js").Wanted} */
  const issue = {
    title: t("key.issue"),
    method: "POST",
    path: "/v1/keys",
    fields: [
      { name: "label", label: t("key.label"), required: true },
      { name: "role", label: t("key.role"), kind: "select", options: ROLES.map((role) => [role, role]) },
    ],
    body: ({ label, role }) => ({ label, roles: [role] }),
  };
  /** @type {import("./table.js").Column[]} */
  const columns = [
    { title: t("key.label"), cell: (row) => row.label },
    { title: t("key.role"), cell: (row) => row.roles.join(", ") },
    { title: t("operations.state"), cell: (row) => html`<${Badge} tone=${row.revoked_at ? "bad" : "good"}>${t(row.revoked_at ? "key.revoked" : "key.valid")}</${Badge}>` },
    { title: t("key.issued"), cell: (row) => html`<${Time} at=${row.issued_at} />` },
    { title: t("key.used"), cell: (row) => html`<${Time} at=${row.last_used_at} />` },
    { title: t("key.expires"), cell: (row) => html`<${Time} at=${row.expires_at} />` },
  ];
  if (may("keys:manage")) {
    columns.push({
      title: t("command.title"),
      cell: (row) => !row.revoked_at && html`<button onClick=${() => (revoking.value = { title: `${t("key.revoke")}: ${row.label}`, method: "POST", path: `/v1/keys/${row.key_id}/revocation`, fields: [] })}>${t("key.revoke")}</button>`,
    });
  }
  return html`<${Sheet} title=${t("operations.keys")} aside=${may("keys:manage") && html`<${Commands} commands=${[issue]} onDone=${done} />`}>
    ${issued.value && html`<p role="alert">${t("key.once")} <code class="secret">${issued.value}</code></p>`}
    <${Shown} read=${read}>${(/** @type {any} */ body) => html`<${Table} caption=${t("operations.keys")} columns=${columns} rows=${body.items} id=${(/** @type {any} */ row) => row.key_id} />`}</${Shown}>
    ${revoking.value && html`<${Command} command=${revoking.value} onDone=${done} onClose=${() => (revoking.value = null)} />`}
  </${Sheet}>`;
}

// Tasks, the next due first.
// @ts-check

import { may } from "../core/session.js";
import { html, useSignal } from "../core/view.js";
import { t, word } from "../core/words.js";
import { Command, Commands } from "../parts/command.js";
import { ListPage } from "../parts/list_page.js";
import { Badge } from "../parts/pieces.js";
import { Time } from "../parts/time.js";

const STATUSES = ["open", "completed", "cancelled"];
const PAGES = /** @type {Record<string, string>} */ ({ customer: "customers", order: "orders", ticket: "tickets", deal: "deals", campaign: "campaigns" });

export function Page() {
  const after = useSignal(0);
  const open = useSignal(/** @type {import("../parts/command.js").Wanted | null} */ (null));
  const done = (/** @type {any} */ answer) => (after.value = answer.position);
  /** @type {import("../parts/list_page.js").Filter[]} */
  const filters = [
    { name: "status", label: t("task.status"), options: STATUSES.map((status) => [status, word("status", status)]) },
    { name: "assignee", label: t("task.assignee") },
    { name: "overdue", label: t("task.overdue"), options: [["true", t("task.overdue")]] },
  ];
  /** @type {import("../parts/table.js").Column[]} */
  const columns = [
    { title: t("task.title"), name: "title", cell: (row) => row.title ?? html`<code>${row.id.slice(0, 8)}</code>` },
    { title: t("task.status"), name: "status", cell: (row) => html`<${Badge} tone=${row.overdue ? "bad" : row.status === "completed" ? "good" : "plain"}>${row.overdue ? t("task.overdue") : word("status", row.status)}</${Badge}>` },
    { title: t("task.due"), name: "due", sort: "due", cell: (row) => html`<${Time} at=${row.due} />` },
    { title: t("task.assignee"), name: "assignee", cell: (row) => row.assignee ?? "–" },
    { title: t("task.about"), name: "about", cell: (row) => row.about && html`<${About} about=${row.about} />` },
    { title: t("task.created"), name: "created_at", sort: "created_at", cell: (row) => html`<${Time} at=${row.created_at} />` },
  ];
  if (may("tasks:write")) columns.push({ title: t("command.title"), cell: (row) => row.status === "open" && html`<button onClick=${() => (open.value = complete(row))}>${t("task.complete")}</button>` });
  return html`
    <${ListPage} title=${t("page.tasks")} path="/v1/tasks" filters=${filters} columns=${columns} parameters=${{ after: after.value || null }}
      aside=${may("tasks:write") && html`<${Commands} commands=${[create()]} onDone=${done} />`} />
    ${open.value && html`<${Command} command=${open.value} onDone=${done} onClose=${() => (open.value = null)} />`}
  `;
}

/** @param {{ about: { kind: string, id: string } }} props */
function About({ about }) {
  const page = PAGES[about.kind];
  return page ? html`<a href=${`/${page}/${about.id}`}>${word("thing", about.kind)}</a>` : html`${word("thing", about.kind)} <code>${about.id.slice(0, 8)}</code>`;
}

/** @returns {import("../parts/command.js").Wanted} */
function create() {
  return {
    title: t("task.create"),
    method: "POST",
    path: "/v1/tasks",
    fields: [
      { name: "title", label: t("task.title"), required: true },
      { name: "assignee", label: t("task.assignee") },
      { name: "due", label: t("task.due"), kind: "datetime-local" },
    ],
    body: ({ due, ...values }) => ({ ...values, ...(due && { due: new Date(due).toISOString() }) }),
  };
}

/** @param {any} task @returns {import("../parts/command.js").Wanted} */
function complete(task) {
  return { title: `${t("task.complete")}: ${task.title ?? task.id}`, method: "POST", path: `/v1/tasks/${task.id}/completion`, fields: [], on: { path: `/v1/tasks/${task.id}`, body: task, tag: `"${task.version}"` } };
}

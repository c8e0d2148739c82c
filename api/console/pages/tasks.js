// Tasks, the next due first.
// @ts-check

import { may } from "../core/session.js";
import { html, useSignal } from "../core/view.js";
import { t, word } from "../core/words.js";
import { PAGES } from "../parts/about.js";
import { Command, Commands } from "../parts/command.js";
import { completeTask, createTask } from "../parts/commands/tasks.js";
import { ListPage } from "../parts/list_page.js";
import { Badge } from "../parts/pieces.js";
import { Time } from "../parts/time.js";

const STATUSES = ["open", "completed", "cancelled"];

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
  if (may("tasks:write")) columns.push({ title: t("command.title"), cell: (row) => row.status === "open" && html`<button onClick=${() => (open.value = completeTask(row))}>${t("task.complete")}</button>` });
  return html`
    <${ListPage} title=${t("page.tasks")} path="/v1/tasks" filters=${filters} columns=${columns} parameters=${{ after: after.value || null }}
      aside=${may("tasks:write") && html`<${Commands} commands=${[createTask()]} onDone=${done} />`} />
    ${open.value && html`<${Command} command=${open.value} onDone=${done} onClose=${() => (open.value = null)} />`}
  `;
}

/** @param {{ about: { kind: string, id: string } }} props */
function About({ about }) {
  const page = PAGES[about.kind];
  return page ? html`<a href=${`/${page}/${about.id}`}>${word("thing", about.kind)}</a>` : html`${word("thing", about.kind)} <code>${about.id.slice(0, 8)}</code>`;
}

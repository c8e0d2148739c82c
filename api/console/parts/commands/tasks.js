// What a reader can do with tasks.
// @ts-check

import { t } from "../../core/words.js";

/** @typedef {import("../command.js").Wanted} Wanted */

/** @param {{ kind: string, id: string }} [about] the thing, if it is about one @param {string} [owner] of that thing @returns {Wanted} */
export function createTask(about, owner) {
  return {
    title: t("task.create"),
    method: "POST",
    path: "/v1/tasks",
    fields: [
      { name: "title", label: t("task.title"), required: true },
      { name: "assignee", label: t("task.assignee"), value: owner ?? "" },
      { name: "due", label: t("task.due"), kind: "datetime-local" },
    ],
    body: (values) => ({ ...values, ...(about && { about }) }),
  };
}

/** @param {any} task @returns {Wanted} */
export function completeTask(task) {
  const path = `/v1/tasks/${task.id}`;
  const title = `${t("task.complete")}: ${task.title ?? task.id}`;
  return { title, method: "POST", path: `${path}/completion`, fields: [], on: { path, body: task, tag: `"${task.version}"` } };
}

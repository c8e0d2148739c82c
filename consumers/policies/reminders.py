"""When the reminder time of a task has come, records the reminder."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection

from commands.service import tasks as commands
from consumers.policies.deadline import Deadline, Due
from consumers.policies.policy import Reaction
from projections.service import tasks
from projections.shared.rows import Row


def _due(connection: Connection, now: datetime, limit: int, cursor: str | None) -> tuple[Sequence[Due], str | None]:
    found = tasks.to_remind_of(connection, now, limit, cursor)
    return [_to_remind_of(row) for row in found.rows], found.next


def _to_remind_of(row: Row) -> Due:
    """The due item. It is a new one each time that the reminder is set, even if it is set to the same time again."""
    reaction = Reaction(commands.remind, {"task_id": row["task_id"], "remind_at": row["reminder"]})
    return Due(f"{row['task_id']}#{row['version']}", row["task_id"], row["version"], reaction)


reminders = Deadline("task-reminders", _due)

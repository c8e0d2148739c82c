"""tasks: each task with its assignee, due time and reminder. Whether a task is overdue is computed when it is read.

A row belongs to the subject of the aggregate that the task is about or, if there is none, to the task itself. Its title is in a
separate table and is deleted when that subject is erased.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import Literal, Unpack
from uuid import UUID

import msgspec
from sqlalchemy import Column, ColumnElement, Connection, Index, Text, Uuid, select

from domain.customers.customer.events import Erased
from domain.sales.lead.events import Erased as ErasedLead
from domain.service.task import Assigned, Cancelled, Completed, Created, Reminded, Rescheduled, Status, Task
from domain.shared.events import Metadata, Recorded
from projections.customers.merging import of_customer
from projections.shared.lists import Asked, Listing, flag
from projections.shared.pages import Order, Page, page
from projections.shared.private import erased_in, personal, save_personal, with_personal
from projections.shared.projection import Delivery, Projection, own, types
from projections.shared.registers import fold
from projections.shared.rows import Instant, Row, Rows
from projections.shared.tables import SORTED, aggregates, columns

task_rows = aggregates(
    "tasks",
    "task_id",
    Column("status", Text, nullable=False),
    *columns(Text, "assignee", "about_kind"),
    Column("about_id", Uuid, index=True),
    Column("due", Instant, info=SORTED),
    Column("remind_at", Instant, index=True),
    Column("reminded_at", Instant),
    # When to remind the assignee; null if there is no reminder left to record.
    Column("reminder", Instant, index=True),
    Column("created_at", Instant, nullable=False, info=SORTED),
    *columns(Instant, "completed_at", "cancelled_at"),
    subject=True,
    by_position=True,
)
Index("ix_tasks_assignee", task_rows.c.assignee, task_rows.c.status)
task_titles = personal("task_titles", "task_id", "title")

# How events change it


def apply(batch: Sequence[Delivery], rows: Rows) -> None:
    mine = own(batch, Task.events)
    fold(task_rows, mine, _changes, rows)
    subjects, erased = {recorded.stream: recorded.metadata.subject for recorded in mine}, erased_in(batch)
    created = {recorded.stream: recorded.event.title for recorded in mine if isinstance(recorded.event, Created)}
    titles = {id: None if subjects[id] in erased else title for id, title in created.items()}
    save_personal(rows, task_titles, erased, titles, subjects)


def _changes(row: Row, recorded: Recorded) -> Row:
    event, at = recorded.event, recorded.metadata.occurred_at
    match event:
        case Created():
            return _created(recorded, event)
        case Rescheduled(due=due, remind_at=remind_at):
            return {"due": due} | _moved(row, remind_at, recorded.metadata)
        case Reminded():
            return {"reminded_at": at, "reminder": None}
        case Assigned(assignee=assignee):
            return {"assignee": assignee}
        case Completed():
            return {"status": "completed", "completed_at": at, "reminder": None}
        case Cancelled():
            return {"status": "cancelled", "cancelled_at": at, "reminder": None}
    return {}


def _created(recorded: Recorded, event: Created) -> Row:
    return {
        "subject": recorded.metadata.subject,
        "status": "open",
        "assignee": event.assignee,
        "about_kind": event.about and event.about.kind,
        "about_id": event.about and event.about.id,
        "due": event.due,
        "remind_at": event.remind_at,
        "reminded_at": None,
        "reminder": _reminder(event.remind_at, recorded.metadata),
        "created_at": recorded.metadata.occurred_at,
        "completed_at": None,
        "cancelled_at": None,
    }


def _moved(row: Row, remind_at: datetime | None, metadata: Metadata) -> Row:
    """The columns for the reminder. A changed `remind_at` sets a new reminder, unless the task has ended."""
    if remind_at == row["remind_at"]:
        return {}
    reminder = _reminder(remind_at, metadata) if row["status"] == "open" else None
    return {"remind_at": remind_at, "reminded_at": None, "reminder": reminder}


def _reminder(remind_at: datetime | None, metadata: Metadata) -> datetime | None:
    """When to remind. None if the event was imported and the time was already past then: such a reminder is history."""
    past = remind_at is not None and metadata.origin == "import" and remind_at <= metadata.recorded_at
    return None if past else remind_at


# How it is queried


class Filter(msgspec.Struct, frozen=True, kw_only=True):
    """Tasks that match all of these; None matches any. `overdue` are open tasks whose due time is before `now`.

    `reminded` are tasks with a recorded reminder for their `remind_at`.
    """

    now: datetime
    status: Status | None = None
    assignee: str | None = None
    about_id: UUID | None = None
    due_from: datetime | None = None
    due_to: datetime | None = None
    overdue: bool | None = None
    reminded: bool | None = None

    @property
    def customer_id(self) -> UUID | None:
        """The same as `about_id`, which may be a customer, also a merge survivor."""
        return self.about_id


Sort = Literal["created_at", "due", "position"]

LISTED: Listing[Filter, Sort] = Listing(
    task_rows,
    Filter,
    "created_at",
    descending=True,
    query=with_personal(task_rows, task_titles),
    rules={"about_id": of_customer(task_rows.c.about_id)},
    without_rule=("now", "overdue"),
)


def get(connection: Connection, task_id: UUID, now: datetime) -> Row | None:
    return LISTED.first(connection, LISTED.key == task_id, partial(_opened, now=now))


def listing(connection: Connection, filter: Filter, **asked: Unpack[Asked[Sort]]) -> Page:
    """Tasks with their titles. The caller must hide titles from readers who may not see personal data.

    Raises MalformedCursor.
    """
    overdue = () if filter.overdue is None else (flag(_overdue(filter.now))(filter.overdue),)
    return LISTED.listing(connection, filter, *overdue, show=partial(_opened, now=filter.now), **asked)


def to_remind_of(connection: Connection, now: datetime, limit: int, cursor: str | None = None) -> Page:
    """Tasks whose reminder is due by now and not recorded yet, in the order of their reminders."""
    table = task_rows.c
    due = select(table.task_id, table.version, table.reminder).where(table.reminder <= now)
    return page(connection, due, Order(table.reminder, table.task_id), limit, cursor)


def _overdue(now: datetime) -> ColumnElement[bool]:
    """A task without a due time is never overdue."""
    table = task_rows.c
    return (table.status == "open") & table.due.is_not(None) & (table.due < now)


def _opened(row: Row, now: datetime) -> Row:
    about = {"kind": row["about_kind"], "id": row["about_id"]} if row["about_id"] else None
    shown = {name: value for name, value in row.items() if name not in ("about_kind", "about_id", "reminder")}
    overdue = row["status"] == "open" and row["due"] is not None and row["due"] < now
    return shown | {"about": about, "overdue": overdue}


tasks = Projection(
    name="tasks", version=3, tables=(task_rows, task_titles), apply=apply, reads=types(*Task.events, Erased, ErasedLead)
)

"""tasks: what is to be done, by whom and by when. Whether one is overdue is told when asked.

A row belongs to the subject of what the task is about, or to the task itself. Its title lies apart, and goes when that subject
is erased.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import msgspec
from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Connection,
    Index,
    Integer,
    MetaData,
    Select,
    Table,
    Text,
    Uuid,
    select,
)

from domain.customers.customer.events import Erased
from domain.sales.lead.events import Erased as ErasedLead
from domain.service.task import Assigned, Cancelled, Completed, Created, Reminded, Rescheduled, Status, Task
from domain.shared.events import Event, Metadata, Recorded, type_name
from projections.customers.merging import same_customer
from projections.shared.pages import Order, Page, page
from projections.shared.projection import Delivery, Projection
from projections.shared.rows import Instant, Row, Rows

metadata = MetaData()

TASK_EVENTS: tuple[type[Event], ...] = tuple(Task.events)

task_rows = Table(
    "tasks",
    metadata,
    Column("task_id", Uuid, primary_key=True),
    Column("subject", Uuid, nullable=False),
    Column("position", BigInteger, nullable=False, index=True),
    Column("version", Integer, nullable=False),
    Column("status", Text, nullable=False),
    Column("assignee", Text),
    Column("about_kind", Text),
    Column("about_id", Uuid, index=True),
    Column("due", Instant, index=True),
    Column("remind_at", Instant, index=True),
    Column("reminded_at", Instant),
    # When somebody is to be reminded who was not yet.
    Column("reminder", Instant, index=True),
    Column("created_at", Instant, nullable=False, index=True),
    Column("completed_at", Instant),
    Column("cancelled_at", Instant),
)
Index("ix_tasks_assignee", task_rows.c.assignee, task_rows.c.status)
task_titles = Table(
    "task_titles",
    metadata,
    Column("task_id", Uuid, primary_key=True),
    Column("subject", Uuid, nullable=False, index=True),
    Column("title", Text, nullable=False),
)

# How events change it


def apply(batch: Sequence[Delivery], rows: Rows) -> None:
    mine = [d.recorded for d in batch if d.at_home and isinstance(d.recorded.event, TASK_EVENTS)]
    erased = frozenset[UUID]().union(*(d.here for d in batch if d.recorded.event.erases()))
    known = rows.load(task_rows, {recorded.stream for recorded in mine})
    for recorded in mine:
        known[recorded.stream] = _after(known.get(recorded.stream, {}), recorded)
    rows.save(task_rows, list(known.values()))
    rows.delete(task_titles, "subject", erased)
    rows.save(task_titles, [row for row in map(_title, mine) if row["title"] is not None and row["subject"] not in erased])


def _after(row: Row, recorded: Recorded) -> Row:
    event, at = recorded.event, recorded.metadata.occurred_at
    told: Row = {"position": recorded.position, "version": recorded.version}
    match event:
        case Created():
            told |= _created(recorded, event)
        case Rescheduled(due=due, remind_at=remind_at):
            told |= {"due": due} | _moved(row, remind_at, recorded.metadata)
        case Reminded():
            told |= {"reminded_at": at, "reminder": None}
        case Assigned(assignee=assignee):
            told["assignee"] = assignee
        case Completed():
            told |= {"status": "completed", "completed_at": at, "reminder": None}
        case Cancelled():
            told |= {"status": "cancelled", "cancelled_at": at, "reminder": None}
    return row | told


def _created(recorded: Recorded, event: Created) -> Row:
    return {
        "task_id": recorded.stream,
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
    """Another moment reminds anew; nobody is reminded of what has ended."""
    if remind_at == row["remind_at"]:
        return {}
    reminder = _reminder(remind_at, metadata) if row["status"] == "open" else None
    return {"remind_at": remind_at, "reminded_at": None, "reminder": reminder}


def _reminder(remind_at: datetime | None, metadata: Metadata) -> datetime | None:
    """What was past when it was imported is history."""
    past = remind_at is not None and metadata.origin == "import" and remind_at <= metadata.recorded_at
    return None if past else remind_at


def _title(recorded: Recorded) -> Row:
    title = recorded.event.title if isinstance(recorded.event, Created) else None
    return {"task_id": recorded.stream, "subject": recorded.metadata.subject, "title": title}


# How it is queried


class Filter(msgspec.Struct, frozen=True, kw_only=True):
    """Tasks with all of these; None asks for any. `overdue` are open with a due time that is past, by `now`.

    `reminded` are those of whose `remind_at` somebody was reminded.
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
        """What they are about may be a customer, and one into whom others were merged."""
        return self.about_id


Sort = Literal["created_at", "due", "position"]
EQUAL = ("status", "assignee")

_JOINED = task_rows.outerjoin(task_titles, task_titles.c.task_id == task_rows.c.task_id)
_SHOWN = (*task_rows.c, task_titles.c.title)


def get(connection: Connection, task_id: UUID, now: datetime) -> Row | None:
    query = select(*_SHOWN).select_from(_JOINED).where(task_rows.c.task_id == task_id)
    row = connection.execute(query).mappings().first()
    return None if row is None else _opened(dict(row), now)


def listing(
    connection: Connection,
    filter: Filter,
    *,
    sort: Sort = "created_at",
    descending: bool = True,
    limit: int = 50,
    cursor: str | None = None,
) -> Page:
    """Tasks with what they say; whoever may not read personal data is to be shown none of it. Raises MalformedCursor."""
    order = Order(task_rows.c[sort], task_rows.c.task_id, descending)
    found = page(connection, _filtered(filter), order, limit, cursor)
    return found._replace(rows=[_opened(row, filter.now) for row in found.rows])


def _filtered(filter: Filter) -> Select[Any]:
    table = task_rows.c
    query = select(*_SHOWN).select_from(_JOINED)
    for name in EQUAL:
        if (value := getattr(filter, name)) is not None:
            query = query.where(table[name] == value)
    if filter.about_id is not None:
        query = query.where(table.about_id.in_(same_customer(filter.about_id)))
    if filter.due_from is not None:
        query = query.where(table.due >= filter.due_from)
    if filter.due_to is not None:
        query = query.where(table.due < filter.due_to)
    if filter.overdue is not None:
        query = query.where(_overdue(filter.now) if filter.overdue else ~_overdue(filter.now))
    if filter.reminded is not None:
        query = query.where(table.reminded_at.is_not(None) if filter.reminded else table.reminded_at.is_(None))
    return query


def to_remind_of(connection: Connection, now: datetime, limit: int, cursor: str | None = None) -> Page:
    """Tasks that somebody is to be reminded of by now, who was not yet; in the order of the moments."""
    table = task_rows.c
    due = select(table.task_id, table.version, table.reminder).where(table.reminder <= now)
    return page(connection, due, Order(table.reminder, table.task_id), limit, cursor)


def _overdue(now: datetime) -> ColumnElement[bool]:
    """A task that is due at no time is not overdue."""
    table = task_rows.c
    return (table.status == "open") & table.due.is_not(None) & (table.due < now)


def _opened(row: Row, now: datetime) -> Row:
    about = {"kind": row["about_kind"], "id": row["about_id"]} if row["about_id"] else None
    shown = {name: value for name, value in row.items() if name not in ("subject", "about_kind", "about_id", "reminder")}
    overdue = row["status"] == "open" and row["due"] is not None and row["due"] < now
    return shown | {"about": about, "overdue": overdue}


tasks = Projection(
    name="tasks",
    version=2,
    tables=(task_rows, task_titles),
    apply=apply,
    reads=frozenset({*map(type_name, TASK_EVENTS), type_name(Erased), type_name(ErasedLead)}),
)

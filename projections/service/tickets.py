"""tickets: every ticket as it stands, for lists and for one ticket with all that was said on it.

A row belongs to the ticket's own subject: its customer where it was opened for one, itself where not, whoever it is given
to later. Texts and other personal data lie apart, and go when their subject is erased; a redacted reply's go at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, tzinfo
from typing import Any, Literal
from uuid import UUID

import msgspec
from sqlalchemy import BigInteger, Column, Connection, Date, Index, Integer, MetaData, Select, Table, Text, Uuid, select

from domain.customers.customer.events import Erased
from domain.shared.events import Recorded, type_name
from projections.customers.merging import same_customer
from projections.service.ticket_book import TICKET_EVENTS, TICKET_TYPES, TicketBook, details
from projections.service.ticket_course import FINISHED, Fact, followed, moment
from projections.shared import books
from projections.shared.occurred import own_day, within
from projections.shared.pages import Order, Page, page
from projections.shared.projection import Delivery, Projection
from projections.shared.rows import Instant, Row, Rows
from projections.shared.search import SORTED_TEXT

metadata = MetaData()

ticket_rows = Table(
    "tickets",
    metadata,
    Column("ticket_id", Uuid, primary_key=True),
    Column("subject", Uuid, nullable=False),
    Column("position", BigInteger, nullable=False, index=True),
    Column("version", Integer, nullable=False),
    Column("number", SORTED_TEXT, nullable=False, index=True),
    Column("customer_id", Uuid, index=True),
    Column("opened_by", Text, nullable=False),
    Column("channel", Text),
    Column("category", Text),
    Column("priority", Text),
    Column("agent", Text),
    Column("team", Text),
    Column("status", Text, nullable=False),
    Column("status_label", Text),
    Column("discarded", Text),
    Column("merged_into", Uuid),
    Column("follow_up_of", Uuid),
    Column("parent_id", Uuid),
    Column("opened_at", Instant, nullable=False, index=True),
    Column("opened_on", Date),
    Column("first_resolved_at", Instant),
    Column("resolved_at", Instant),
    Column("closed_at", Instant),
    Column("last_activity_at", Instant, nullable=False, index=True),
    Column("solutions", Integer, nullable=False),
    Column("reopens", Integer, nullable=False),
    Column("replies", Integer, nullable=False),
    Column("irregular", Integer, nullable=False),
    Column("state", Text, nullable=False),
)
ticket_tags = Table(
    "ticket_tags",
    metadata,
    Column("ticket_id", Uuid, primary_key=True),
    Column("tag", Text, primary_key=True),
)
Index("ix_ticket_tags_tag", ticket_tags.c.tag, ticket_tags.c.ticket_id)
ticket_private = Table(
    "ticket_private",
    metadata,
    Column("ticket_id", Uuid, primary_key=True),
    Column("subject", Uuid, nullable=False, index=True),
    Column("private", Text, nullable=False),
)

KEPT = books.Kept(ticket_rows, ticket_tags, ticket_private)

# How events change it


def apply(batch: Sequence[Delivery], rows: Rows) -> None:
    books.apply_to(KEPT, TICKET_EVENTS, TicketBook.taken_up, _told, _standing, batch, rows)


def _told(recorded: Recorded, before: Row | None) -> Row:
    """How the ticket was opened stays from the first event."""
    told = recorded.metadata
    row = before or {"ticket_id": recorded.stream, "opened_at": told.occurred_at, "opened_on": own_day(told)}
    return row | {"last_activity_at": max(row.get("last_activity_at", told.occurred_at), told.occurred_at)}


def _standing(book: TicketBook) -> Row:
    opened, course = book.facts(), followed(book.told)
    agent, team = book.assignment
    return {
        "number": opened.number,
        "customer_id": book.customer_id,
        "opened_by": opened.opened_by,
        "channel": opened.channel,
        "category": book.category,
        "priority": book.priority,
        "agent": agent,
        "team": team,
        "status": course.status,
        "status_label": book.status_label,
        "discarded": book.discarded if course.discarded else None,
        "merged_into": book.merged_into,
        "follow_up_of": opened.follow_up_of,
        "parent_id": opened.parent_id,
        "first_resolved_at": _at(course.first_resolution),
        "resolved_at": _at(course.resolution),
        "closed_at": _at(course.closing),
        "solutions": len(course.solutions),
        "reopens": len(course.reopenings),
        "replies": len(book.replies),
        "state": book.put_down(),
    }


def _at(fact: Fact | None) -> Any:
    return fact and moment(fact.at)


# How it is queried


class Filter(msgspec.Struct, frozen=True, kw_only=True):
    """Tickets with all of these; None asks for any. Days are half-open, in `zone`.

    `unsolved` are neither solved nor closed; `solved_more_than_once` have two solutions or more.
    """

    customer_id: UUID | None = None
    number: str | None = None
    status: str | None = None
    agent: str | None = None
    team: str | None = None
    category: str | None = None
    priority: str | None = None
    channel: str | None = None
    opened_by: str | None = None
    tag: str | None = None
    unsolved: bool | None = None
    discarded: bool | None = None
    solved_more_than_once: bool | None = None
    opened_from: date | None = None
    opened_to: date | None = None
    zone: tzinfo = UTC


Sort = Literal["opened_at", "last_activity_at", "position", "number"]
COLUMNS = ("number", "status", "agent", "team", "category", "priority", "channel", "opened_by")
_SUMMARY = [column for column in ticket_rows.c if column.name not in ("state", "subject")]


def listing(
    connection: Connection,
    filter: Filter,
    *,
    sort: Sort = "opened_at",
    descending: bool = True,
    limit: int = 50,
    cursor: str | None = None,
) -> Page:
    """Tickets without texts. Raises MalformedCursor."""
    order = Order(ticket_rows.c[sort], ticket_rows.c.ticket_id, descending)
    found = page(connection, _filtered(filter), order, limit, cursor)
    tags = _tags(connection, [row["ticket_id"] for row in found.rows])
    return found._replace(rows=[row | {"tags": tags.get(row["ticket_id"], [])} for row in found.rows])


def get(connection: Connection, ticket_id: UUID) -> Row | None:
    """One ticket with its replies, links and attachments, and its personal data under `private`."""
    row = connection.execute(select(ticket_rows).where(ticket_rows.c.ticket_id == ticket_id)).mappings().first()
    if row is None:
        return None
    private = connection.execute(select(ticket_private.c.private).where(ticket_private.c.ticket_id == ticket_id)).scalar()
    summary = {column.name: row[column.name] for column in _SUMMARY}
    book = TicketBook.taken_up(ticket_id, row["state"], private)
    return summary | details(book) | {"private": msgspec.json.decode(private) if private else None}


def _filtered(filter: Filter) -> Select[Any]:
    row = ticket_rows.c
    query = select(*_SUMMARY).where(within(row.opened_at, row.opened_on, filter.opened_from, filter.opened_to, filter.zone))
    for name in COLUMNS:
        if (value := getattr(filter, name)) is not None:
            query = query.where(row[name] == value)
    if filter.customer_id is not None:
        query = query.where(row.customer_id.in_(same_customer(filter.customer_id)))
    conditions = {
        "unsolved": row.status.not_in(FINISHED),
        "discarded": row.discarded.is_not(None),
        "solved_more_than_once": row.solutions > 1,
    }
    for name, condition in conditions.items():
        if (wanted := getattr(filter, name)) is not None:
            query = query.where(condition if wanted else ~condition)
    if filter.tag is not None:
        query = query.where(row.ticket_id.in_(select(ticket_tags.c.ticket_id).where(ticket_tags.c.tag == filter.tag)))
    return query


def _tags(connection: Connection, ids: Sequence[UUID]) -> dict[UUID, list[str]]:
    found: dict[UUID, list[str]] = {}
    for row in connection.execute(select(ticket_tags).where(ticket_tags.c.ticket_id.in_(ids))):
        found.setdefault(row.ticket_id, []).append(row.tag)
    return {id: sorted(tags) for id, tags in found.items()}


tickets = Projection(
    name="tickets",
    version=2,
    tables=(ticket_rows, ticket_tags, ticket_private),
    apply=apply,
    reads=TICKET_TYPES | {type_name(Erased)},
)

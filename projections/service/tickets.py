"""tickets: the current state of every ticket, for lists and for single tickets with their correspondence.

A row belongs to the ticket's subject: the customer it was opened for, or the ticket itself if it was opened for none, also
when another requester is set later. Texts and other personal data are in a separate table and are deleted when their subject
is erased; those of a redacted reply are deleted with its redaction.
"""

from __future__ import annotations

from datetime import UTC, date, tzinfo
from typing import Any, Literal
from uuid import UUID

import msgspec
from sqlalchemy import Column, Date, Integer, Text, Uuid

from domain.customers.customer.events import Erased
from domain.shared.events import Recorded
from projections.service.ticket_book import TICKET_EVENTS, TicketBook, brief, details, listed
from projections.service.ticket_course import FINISHED, Fact, course_of, moment
from projections.shared import books
from projections.shared.lists import flag
from projections.shared.occurred import own_day
from projections.shared.rows import Instant, Row
from projections.shared.search import SORTED_TEXT
from projections.shared.tables import SORTED, columns

TICKETS = books.book_tables(
    "ticket",
    "tickets",
    Column("number", SORTED_TEXT, nullable=False, info=SORTED),
    Column("customer_id", Uuid, index=True),
    Column("opened_by", Text, nullable=False),
    *columns(Text, "channel", "category", "priority", "agent", "team"),
    Column("status", Text, nullable=False),
    *columns(Text, "status_label", "discarded"),
    *columns(Uuid, "merged_into", "follow_up_of", "parent_id"),
    Column("opened_at", Instant, nullable=False, info=SORTED),
    Column("opened_on", Date),
    *columns(Instant, "first_resolved_at", "resolved_at", "closed_at"),
    Column("last_activity_at", Instant, nullable=False, info=SORTED),
    *columns(Integer, "solutions", "reopens", "replies", "irregular", nullable=False),
)
ticket_rows = TICKETS.rows

# How events change it


def _activity(recorded: Recorded, before: Row | None) -> Row:
    """When the ticket was opened, from its first event, and when its last activity was."""
    metadata = recorded.metadata
    at = metadata.occurred_at
    row = before or {"ticket_id": recorded.stream, "opened_at": at, "opened_on": own_day(metadata)}
    return row | {"last_activity_at": max(row.get("last_activity_at", at), at)}


def _columns(book: TicketBook) -> Row:
    opened, course = book.facts(), course_of(book.course_facts)
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
        "state": book.dump(),
        "listed": books.dumped(listed(book)),
    }


def _at(fact: Fact | None) -> Any:
    return fact and moment(fact.at)


# How it is queried


class Filter(msgspec.Struct, frozen=True, kw_only=True):
    """Tickets that match all of these; None matches any. Day ranges are half-open, in `zone`.

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
RULES = {
    "unsolved": flag(ticket_rows.c.status.not_in(FINISHED)),
    "discarded": flag(ticket_rows.c.discarded.is_not(None)),
    "solved_more_than_once": flag(ticket_rows.c.solutions > 1),
}


def _details(ticket_id: UUID, state: str, private: str | None) -> Row:
    return details(TicketBook.load(ticket_id, state, private))


LISTED: books.BookListing[Filter, Sort] = books.BookListing(TICKETS, Filter, "opened_at", _details, brief=brief, rules=RULES)
get, listing = LISTED.get, LISTED.listing

tickets = TICKETS.projection(4, TICKET_EVENTS, TicketBook.load, _activity, _columns, Erased)

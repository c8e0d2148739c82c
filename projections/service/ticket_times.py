"""ticket_times: how long each ticket was in each status, and the moments at which its measures begin and end.

One row per ticket, for reports, and one row per interval of a status. With each new fact, both are computed again from all
facts of the ticket in the order they happened, so a late fact changes all that follows from it. Moments and durations are whole
microseconds of calendar time. There is no personal data here.

The figures of a ticket are packed into one value of fixed width: a report reads and counts a hundred thousand such rows in a
third of the time that one column per figure takes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from struct import Struct
from typing import Any, NamedTuple
from uuid import UUID

import msgspec
from sqlalchemy import BigInteger, Boolean, Column, Connection, Date, Integer, LargeBinary, Text, Uuid, select

from domain.service.ticket.opening import Categorised, Opened, PriorityChanged
from domain.service.ticket.status import Status
from domain.service.ticket.ticket import Assigned
from domain.shared.events import Recorded
from projections.service.service_calendars import Calendars
from projections.service.ticket_book import TICKET_EVENTS
from projections.service.ticket_course import (
    FINISHED,
    Clock,
    Course,
    CourseFacts,
    Fact,
    Interval,
    all_time,
    course_of,
    fact,
    microseconds,
    moment,
    opening,
)
from projections.service.ticket_measures import COUNTS, EARLIER, MEASURES, SECOND, SUMMED, Measured, sources
from projections.shared.projection import Delivery, Projection, own, types
from projections.shared.rows import Row, Rows
from projections.shared.tables import aggregates, columns, table

measured_tickets = aggregates(
    "ticket_times",
    "ticket_id",
    *columns(Text, "agent", "team", "category", "priority", "channel"),
    Column("status", Text, nullable=False),
    Column("discarded", Boolean, nullable=False),
    # Microseconds since 1970, UTC; `…_on` is the date in every zone, if only the day is known.
    Column("opened", BigInteger, nullable=False, index=True),
    Column("opened_on", Date),
    Column("resolved", BigInteger, index=True),
    Column("resolved_on", Date),
    Column("closed", BigInteger, index=True),
    Column("closed_on", Date),
    *columns(BigInteger, "last_activity", "last_activity_position", nullable=False),
    # Events that happened before the ticket was opened.
    Column("early", Integer, nullable=False),
    Column("figures", LargeBinary, nullable=False),
    Column("told", Text, nullable=False),
)
ticket_intervals = table(
    "ticket_intervals",
    Column("ticket_id", Uuid, primary_key=True),
    Column("ordinal", Integer, primary_key=True),
    Column("status", Text, nullable=False),
    Column("began", BigInteger, nullable=False),
    Column("ended", BigInteger),
    Column("began_position", BigInteger, nullable=False),
    Column("ended_position", BigInteger),
)


class Figures(NamedTuple):
    """Moments in microseconds since 1970, UTC; times in a status in microseconds, of intervals that have ended."""

    opened: int
    responded: int | None
    first_resolved: int | None
    resolved: int | None
    last_activity: int
    as_new: int
    as_open: int
    as_pending: int
    on_hold: int
    reopens: int
    replies: int
    reassignments: int
    solutions: int
    early: int

    def packed(self) -> bytes:
        return _PACKED.pack(*(UNKNOWN if figure is None else figure for figure in self))


MOMENTS = ("opened", "responded", "first_resolved", "resolved", "last_activity")
SPENT: Mapping[Status, str] = {"new": "as_new", "open": "as_open", "pending": "as_pending", "on_hold": "on_hold"}
"""Figures that are moments, and those that are time spent in a status."""

# Less than any moment, so a duration computed from it is negative.
UNKNOWN = -(2**62)
_PACKED = Struct(f"<{len(Figures._fields)}q")
_encode = msgspec.json.Encoder(order="deterministic").encode
_decode = msgspec.json.Decoder(CourseFacts).decode

# How events change it


def apply(batch: Sequence[Delivery], rows: Rows) -> None:
    ours = own(batch, TICKET_EVENTS)
    known = rows.load(measured_tickets, {recorded.stream for recorded in ours})
    facts = {id: _decode(row["told"]) for id, row in known.items()}
    moved: set[UUID] = set()
    for recorded in ours:
        id = recorded.stream
        if isinstance(recorded.event, Opened):
            facts[id] = CourseFacts(opening(recorded, recorded.event), [])
            moved.add(id)
        elif move := fact(recorded):
            facts[id].moves.append(move)
            moved.add(id)
        known[id] = _after(known.get(id, {}), recorded, facts[id])
    courses = {id: course_of(of_ticket) for id, of_ticket in facts.items()}
    rows.save(measured_tickets, [row | _measured(row, facts[id], courses[id]) for id, row in known.items()])
    rows.replace(ticket_intervals, "ticket_id", moved, [row for id in moved for row in _intervals(id, courses[id])])


def _after(row: Row, recorded: Recorded, facts: CourseFacts) -> Row:
    """The row with the columns that follow from the event alone, without the ticket's course."""
    event, at = recorded.event, microseconds(recorded.metadata.occurred_at)
    row = row | {"ticket_id": recorded.stream, "position": recorded.position, "version": recorded.version}
    if at >= row.get("last_activity", at):
        row |= {"last_activity": at, "last_activity_position": recorded.position}
    row["early"] = row.get("early", 0) + (at < facts.opening.at)
    if isinstance(event, Opened):
        row |= {"agent": None, "team": None, "category": event.category, "priority": event.priority, "channel": event.channel}
    elif isinstance(event, Assigned):
        row |= {"agent": event.owner, "team": event.team}
    elif isinstance(event, Categorised):
        row["category"] = event.category
    elif isinstance(event, PriorityChanged):
        row["priority"] = event.priority
    return row


def _measured(row: Row, facts: CourseFacts, course: Course) -> Row:
    return {
        "status": course.status,
        "discarded": course.discarded,
        "opened": course.opening.at,
        "opened_on": course.opening.day,
        "resolved": _at(course.resolution),
        "resolved_on": _day(course.resolution),
        "closed": _at(course.closing),
        "closed_on": _day(course.closing),
        "figures": figures(course, row["last_activity"], row["early"]).packed(),
        "told": _encode(facts).decode(),
    }


def figures(course: Course, last_activity: int, early: int) -> Figures:
    return Figures(
        opened=course.opening.at,
        responded=_at(course.response),
        first_resolved=_at(course.first_resolution),
        resolved=_at(course.resolution),
        last_activity=last_activity,
        as_new=course.spent("new"),
        as_open=course.spent("open"),
        as_pending=course.spent("pending"),
        on_hold=course.spent("on_hold"),
        reopens=len(course.reopenings),
        replies=len(course.replies),
        reassignments=len(course.reassignments),
        solutions=len(course.solutions),
        early=early,
    )


def _at(fact: Fact | None) -> int | None:
    return None if fact is None else fact.at


def _day(fact: Fact | None) -> date | None:
    return None if fact is None else fact.day


def _intervals(id: UUID, course: Course) -> list[Row]:
    return [{"ticket_id": id, "ordinal": n, **interval._asdict()} for n, interval in enumerate(course.intervals, start=1)]


# How it is queried


def times(connection: Connection, ticket_id: UUID, calendars: Calendars | None = None) -> Row | None:
    """One ticket's intervals and measures, each with the positions of the events it was computed from.

    With `calendars`, durations are in open time of the ticket's calendar; without a calendar, the ticket has no durations.
    None if there is no such ticket.
    """
    row = connection.execute(select(measured_tickets).where(measured_tickets.c.ticket_id == ticket_id)).mappings().first()
    if row is None:
        return None
    course = course_of(_decode(row["told"]))
    clock = all_time if calendars is None else calendars.clock(row["team"])
    known = figures(course, row["last_activity"], row["early"])
    made_from = sources(course, row["last_activity_position"])
    return {
        "ticket_id": ticket_id,
        "position": row["position"],
        "version": row["version"],
        "team": row["team"],
        "status": course.status,
        "discarded": course.discarded,
        "events_before_opening": known.early,
        "solutions": known.solutions,
        "intervals": [_shown(interval, clock) for interval in course.intervals],
        "measures": _measures(known, clock and _passed(known, course, clock), made_from),
    }


def so_far(row: Mapping[str, Any], now: datetime, clock: Clock | None = all_time) -> dict[str, Decimal] | None:
    """The times of an unsolved ticket until now, in seconds. None if it is solved, closed or discarded.

    Also None if `clock` is None: open time was asked for, and the ticket has no calendar.
    """
    if row["status"] in FINISHED or row["discarded"] or clock is None:
        return None
    intervals, until = row["intervals"], microseconds(now)
    lasted = [(i["status"], microseconds(i["from"]), until if i["to"] is None else microseconds(i["to"])) for i in intervals]
    spent = [(status, clock(began, ended)) for status, began, ended in lasted]
    sums = {name: sum(time for status, time in spent if status in of) for name, of in SUMMED.items()}
    sums["age"] = clock(lasted[0][1], until)
    return {f"{name}_so_far": Decimal(time) / SECOND for name, time in sums.items()}


def _shown(interval: Interval, clock: Clock | None) -> Row:
    ended = interval.ended
    return {
        "status": interval.status,
        "from": moment(interval.began),
        "to": None if ended is None else moment(ended),
        "seconds": None if ended is None or clock is None else Decimal(clock(interval.began, ended)) / SECOND,
        "from_position": interval.began_position,
        "to_position": interval.ended_position,
    }


def _passed(known: Figures, course: Course, clock: Clock) -> Figures:
    """The same figures by the clock. A moment becomes the time from the opening to it, or zero if it is before the opening."""
    moments = {name: getattr(known, name) for name in MOMENTS}
    passed: dict[str, Any] = {name: None if at is None else clock(known.opened, at) for name, at in moments.items()}
    return known._replace(**passed | {figure: course.spent(status, clock) for status, figure in SPENT.items()})


def _measures(known: Figures, passed: Figures | None, made_from: Mapping[str, Sequence[int]]) -> dict[str, Row]:
    """A measure that ends before it begins has no value."""
    numbers, counted = _numbers(known), _numbers(passed or known)
    ended = numbers["resolved"] >= numbers["opened"]

    def value(name: str, measure: Measured) -> Decimal | None:
        if measure.of(numbers) < 0 or not (ended or name in EARLIER) or (passed is None and name not in COUNTS):
            return None
        return Decimal(measure.of(counted)) / (1 if name in COUNTS else SECOND)

    return {
        name: {
            "value": value(name, measure),
            "unit": "times" if name in COUNTS else "seconds",
            "definition": measure.definition,
            "positions": made_from[name],
        }
        for name, measure in MEASURES.items()
    }


def _numbers(known: Figures) -> dict[str, int]:
    return {name: UNKNOWN if figure is None else figure for name, figure in known._asdict().items()}


ticket_times = Projection(
    name="ticket_times", version=2, tables=(measured_tickets, ticket_intervals), apply=apply, reads=types(*TICKET_EVENTS)
)

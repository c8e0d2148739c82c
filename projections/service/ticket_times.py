"""ticket_times: how long each ticket was in each status, and the moments at which its measures begin and end.

One narrow row per ticket, for reports, and one with all its facts. With each new fact, the narrow row is computed again from
all facts in the order they happened, so a late fact changes all that follows from it. Moments and durations are whole
microseconds of calendar time. There is no personal data here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import BigInteger, Boolean, Column, Connection, Date, Integer, LargeBinary, RowMapping, Text, Uuid, select

from domain.service.sla_policy import TICKET_FIELDS
from domain.service.ticket.opening import Categorised, Opened, PriorityChanged
from domain.service.ticket.ticket import Assigned
from domain.shared.annotations import AttributesSet, PlainTextsSet
from domain.shared.events import Recorded
from projections.service.service_calendars import Calendars
from projections.service.ticket_book import TICKET_EVENTS
from projections.service.ticket_course import (
    FINISHED,
    Clock,
    Course,
    CourseFacts,
    Interval,
    all_time,
    course_of,
    fact,
    microseconds,
    moment,
    opening,
)
from projections.service.ticket_figures import MOMENTS, SPENT, UNKNOWN, Figures, figures, marks
from projections.service.ticket_filter import NAMES
from projections.service.ticket_measures import COUNTS, EARLIER, MEASURES, SECOND, SUMMED, Measured, sources
from projections.shared.projection import Delivery, Projection, own, types
from projections.shared.rows import Row, Rows
from projections.shared.tables import aggregates, columns, index_of_days, table

measured_tickets = aggregates(
    "ticket_times",
    "ticket_id",
    *columns(Text, *NAMES),
    Column("discarded", Boolean, nullable=False),
    # Microseconds since 1970, UTC; `opened_on` is the date in every zone, if only the day is known.
    Column("opened", BigInteger, nullable=False, index=True),
    Column("opened_on", Date),
    # The values of the columns `TICKET_FIELDS` together, as JSON, so that reports read one value.
    Column("fields", Text, nullable=False),
    *columns(LargeBinary, "figures", "marks", nullable=False),
    # The attributes that are not personal, as JSON: reports can be grouped by them.
    Column("attributes", Text, nullable=False),
)
index_of_days(measured_tickets.c.opened_on)
ticket_facts = table(
    "ticket_facts",
    Column("ticket_id", Uuid, primary_key=True),
    *columns(BigInteger, "last_activity", "last_activity_position", nullable=False),
    # Events that happened before the ticket was opened.
    Column("early", Integer, nullable=False),
    Column("told", Text, nullable=False),
)

_encode = msgspec.json.Encoder(order="deterministic").encode
_decode = msgspec.json.Decoder(CourseFacts).decode
_attributes = msgspec.json.Decoder(dict[str, Any]).decode

# How events change it


def apply(batch: Sequence[Delivery], rows: Rows) -> None:
    ours = own(batch, TICKET_EVENTS)
    ids = {recorded.stream for recorded in ours}
    kept = rows.load(ticket_facts, ids)
    known = {id: row | kept[id] for id, row in rows.load(measured_tickets, ids).items()}
    facts = {id: _decode(row["told"]) for id, row in known.items()}
    for recorded in ours:
        id = recorded.stream
        if isinstance(recorded.event, Opened):
            facts[id] = CourseFacts(opening(recorded, recorded.event), [])
        elif move := fact(recorded):
            facts[id].moves.append(move)
        known[id] = _after(known.get(id, {}), recorded, facts[id])
    made = [row | _measured(row, facts[id]) for id, row in known.items()]
    for of_ticket in (measured_tickets, ticket_facts):
        rows.save(of_ticket, made)


def _after(row: Row, recorded: Recorded, facts: CourseFacts) -> Row:
    """The row with the columns that follow from the event alone, without the ticket's course."""
    event, at = recorded.event, microseconds(recorded.metadata.occurred_at)
    row = row | {"ticket_id": recorded.stream, "position": recorded.position, "version": recorded.version}
    if at >= row.get("last_activity", at):
        row |= {"last_activity": at, "last_activity_position": recorded.position}
    row["early"] = row.get("early", 0) + (at < facts.opening.at)
    if isinstance(event, Opened):
        row |= {"agent": None, "team": None, "category": event.category, "priority": event.priority, "channel": event.channel}
        row["attributes"] = "{}"
    elif isinstance(event, Assigned):
        row |= {"agent": event.owner, "team": event.team}
    elif isinstance(event, Categorised):
        row["category"] = event.category
    elif isinstance(event, PriorityChanged):
        row["priority"] = event.priority
    elif isinstance(event, AttributesSet | PlainTextsSet):
        row["attributes"] = _with_attributes(row["attributes"], event)
    return row


def _with_attributes(kept: str, event: AttributesSet | PlainTextsSet) -> str:
    """The attributes that are not personal, after the event. If one becomes personal, `numbers` or `texts` removes it."""
    merged = _attributes(kept) | (event.numbers if isinstance(event, AttributesSet) else event.texts)
    return _encode({key: value for key, value in merged.items() if value is not None}).decode()


def _measured(row: Row, facts: CourseFacts) -> Row:
    course = course_of(facts)
    return {
        "discarded": course.discarded,
        "opened": course.opening.at,
        "opened_on": course.opening.day,
        "fields": _encode([row[name] for name in TICKET_FIELDS]).decode(),
        "figures": figures(course, row["last_activity"], row["early"]).packed(),
        "marks": marks(course),
        "told": _encode(facts).decode(),
    }


# How it is queried


def get(connection: Connection, ticket_id: UUID) -> RowMapping | None:
    """The rows of a ticket together; None if there is no such ticket."""
    facts = [column for column in ticket_facts.c if column.name != "ticket_id"]
    query = select(measured_tickets, *facts).join(ticket_facts, ticket_facts.c.ticket_id == measured_tickets.c.ticket_id)
    return connection.execute(query.where(measured_tickets.c.ticket_id == ticket_id)).mappings().first()


def times(connection: Connection, ticket_id: UUID, calendars: Calendars | None = None) -> Row | None:
    """One ticket's intervals and measures, each with the positions of the events it was computed from.

    With `calendars`, durations are in open time of the ticket's calendar; without a calendar, the ticket has no durations.
    None if there is no such ticket.
    """
    row = get(connection, ticket_id)
    if row is None:
        return None
    course = course_of(_decode(row["told"]))
    clock = all_time if calendars is None else calendars.clock(row["team"])
    found = figures(course, row["last_activity"], row["early"])
    made_from = sources(course, row["last_activity_position"])
    return {
        "ticket_id": ticket_id,
        "position": row["position"],
        "version": row["version"],
        "team": row["team"],
        "status": course.status,
        "discarded": course.discarded,
        "events_before_opening": found.early,
        "solutions": found.solutions,
        "intervals": [_shown(interval, clock) for interval in course.intervals],
        "measures": _measures(found, clock and _passed(found, course, clock), made_from),
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
    name="ticket_times", version=4, tables=(measured_tickets, ticket_facts), apply=apply, reads=types(*TICKET_EVENTS)
)

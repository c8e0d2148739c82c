"""The SLA policies and service calendars at every position of the log: the due times of all tickets depend on them.

A row holds the terms or the schedule that one event set; it never changes. Every partition writes the same rows. At a position,
a partition reads only the rows before that position, so it never sees rows that another partition wrote ahead of it.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import BigInteger, Column, Text, Uuid, select

from domain.service import service_calendar, sla_policy
from domain.service.opening_hours import InForce, Schedule
from domain.service.service_calendar import ServiceCalendar
from domain.service.service_level import PolicyVersion
from domain.service.sla_policy import SlaPolicy, Terms
from domain.shared.events import Event, Recorded
from projections.service.service_calendars import Calendars, gathered
from projections.shared.rows import Instant, Rows
from projections.shared.tables import columns, table

due_terms = table(
    "ticket_due_terms",
    Column("position", BigInteger, primary_key=True),
    Column("stream", Uuid, nullable=False, index=True),
    Column("version", BigInteger, nullable=False),
    Column("code", Text, nullable=False),
    Column("since", Instant, nullable=False),
    # An event sets one of the two columns; the retirement of a policy sets none.
    *columns(Text, "schedule", "terms"),
)

EVENTS: tuple[type[Event], ...] = (*SlaPolicy.events, *ServiceCalendar.events)

_encode = msgspec.json.Encoder(order="deterministic").encode
_schedule = lru_cache(maxsize=256)(msgspec.json.Decoder(Schedule).decode)
_terms = lru_cache(maxsize=256)(msgspec.json.Decoder(Terms).decode)


class Known(NamedTuple):
    """All versions of policies, and all calendars with all their schedules."""

    policies: list[PolicyVersion]
    calendars: Calendars


def known_before(rows: Rows, position: int) -> Known:
    """The policies and calendars by the events before this position."""
    table = rows.table(due_terms)
    query = select(table).where(table.c.position < position).order_by(table.c.since, table.c.version, table.c.position)
    found = rows.connection.execute(query).all()
    return Known(
        [_policy(row) for row in found if row.schedule is None],
        gathered((row.code, InForce(row.since, _schedule(row.schedule))) for row in found if row.schedule is not None),
    )


def keep(rows: Rows, recorded: Recorded) -> None:
    """Write the row of this event of a policy or a calendar."""
    event = recorded.event
    if isinstance(event, sla_policy.Defined | service_calendar.Defined):
        code = event.code
    else:
        code = rows.select(due_terms, "stream", [recorded.stream])[0]["code"]
    schedule, terms = getattr(event, "schedule", None), getattr(event, "terms", None)
    row = {
        "position": recorded.position,
        "stream": recorded.stream,
        "version": recorded.version,
        "code": code,
        "since": recorded.metadata.occurred_at,
        "schedule": None if schedule is None else _encode(schedule).decode(),
        "terms": None if terms is None else _encode(terms).decode(),
    }
    rows.save(due_terms, [row])


def _policy(row: Any) -> PolicyVersion:
    return PolicyVersion(row.stream, row.code, row.version, row.since, None if row.terms is None else _terms(row.terms))

"""A million tickets, written directly into the read models, and the reports on them.

A few hundred courses are computed as the read model computes them. Each ticket has one of these, moved to another time.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from typing import Any
from uuid import UUID

import msgspec
import numpy as np
from sqlalchemy import Connection

from domain.service.opening_hours import OpenHours, Schedule
from domain.service.sla_policy import TICKET_FIELDS, PolicyTarget, Terms
from domain.service.ticket.status import Move
from projections.customers.feedback import feedback, tables
from projections.customers.feedback_figures import KINDS as KINDS_OF_FEEDBACK
from projections.customers.feedback_figures import packed
from projections.service import service_level_report, service_report, ticket_backlog, ticket_report, waiting_times
from projections.service.service_calendars import calendar_versions, service_calendars
from projections.service.sla_policies import policy_versions, sla_policies
from projections.service.ticket_course import CourseFacts, Fact, Opening, course_of, microseconds
from projections.service.ticket_figures import MARK_BITS, TYPES, UNKNOWN, figures, marks
from projections.service.ticket_times import measured_tickets, ticket_times
from projections.shared.registers import encode
from projections.shared.rows import Row, Rows
from tests.benchmarks.reports.part import Part

AT_ONCE = 20_000
BEGAN, YEARS, NOW = datetime(2021, 1, 4, tzinfo=UTC), 5, datetime(2026, 3, 1, 9, tzinfo=UTC)
MOVES: tuple[Move, ...] = (
    "agent_replied",
    "customer_replied",
    "pended",
    "agent_replied",
    "solved",
    "reopened",
    "solved",
    "closed",
)
COURSES = 500
ATTRIBUTES = ('{"made_sla":true}', '{"made_sla":false}', "{}")
DAYS: dict[str, Any] = {"from_": date(1900, 1, 1), "to": date(9999, 1, 1)}
MOMENTS = [
    name
    for name in TYPES
    if name in {"opened", "responded", "answered", "first_resolved", "resolved", "closed", "last_activity"}
]
HOURS = tuple(OpenHours(weekday=day, opens="08:30", closes="17:00") for day in range(1, 6))
SCHEDULE = Schedule(zone="Europe/Berlin", hours=HOURS)
TARGETS = (
    PolicyTarget(metric="first_response", seconds=4 * 3600, hours="business"),
    PolicyTarget(metric="next_reply", seconds=8 * 3600, hours="business"),
    PolicyTarget(metric="full_resolution", seconds=5 * 24 * 3600),
    PolicyTarget(metric="requester_wait", seconds=16 * 3600, hours="business"),
)


def fill(connection: Connection, rows: int) -> None:
    """So many tickets, a calendar and a policy."""
    since, id = BEGAN - timedelta(days=1), UUID(int=1)
    version: Row = {"version": 1, "position": 1, "since": since}
    writing = Rows(connection)
    writing.insert(calendar_versions, [version | {"calendar_id": id, "code": "default", "schedule": encode(SCHEDULE).decode()}])
    terms = encode(Terms(order=1, targets=TARGETS)).decode()
    writing.insert(policy_versions, [version | {"policy_id": id, "code": "all", "terms": terms}])
    for table, of_table in ((measured_tickets, _tickets(rows)), (tables.rows, _feedback(rows))):
        while some := list(islice(of_table, AT_ONCE)):
            writing.insert(table, some)


def _tickets(count: int) -> Iterator[Row]:
    chance, draw = random.Random(7), np.random.default_rng(7)
    known = [_course(chance) for _ in range(COURSES)]
    which = draw.integers(0, COURSES, count)
    begun = np.sort(draw.integers(0, YEARS * 365 * 24 * 3600 * 10**6, count)) + microseconds(BEGAN)
    figures_of = np.frombuffer(b"".join(one for one, _ in known), dtype=list(TYPES.items()))[which]
    for name in MOMENTS:
        figures_of[name] += np.where(figures_of[name] == UNKNOWN, 0, begun)
    all_marks = [np.frombuffer(one, dtype="<i8") for _, one in known]
    for number, (course, at) in enumerate(zip(which.tolist(), begun.tolist(), strict=True)):
        fields = {name: f"{name}-{chance.randrange(number)}" for name, number in KINDS.items()}
        yield {
            "ticket_id": UUID(int=chance.getrandbits(128)),
            "position": number + 2,
            "version": 5,
            **fields,
            "discarded": bool(figures_of["discarded"][number]),
            "opened": at,
            "opened_on": None,
            "fields": msgspec.json.encode([fields[name] for name in TICKET_FIELDS]).decode(),
            "figures": figures_of[number].tobytes(),
            "attributes": ATTRIBUTES[number % 3],
            "marks": (all_marks[course] + (at << MARK_BITS)).tobytes(),
        }


KINDS = {"agent": 200, "team": 10, "category": 20, "priority": 4, "channel": 5}


def _feedback(count: int) -> Iterator[Row]:
    """Feedback of every kind; half of it was requested, and a third was resolved."""
    chance = random.Random(8)
    empty: Row = dict.fromkeys(column.name for column in tables.rows.c)
    common = {"version": 1, "irregular": 0, "lists": "{}", "attributes": "{}", "scale_min": 1, "scale_max": 5}
    for number in range(count):
        at, id = BEGAN + timedelta(seconds=chance.randrange(YEARS * 365 * 24 * 3600)), UUID(int=chance.getrandbits(128))
        kind, where = chance.choice(KINDS_OF_FEEDBACK), f"channel-{chance.randrange(5)}"
        row = empty | common | {"feedback_id": id, "subject": id, "position": number, "kind": kind, "channel": where}
        row |= {"status": "submitted", "score": chance.randrange(1, 6), "submitted_at": at, "occurred_at": at}
        if number % 2:
            row |= {"requested_kind": kind, "requested_channel": where, "requested_at": at - timedelta(hours=30)}
        if number % 3 == 0:
            ends = at + timedelta(seconds=chance.randrange(10**6))
            row |= {"status": "resolved", "acknowledged_at": ends, "resolved_at": ends, "ended": "resolved", "ended_at": ends}
        yield row | {"figures": packed(row)}


def _course(chance: random.Random) -> tuple[bytes, bytes]:
    """The figures and the marks of a ticket that is opened at the moment 0."""
    at, facts = 0, CourseFacts(Opening(0, 1, False), [])
    for version, move in enumerate(MOVES[: chance.randrange(2, len(MOVES) + 1)], start=2):
        at += chance.randrange(60, 2 * 24 * 3600) * 10**6
        facts.moves.append(Fact(at, version, version, move))
    if chance.random() < 0.02:
        facts.moves.append(Fact(at + 1, len(facts.moves) + 2, 99, "discarded"))
    course = course_of(facts)
    return figures(course, at, 0).packed(), marks(course)


PART = Part(
    read_models=(feedback, ticket_times, service_calendars, sla_policies),
    fill=fill,
    reports={
        "service": lambda connection: service_report.report(connection, service_report.Question(**DAYS, by=("channel",)), NOW),
        "service-levels": lambda connection: service_level_report.report(
            connection, service_level_report.Question(**DAYS, by=("policy",)), NOW
        ),
        "ticket-times": lambda connection: ticket_report.report(connection, ticket_report.Question(**DAYS), NOW),
        "ticket-times-business": lambda connection: ticket_report.report(
            connection, ticket_report.Question(**DAYS, clock="business", by=("month", "channel")), NOW
        ),
        "waiting-times": lambda connection: waiting_times.report(
            connection, waiting_times.Question(**DAYS, by=("category",)), NOW
        ),
        "waiting-times-business": lambda connection: waiting_times.report(
            connection, waiting_times.Question(**DAYS, clock="business", by=("attribute:made_sla",)), NOW
        ),
        "ticket-backlog": lambda connection: ticket_backlog.report(connection, ticket_backlog.Question(**DAYS), NOW),
    },
)

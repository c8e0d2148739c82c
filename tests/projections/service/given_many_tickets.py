"""Tickets with any course, as rows of the read model that the reports read."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any, NamedTuple, get_args

from hypothesis import strategies as st
from sqlalchemy import Connection

from domain.service.opening_hours import InForce, OpenHours, Schedule
from domain.service.service_level import PolicyVersion
from domain.service.sla_policy import METRICS, TICKET_FIELDS, Condition, PolicyTarget, Terms
from domain.service.ticket.status import Move
from projections.service.service_calendars import Calendars, calendar_versions, gathered
from projections.service.sla_policies import policy_versions
from projections.service.ticket_course import Course, CourseFacts, Fact, Opening, course_of, microseconds
from projections.service.ticket_figures import figures, marks
from projections.service.ticket_times import measured_tickets, ticket_facts
from projections.shared.registers import encode
from projections.shared.rows import Row, Rows
from tests.projections.harness import uuid

BEGAN = datetime(2024, 3, 1, tzinfo=UTC)
HOUR = 3600 * 10**6
MOVES: tuple[Move, ...] = get_args(Move)


class Given(NamedTuple):
    """A ticket: its course, its last activity, how many events were before its opening, and its fields."""

    course: Course
    facts: CourseFacts
    last_activity: int
    early: int
    fields: dict[str, str | None]


def _moments(least: int, most: int) -> st.SearchStrategy[int]:
    return st.integers(least * 4, most * 4).map(lambda quarters: microseconds(BEGAN) + quarters * HOUR // 4)


def _days() -> st.SearchStrategy[date | None]:
    return st.none() | st.integers(0, 20).map(lambda days: BEGAN.date() + timedelta(days=days))


_FIELDS = {name: st.none() | st.sampled_from(["a", "b"]) for name in ("agent", *TICKET_FIELDS)}


@st.composite
def tickets(draw: st.DrawFn) -> Given:
    opened = draw(_moments(0, 400))
    moved = draw(st.lists(st.tuples(_moments(-5, 500), st.sampled_from(MOVES), _days()), max_size=7))
    moves = [Fact(at, version, 10 * version, move, day) for version, (at, move, day) in enumerate(moved, start=2)]
    facts = CourseFacts(Opening(opened, 1, draw(st.booleans()), draw(_days())), moves)
    at = [opened, *(move.at for move in moves)]
    return Given(course_of(facts), facts, max(at), sum(one < opened for one in at), draw(st.fixed_dictionaries(_FIELDS)))


def _targets() -> st.SearchStrategy[PolicyTarget]:
    return st.builds(
        PolicyTarget,
        metric=st.sampled_from(METRICS),
        seconds=st.integers(1, 200).map(lambda halves: halves * 1800),
        hours=st.sampled_from(["business", "calendar"]),
        priority=st.none() | st.just("a"),
    )


_TERMS = st.builds(
    Terms,
    order=st.integers(1, 3),
    conditions=st.just(()) | st.sampled_from(TICKET_FIELDS).map(lambda field: (Condition(field=field, values=("a",)),)),
    targets=st.lists(_targets(), max_size=4, unique_by=lambda target: (target.metric, target.priority)).map(tuple),
)


@st.composite
def policies(draw: st.DrawFn) -> list[PolicyVersion]:
    kept = draw(st.lists(st.tuples(st.sampled_from("xy"), st.integers(0, 400), st.none() | _TERMS), max_size=4))
    return [
        PolicyVersion(uuid(code), code, version, BEGAN + timedelta(hours=since), terms)
        for version, (code, since, terms) in enumerate(kept, start=1)
    ]


def _office(teams: Sequence[str], opens: str) -> Schedule:
    hours = tuple(OpenHours(weekday=day, opens=opens, closes="18:00") for day in range(1, 6))
    return Schedule(zone="Europe/Berlin", hours=hours, teams=tuple(teams))


Schedules = list[tuple[str, InForce]]
SCHEDULES: list[Schedules] = [
    [],
    [("default", InForce(BEGAN, _office((), "09:00")))],
    [
        ("late", InForce(BEGAN, _office("a", "13:00"))),
        ("late", InForce(BEGAN + timedelta(days=6, hours=5), _office("a", "15:30"))),
        ("never", InForce(BEGAN, Schedule(zone="UTC", teams=("b",)))),
    ],
]


def write(
    connection: Connection, some: Sequence[Given], versions: Sequence[PolicyVersion] = (), schedules: Schedules = SCHEDULES[0]
) -> Calendars:
    """Writes the rows into empty tables, and returns the calendars."""
    rows = Rows(connection)
    rows.insert(measured_tickets, [_row(number, one) for number, one in enumerate(some)])
    rows.insert(ticket_facts, [_facts(number, one) for number, one in enumerate(some)])
    rows.insert(policy_versions, [one._asdict() | {"position": 1, "terms": _text(one.terms)} for one in versions])
    rows.insert(
        calendar_versions,
        [
            {"calendar_id": uuid(code), "code": code, "version": number, "position": 1} | _in_force(one)
            for number, (code, one) in enumerate(schedules)
        ],
    )
    return gathered(schedules)


def _row(number: int, given: Given) -> Row:
    course = given.course
    return {
        "ticket_id": uuid(number),
        "position": number + 1,
        "version": 1,
        **given.fields,
        "discarded": course.discarded,
        "opened": course.opening.at,
        "opened_on": course.opening.day,
        "fields": _text([given.fields[name] for name in TICKET_FIELDS]),
        "figures": figures(course, given.last_activity, given.early).packed(),
        "marks": marks(course),
        "attributes": "{}",
    }


def _facts(number: int, given: Given) -> Row:
    kept = {"last_activity": given.last_activity, "last_activity_position": 1, "early": given.early}
    return {"ticket_id": uuid(number), "told": _text(given.facts)} | kept


def _in_force(one: InForce) -> dict[str, Any]:
    return {"since": one.since, "schedule": _text(one.schedule)}


def _text(value: Any) -> str | None:
    return None if value is None else encode(value).decode()

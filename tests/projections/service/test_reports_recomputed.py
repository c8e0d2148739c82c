"""Reports over columns, against the same figures computed ticket by ticket, for tickets with any course."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime, timedelta, tzinfo
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection

from domain.service.service_level import PolicyVersion, judged, promised, worst
from domain.service.sla_policy import METRICS
from projections.service import service_level_report, ticket_backlog, ticket_report
from projections.service.service_calendars import Calendars, service_calendars
from projections.service.service_level_report import VERDICTS
from projections.service.sla_policies import sla_policies
from projections.service.ticket_course import FINISHED, Fact, all_time, moment
from projections.service.ticket_measures import AGE, COUNTS, MEASURES
from projections.service.ticket_report import Times
from projections.service.ticket_times import so_far, ticket_times, times
from projections.service.ticket_waits import waits
from projections.shared.figures import Measured
from projections.shared.grouped import QUANTILES
from projections.shared.reports import first_day
from projections.shared.statistics.quantiles import ranks
from tests.projections.harness import in_memory, uuid
from tests.projections.service import given_many_tickets as many
from tests.projections.service.given_many_tickets import BEGAN, SCHEDULES, Given, Schedules

ZONE = ZoneInfo("America/St_Johns")
FROM, TO = date(2024, 3, 5), date(2024, 3, 15)
SOME = st.lists(many.tickets(), max_size=12)
NOWS = st.integers(0, 600).map(lambda hours: BEGAN + timedelta(hours=hours, minutes=7))
OF_COURSE = {"reopens": "reopenings", "replies": "replies", "reassignments": "reassignments"}
NONE = {"opened": 0, "reopened": 0, "finished": 0}
DAYS = {"day": 1, "week": 7, "month": 31}
PERIODS = st.sampled_from([(FROM, TO), (date(1900, 1, 1), date(9999, 1, 1))])


@contextmanager
def in_portions(size: int = 3) -> Iterator[Connection]:
    """Tables without rows, which are read in portions of this size."""
    with (
        in_memory(ticket_times, service_calendars, sla_policies) as connection,
        pytest.MonkeyPatch.context() as patch,
    ):
        patch.setattr("projections.shared.vectors.ROWS", size)
        yield connection


def day_of(at: int, own: date | None, zone: tzinfo) -> date:
    return own or moment(at - at % (900 * 10**6)).astimezone(zone).date()


def is_on(at: int, own: date | None, from_: date | None, to: date) -> bool:
    day = own or moment(at).astimezone(ZONE).date()
    return (from_ is None or from_ <= day) and day < to


# Service levels


@settings(max_examples=25, deadline=None)
@given(some=SOME, versions=many.policies(), schedules=st.sampled_from(SCHEDULES), now=NOWS, period=PERIODS)
def test_service_levels_are_those_of_each_ticket(
    some: Sequence[Given], versions: list[PolicyVersion], schedules: Schedules, now: datetime, period: tuple[date, date]
) -> None:
    asked = service_level_report.Question(from_=period[0], to=period[1], zone=ZONE, by=("policy", "agent", "channel", "week"))
    with in_portions() as connection:
        calendars = many.write(connection, some, versions, schedules)
        total, groups = service_level_report.report(connection, asked, now)
    expected: dict[Any, Counter[Any]] = defaultdict(Counter)
    for one in some:
        opening = one.course.opening
        if not one.course.discarded and is_on(opening.at, opening.day, *period):
            week = first_day(day_of(opening.at, opening.day, ZONE), "week")
            policy, verdicts = _verdicts(one, versions, calendars, now)
            for key in ("total", (policy, one.fields["agent"], one.fields["channel"], week)):
                expected[key].update(["tickets", *verdicts, *([] if policy else ["without"])])
    found = {tuple(group.group.values()): group for group in groups} | (
        {"total": total} if total.measures["tickets"].value else {}
    )
    assert {key: _counted(group) for key, group in found.items()} == expected


def _verdicts(
    one: Given, versions: list[PolicyVersion], calendars: Calendars, now: datetime
) -> tuple[str | None, list[tuple[Any, Any]]]:
    promise = promised(moment(one.course.opening.at), one.fields, versions)  # type: ignore[arg-type]
    timetable = calendars.timetable(one.fields["team"])
    waited: Any = waits(one.course)
    found: list[tuple[Any, Any]] = []
    for target in promise.targets if promise else ():
        each = [
            judged(target, wait.moments(), wait.over, now, timetable).verdict if wait.runs else None
            for wait in waited[target.metric]
        ]
        if verdict := worst(verdict for verdict in each if verdict):
            found.append((target.metric, verdict))
    return promise and promise.code, found


def _counted(group: service_level_report.Kept) -> Counter[Any]:
    counts: Counter[Any] = Counter({"tickets": _count(group, "tickets"), "without": _count(group, "without_policy")})
    for metric in METRICS:
        if f"{metric}_attainment" in group.measures:
            counts.update({(metric, verdict): _count(group, f"{metric}_{verdict}") for verdict in VERDICTS})
    return +counts


def _count(group: Measured, name: str) -> int:
    return int(group.measures[name].value or 0)


# Times


@settings(max_examples=25, deadline=None)
@given(
    some=SOME,
    schedules=st.sampled_from(SCHEDULES),
    now=NOWS,
    period=PERIODS,
    dated_by=st.sampled_from(["opened", "solved", "closed"]),
    clock=st.sampled_from(["calendar", "business"]),
)
def test_times_are_those_of_each_ticket(
    some: Sequence[Given], schedules: Schedules, now: datetime, period: tuple[date, date], dated_by: Any, clock: Any
) -> None:
    asked = ticket_report.Question(
        from_=period[0], to=period[1], zone=ZONE, by=("day", "agent", "team"), dated_by=dated_by, clock=clock
    )
    with in_portions() as connection:
        calendars = many.write(connection, some, schedules=schedules)
        total, groups = ticket_report.report(connection, asked, now)
        clocks = calendars if clock == "business" else None
        shown = [times(connection, uuid(number), clocks) or {} for number in range(len(some))]
    expected: dict[tuple[Any, ...], list[tuple[Given, bool, dict[str, Any]]]] = defaultdict(list)
    for one, row in zip(some, shown, strict=True):
        opening, resolution = one.course.opening, one.course.resolution
        dated: Fact | Any = {"opened": opening, "solved": resolution, "closed": one.course.closing}[dated_by]
        inside = dated is not None and not one.course.discarded and is_on(dated.at, dated.day, *period)
        apart = is_on(opening.at, opening.day, period[0] if dated_by == "opened" else None, period[1])
        if inside or (apart and (one.course.discarded or resolution is None)):
            day = day_of(dated.at, dated.day, ZONE) if inside else None
            for key in ((), (day, one.fields["agent"], one.fields["team"])):
                expected[key].append((one, inside, row))
    assert {tuple(group.group.values()) for group in groups} == expected.keys() - {()}
    for found in (total, *groups):
        _assert_times(found, expected[tuple(found.group.values())], now, clocks)


def _assert_times(
    found: Times, expected: Sequence[tuple[Given, bool, dict[str, Any]]], now: datetime, calendars: Calendars | None
) -> None:
    inside = [(one, row) for one, is_inside, row in expected if is_inside]
    unsolved = [(one, row) for one, _, row in expected if one.course.resolution is None and not one.course.discarded]
    assert tuple(
        _count(found, name) for name in ("tickets", "unsolved", "discarded", "irregular", "solved_more_than_once")
    ) == (
        len(inside),
        len(unsolved),
        sum(one.course.discarded for one, *_ in expected),
        sum(one.early > 0 for one, _ in inside),
        sum(len(one.course.solutions) > 1 for one, _ in inside),
    )
    for name in MEASURES:
        _assert_measure(found, name, [row["measures"][name]["value"] for _, row in inside])
    for name in COUNTS:
        _assert_measure(found, f"{name}_so_far", [Decimal(len(getattr(one.course, OF_COURSE[name]))) for one, _ in unsolved])
    clocks = [all_time if calendars is None else calendars.clock(one.fields["team"]) for one, _ in unsolved]
    ages = [so_far(row, now, clock) for clock, (_, row) in zip(clocks, unsolved, strict=True)]
    _assert_measure(found, AGE, [None if age is None else age["age_so_far"] for age in ages])


def _assert_measure(found: Times, measure: str, values: Sequence[Decimal | None]) -> None:
    known = sorted(value for value in values if value is not None)
    mean, largest = (found.measures[f"{measure}_{name}"] for name in ("mean", "max"))
    assert (mean.n, mean.denominator, mean.numerator) == (len(known), len(known), sum(known))
    assert largest.value == (known[-1] if known else None)
    for name, (part, of) in QUANTILES.items():
        at, rest = divmod((len(known) - 1) * part, of)
        figure = found.measures[f"{measure}_{name}"]
        above = known[at + 1] - known[at] if rest and known else Decimal()
        assert figure.value == (known[at] + above * rest / of if known else None)
        low, high = (int(rank[0]) for rank in ranks(part / of, np.array([len(known)]))) if known else (0, 1)
        bounds = known[low - 1] if low else None, known[high - 1] if high <= len(known) else None
        assert ((figure.interval.low, figure.interval.high) if figure.interval else (None, None)) == bounds


# The backlog


@settings(max_examples=20, deadline=None)
@given(some=SOME, now=NOWS, period=st.sampled_from(["day", "week", "month"]))
def test_the_backlog_is_that_of_each_ticket(some: Sequence[Given], now: datetime, period: Any) -> None:
    asked = ticket_backlog.Question(from_=FROM, to=TO, zone=ZONE, by=period)
    with in_portions() as connection:
        many.write(connection, some)
        flows = ticket_backlog.report(connection, asked, now)
    moves = [
        (kind, moment(began), moment(one.course.opening.at))
        for one in some
        if not one.course.discarded
        for kind, began in _moves(one)
    ]
    for flow in flows:
        first: Any = flow.group[period]
        days = first, first_day(first + timedelta(days=DAYS[period]), period)
        begin, end = (min(datetime.combine(day, datetime.min.time(), ZONE), now) for day in days)
        counts = Counter(kind for kind, at, _ in moves if begin <= at < end)
        assert {name: _count(flow, name) for name in ("opened", "reopened", "finished")} == {**NONE, **counts}
        before = [(1 - 2 * (kind == "finished"), opened) for kind, at, opened in moves if at < end]
        assert _count(flow, "backlog") == sum(sign for sign, _ in before)
        age = sum(sign * (int(end.timestamp()) - int(opened.timestamp())) for sign, opened in before)
        assert flow.measures["mean_age"].numerator == age


def _moves(one: Given) -> Iterator[tuple[str, int]]:
    yield "opened", one.course.opening.at
    was_finished = False
    for interval in one.course.intervals:
        is_finished = interval.status in FINISHED
        if is_finished != was_finished:
            yield "finished" if is_finished else "reopened", interval.began
        was_finished = is_finished

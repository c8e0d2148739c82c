"""Attainment of service levels in groups of tickets: met, breached and undecided by metric, from one narrow row per ticket.

For each ticket, the policies are those in force when it was opened, and its fields are the current ones.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, tzinfo
from typing import Any, Literal, NamedTuple

import msgspec
from sqlalchemy import Connection, Select, select

from domain.service.service_level import PolicyVersion, Promise, Verdict, promised
from domain.service.sla_policy import METRICS, TICKET_FIELDS, Metric
from domain.service.ticket.values import SlaTarget
from projections.service.service_calendars import Calendars, calendars
from projections.service.service_level_breaches import Judged, breaches
from projections.service.sla_policies import policies
from projections.service.ticket_course import CourseFacts, course_of, microseconds, moment
from projections.service.ticket_filter import NAMES, TicketFilter, within_moments
from projections.service.ticket_times import measured_tickets
from projections.service.ticket_waits import Wait, waits
from projections.shared.ratios import Ratio, proportion
from projections.shared.reports import PERIODS, first_day, limited, named, place

Group = Literal["day", "week", "month", "agent", "team", "category", "priority", "channel", "policy"]

VERDICTS: tuple[Verdict, ...] = ("met", "breached", "undecided")
READ_AT_ONCE = 5_000

table = measured_tickets.c
_decode = msgspec.json.Decoder(CourseFacts).decode


class Attainment(msgspec.Struct, frozen=True, kw_only=True):
    """How many tickets kept a promise (`met`), broke it, or are undecided yet."""

    attainment: Ratio
    met: int
    breached: int
    undecided: int


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """A group of tickets; `group` holds the value of each grouping, None if a ticket has none."""

    group: dict[str, str | date | None]
    tickets: int
    without_policy: int
    metrics: dict[Metric, Attainment]


class Question(TicketFilter, frozen=True, kw_only=True):
    """Tickets opened on days from `from_` to before `to` in `zone`, with these values. None means any value."""

    by: tuple[Group, ...] = ()


class TicketWaits(NamedTuple):
    """A ticket, the promise about it, and its waits for the targets of the promise."""

    row: Any
    promise: Promise | None
    waits: dict[Metric, list[Wait]]


def report(connection: Connection, question: Question, now: datetime) -> tuple[Kept, list[Kept]]:
    """The total, and the groups in the order of their values. Discarded tickets are in neither. Raises TooManyGroups."""
    known = calendars(connection)
    total, counts = _Count(), defaultdict[tuple[Any, ...], _Count](_Count)
    for tickets in _asked(connection, question):
        for ticket, verdict in zip(tickets, _verdicts(tickets, known, microseconds(now)), strict=True):
            for count in (total, counts[_key(ticket, question)]):
                count.add(ticket.promise, verdict)
    limited(len(counts))
    groups = [counts[key].kept(named(question.by, key)) for key in sorted(counts, key=place)] if question.by else []
    return total.kept({}), groups


# The promises


def _asked(connection: Connection, question: Question) -> Iterator[list[TicketWaits]]:
    """The tickets in portions, so that not all of them are in memory at the same time."""
    promises = _Promises(policies(connection))
    for rows in connection.execute(_selected(question)).partitions(READ_AT_ONCE):
        yield [TicketWaits(row, promise, _waited(row, promise)) for row in rows for promise in (promises.of(row),)]


def _waited(row: Any, promise: Promise | None) -> dict[Metric, list[Wait]]:
    wanted = {target.metric for target in promise.targets} if promise else set()
    metrics = [metric for metric in METRICS if metric in wanted]
    return waits(course_of(_decode(row.told)), metrics) if metrics else {}


def _selected(question: Question) -> Select[Any]:
    inside = within_moments(table.opened, table.opened_on, question.from_, question.to, question.zone)
    query = select(table.opened, table.opened_on, table.told, *(table[name] for name in NAMES))
    return query.where(~table.discarded, inside, *question.matches(table))


class _Promises:
    """Promises of tickets, computed once for the same fields of a ticket and the same policies in force."""

    def __init__(self, versions: Sequence[PolicyVersion]) -> None:
        import numpy as np

        self._versions = versions
        self._since = np.array(sorted(microseconds(version.since) for version in versions), dtype=np.int64)
        self._known: dict[tuple[Any, ...], Promise | None] = {}

    def of(self, row: Any) -> Promise | None:
        import numpy as np

        fields = tuple(getattr(row, name) for name in TICKET_FIELDS)
        key = (*fields, int(np.searchsorted(self._since, row.opened, side="right")))
        if key not in self._known:
            self._known[key] = promised(moment(row.opened), dict(zip(TICKET_FIELDS, fields, strict=True)), self._versions)
        return self._known[key]


# The verdicts: whether a promise was kept


def _verdicts(tickets: Sequence[TicketWaits], known: Calendars, now: int) -> list[dict[Metric, Verdict]]:
    """Every ticket's verdict for each metric that has a target and a wait."""
    found: list[dict[Metric, Verdict]] = [{} for _ in tickets]
    judged: dict[str | None, list[Judged]] = defaultdict(list)
    for number, ticket in enumerate(tickets):
        code = known.code(ticket.row.team)
        for target, metric, wait in _targeted(ticket.promise, ticket.waits):
            before = found[number].get(metric)
            found[number][metric] = "met" if wait.over and before in (None, "met") else "undecided"
            if target.hours == "calendar":
                judged[None].append(Judged(wait, target.seconds, number, metric))
            elif code is None:
                found[number][metric] = "undecided"
            else:
                judged[code].append(Judged(wait, target.seconds, number, metric))
    for code, some in judged.items():
        for one in breaches(some, None if code is None else known.timetables[code], now):
            found[one.ticket][one.metric] = "breached"
    return found


def _targeted(promise: Promise | None, waits: Mapping[Metric, list[Wait]]) -> Iterator[tuple[SlaTarget, Metric, Wait]]:
    by_metric = {target.metric: target for target in promise.targets} if promise else {}
    return ((by_metric[metric], metric, wait) for metric in METRICS if metric in by_metric for wait in waits[metric])


# How they are counted


class _Count:
    """The counts of a group of tickets."""

    def __init__(self) -> None:
        self._tickets = self._without = 0
        self._verdicts: Counter[tuple[Metric, Verdict]] = Counter()

    def add(self, promise: Promise | None, verdicts: Mapping[Metric, Verdict]) -> None:
        self._tickets += 1
        self._without += promise is None
        self._verdicts.update(verdicts.items())

    def kept(self, group: dict[str, str | date | None]) -> Kept:
        metrics = [metric for metric in METRICS if any((metric, verdict) in self._verdicts for verdict in VERDICTS)]
        attained = {metric: self._attained(metric) for metric in metrics}
        return Kept(group=group, tickets=self._tickets, without_policy=self._without, metrics=attained)

    def _attained(self, metric: Metric) -> Attainment:
        met, breached, undecided = (self._verdicts[metric, verdict] for verdict in VERDICTS)
        share = proportion(met, met + breached, "share", "met / (met + breached)", "nothing is decided yet")
        return Attainment(attainment=share, met=met, breached=breached, undecided=undecided)


def _key(ticket: TicketWaits, question: Question) -> tuple[Any, ...]:
    return tuple(_value(ticket, name, question.zone) for name in question.by)


def _value(ticket: TicketWaits, name: Group, zone: tzinfo) -> str | date | None:
    if name == "policy":
        return ticket.promise and ticket.promise.code
    if name in PERIODS:
        return first_day(ticket.row.opened_on or moment(ticket.row.opened).astimezone(zone).date(), name)
    value: str | None = getattr(ticket.row, name)
    return value

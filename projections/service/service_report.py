"""How well customers are served, in groups: feedback, ticket times, service levels and the backlog.

Each part is a report of its own, over the same days and groups. Tickets have no kind of feedback, so a report by kind of
feedback has figures of tickets only in the total.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

from msgspec.structs import replace
from sqlalchemy import Connection

from domain.customers.feedback.values import Kind
from projections.customers import feedback_report
from projections.customers.feedback_report import Group
from projections.service import service_level_report, ticket_backlog, ticket_report
from projections.service.service_level_report import LevelCount
from projections.service.ticket_backlog import BacklogCount, Moves
from projections.service.ticket_columns import read
from projections.service.ticket_groups import Fields
from projections.service.ticket_report import Hours, TimesCount, clocks
from projections.shared.figures import Figure, Measured
from projections.shared.reports import PERIODS, Days, Key, limited, named, period_of, place

Figures = Mapping[str, Figure]

PARTS = ("feedback", "tickets", "service_levels", "backlog")
"""The figures of `feedback_report`, `ticket_report`, `service_level_report` and `ticket_backlog`."""
KIND = "kind"


class Service(Measured, frozen=True, kw_only=True):
    """A group, with the figures of all parts that have any for it. Their names begin with that of the part."""


class Question(Days, frozen=True, kw_only=True):
    """Days from `from_` to before `to` in `zone`, with these values. None means any value.

    `kind` is a kind of feedback; `clock` is the clock for ticket times.
    """

    by: tuple[Group, ...] = ()
    clock: Hours = "calendar"
    kind: Kind | None = None
    channel: str | None = None
    agent: str | None = None


class _Part(NamedTuple):
    total: Figures
    groups: Mapping[Key, Figures]


def report(connection: Connection, question: Question, now: datetime) -> tuple[Service, list[Service]]:
    """The total, and the groups in the order of their values. Raises TooManyGroups."""
    parts = {"feedback": _feedback(connection, question), **_of_tickets(connection, question, now)}
    keys = {key for part in parts.values() for key in part.groups}
    limited(len(keys), large=True)
    groups = [
        Service(
            group=named(question.by, key),
            measures=_together({name: part.groups.get(key, {}) for name, part in parts.items()}),
        )
        for key in sorted(keys, key=place)
    ]
    return Service(group={}, measures=_together({name: part.total for name, part in parts.items()})), groups


def _together(parts: Mapping[str, Figures]) -> dict[str, Figure]:
    """`feedback_csat` is the figure `csat` of the part `feedback`."""
    return {f"{part}_{name}": figure for part, figures in parts.items() for name, figure in figures.items()}


# The parts


def _feedback(connection: Connection, question: Question) -> _Part:
    asked = feedback_report.Question(by=question.by, kind=question.kind, **_asked(question))
    total, groups = feedback_report.figures(connection, asked)
    return _Part(total, groups)


def _of_tickets(connection: Connection, question: Question, now: datetime) -> dict[str, _Part]:
    """The parts about tickets, for which the tickets are read once."""
    by: tuple[Any, ...] = () if KIND in question.by else question.by
    asked, fields = _asked(question), Fields(by)
    levels_asked = service_level_report.Question(by=by, **asked)
    times_asked = ticket_report.Question(by=by, clock=question.clock, **asked)
    times = TimesCount(times_asked, fields, now, clocks(connection, question.clock, fields, now))
    levels = LevelCount(connection, levels_asked, fields, now)
    names = [name for name in by if name not in PERIODS]
    backlog = BacklogCount(names, fields, now)
    for tickets in read(connection, levels_asked, fields):
        for count in (times, levels, backlog):
            count.add(tickets)
    return {
        "tickets": _keyed(*times.report()),
        "service_levels": _keyed(*levels.report()),
        "backlog": _backlog(backlog.moves(), ticket_backlog.Question(by=period_of(by), **asked), by, names),
    }


def _backlog(moves: Moves, asked: ticket_backlog.Question, by: Sequence[str], names: Sequence[str]) -> _Part:
    total = next(iter(moves.periods(replace(asked, by=None))), None)
    groups: dict[Key, Figures] = {}
    for values, flow in moves.by_group(asked) if by else ():
        by_name = named(names, values) | dict(flow.group)
        groups[tuple(by_name[name] for name in by)] = flow.measures
    return _Part(total.measures if total else {}, groups)


def _asked(question: Question) -> dict[str, Any]:
    return {name: getattr(question, name) for name in ("from_", "to", "zone", "channel", "agent")}


def _keyed(total: Measured, groups: Iterable[Measured]) -> _Part:
    return _Part(total.measures, {_key(one): one.measures for one in groups})


def _key(one: Measured) -> Key:
    """The values of its groupings, of which none is a number."""
    return tuple(value if value is None or isinstance(value, date) else str(value) for value in one.group.values())

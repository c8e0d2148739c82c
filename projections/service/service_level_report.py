"""Attainment of service levels in groups of tickets: met, breached and undecided by metric, from one narrow row per ticket.

For each ticket, the policies are those in force when it was opened, and its fields are the current ones.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal

from sqlalchemy import Connection

from domain.service.service_level import Verdict
from domain.service.sla_policy import METRICS, Metric
from projections.service.service_calendars import calendars
from projections.service.sla_policies import policies
from projections.service.ticket_business import Clocks
from projections.service.ticket_columns import Tickets, opened_within, read, within
from projections.service.ticket_course import microseconds
from projections.service.ticket_filter import TicketFilter
from projections.service.ticket_groups import Fields, Groups
from projections.service.ticket_promises import Promises
from projections.service.ticket_verdicts import RANKS, ranks
from projections.shared.figures import Figure, Measured, counted
from projections.shared.grouped import Gathered
from projections.shared.ratios import proportion
from projections.shared.reports import limited, named, place

if TYPE_CHECKING:
    from projections.shared.vectors import Whole

Group = Literal["day", "week", "month", "agent", "team", "category", "priority", "channel", "policy"]

VERDICTS: dict[Verdict, str] = {
    "met": "tickets that kept the target",
    "breached": "tickets that took longer than the target, also if they are still open",
    "undecided": "tickets that are open and still in time",
}


class Kept(Measured, frozen=True, kw_only=True):
    """A group of tickets: how many there are, and for each metric with a target the share and the counts of `VERDICTS`."""


class Question(TicketFilter, frozen=True, kw_only=True):
    """Tickets opened on days from `from_` to before `to` in `zone`, with these values. None means any value."""

    by: tuple[Group, ...] = ()


def report(connection: Connection, question: Question, now: datetime) -> tuple[Kept, list[Kept]]:
    """The total, and the groups in the order of their values. Discarded tickets are in neither. Raises TooManyGroups."""
    fields = Fields(question.by)
    count = LevelCount(connection, question, fields, now)
    for tickets in read(connection, question, fields, opened_within(question)):
        count.add(tickets)
    return count.report()


class LevelCount:
    """The report over tickets that arrive in portions."""

    def __init__(self, connection: Connection, question: Question, fields: Fields, now: datetime) -> None:
        self._question = question
        self._promises = Promises(policies(connection), fields)
        self._clocks = Clocks(calendars(connection), fields, microseconds(now))
        self._groups = Groups(question.by, fields, question.zone, policy=self._promises.policies)
        self._gathered = Gathered()

    def add(self, tickets: Tickets) -> None:
        question, tickets = self._question, tickets.kept
        inside = within(tickets["opened"], tickets["opened_on"], question.from_, question.to, question.zone)
        tickets = tickets.of(inside)
        promises = self._promises.of(tickets)
        policy = self._promises.policy(promises)
        self._gathered.add(
            group=self._groups.numbers(tickets, tickets["opened"], tickets["opened_on"], policy=policy),
            without=policy == 0,
            **{metric: ranks(metric, tickets, promises, self._promises, self._clocks) for metric in METRICS},
        )

    def report(self) -> tuple[Kept, list[Kept]]:
        """The total, and the groups in the order of their values. Raises TooManyGroups."""
        keys, numbers = self._groups.present(self._gathered.take("group"))
        limited(len(keys))
        tickets = _counted(numbers, len(keys), 1)[:, 0]
        without = _counted(numbers, len(keys), 2, self._gathered.take("without"))[:, 1]
        verdicts = {metric: _counted(numbers, len(keys), len(RANKS), self._gathered.take(metric)) for metric in METRICS}
        total = _kept({}, tickets.sum(), without.sum(), {metric: of.sum(axis=0) for metric, of in verdicts.items()})
        groups = [
            _kept(named(self._question.by, key), tickets[row], without[row], {name: of[row] for name, of in verdicts.items()})
            for row, key in enumerate(keys if self._question.by else ())
        ]
        return total, sorted(groups, key=lambda kept: place(kept.group.values()))


def _counted(numbers: Whole, length: int, kinds: int, kind: Any = 0) -> Whole:
    """How many tickets of each kind each group has, as a table."""
    import numpy as np

    table: Whole = np.bincount(numbers * kinds + kind, minlength=length * kinds).reshape(length, kinds)
    return table


def _kept(group: dict[str, Any], tickets: Any, without: Any, verdicts: Mapping[Metric, Any]) -> Kept:
    measures = {
        "tickets": counted(int(tickets), "tickets", "tickets opened on these days, without discarded ones"),
        "without_policy": counted(int(without), "tickets", "tickets that match no policy"),
    }
    for metric, counts in verdicts.items():
        measures |= _attained(metric, dict(zip(RANKS, counts.tolist(), strict=True)))
    return Kept(group=group, measures=measures)


def _attained(metric: Metric, counts: Mapping[Verdict | None, int]) -> dict[str, Figure]:
    """The figures of a metric; none if no ticket has a target for it."""
    found = {verdict: counts[verdict] for verdict in VERDICTS}
    if not any(found.values()):
        return {}
    met, decided = found["met"], found["met"] + found["breached"]
    share = proportion(met, decided, "share", "met / (met + breached)", "nothing is decided yet")
    return {f"{metric}_attainment": share} | {
        f"{metric}_{verdict}": counted(found[verdict], "tickets", meaning) for verdict, meaning in VERDICTS.items()
    }

"""What is promised about a ticket, until when, and whether it was kept: pure functions of the ticket and the policies.

A promise is that of the first policy in force when the ticket was opened whose conditions the ticket fulfils. What it
promises of a metric is due when the time that is counted for it, in calendar or in business hours, comes to the target.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Literal, NamedTuple
from uuid import UUID

from domain.service.opening_hours import Stretch, Timetable, open_between
from domain.service.sla_policy import METRICS, Metric, PolicyTarget, Terms, TicketField
from domain.service.ticket.values import Hours, SlaTarget

Run = tuple[datetime, datetime | None]
"""Time that is counted, from one moment to another; None is on and on."""
Verdict = Literal["met", "breached", "undecided"]

WORST_FIRST: tuple[Verdict, ...] = ("breached", "undecided", "met")
FROM_OPENING: frozenset[Metric] = frozenset(METRICS) - {"next_reply"}
HORIZON = timedelta(days=10 * 366)


class PolicyVersion(NamedTuple):
    """What a policy says from `since` on; None where it was retired."""

    policy_id: UUID
    code: str
    version: int
    since: datetime
    terms: Terms | None


class Promise(NamedTuple):
    """A policy that fits, and the targets that it has for the ticket's priority."""

    policy_id: UUID
    code: str
    version: int
    targets: tuple[SlaTarget, ...]


class DueTime(NamedTuple):
    """`due` is None where it never comes: nobody is there long enough within ten years."""

    target: SlaTarget
    due: datetime | None


class Judgement(NamedTuple):
    """When it is due, or would have been if it had gone on; and whether that was kept."""

    due: datetime | None
    verdict: Verdict


def worst(verdicts: Iterable[Verdict]) -> Verdict | None:
    """Of several waits for the same: breached if one is, else undecided if one is; None where there is none."""
    found = set(verdicts)
    return next((verdict for verdict in WORST_FIRST if verdict in found), None)


# What is promised


def due_times(
    opened_at: datetime,
    fields: Mapping[TicketField, str | None],
    policies: Iterable[PolicyVersion],
    timetable: Timetable | None,
) -> tuple[Promise | None, list[DueTime]]:
    """What is promised of a ticket that has just been opened, and when each of it is due if nothing happens.

    `policies` are all versions of all policies, in any order; `timetable` is None where the ticket has no calendar. A next
    reply is due only once a customer waits for one: see `due`.
    """
    promise = promised(opened_at, fields, policies)
    targets = promise.targets if promise else ()
    runs: list[Run] = [(opened_at, None)]
    return promise, [DueTime(target, due(target, runs, timetable)) for target in targets if target.metric in FROM_OPENING]


def promised(
    opened_at: datetime, fields: Mapping[TicketField, str | None], policies: Iterable[PolicyVersion]
) -> Promise | None:
    """The promise of the first policy that fits; None where none does."""
    for policy in in_force(opened_at, policies):
        assert policy.terms is not None, "policies in force have terms"
        if all(fields.get(condition.field) in condition.values for condition in policy.terms.conditions):
            targets = targets_for(fields.get("priority"), policy.terms.targets)
            return Promise(policy.policy_id, policy.code, policy.version, targets)
    return None


def in_force(at: datetime, policies: Iterable[PolicyVersion]) -> list[PolicyVersion]:
    """What policies say at that moment, in the order in which they are tried."""
    said: dict[UUID, PolicyVersion] = {}
    for policy in sorted(policies, key=lambda policy: (policy.since, policy.version)):
        if policy.since <= at:
            said[policy.policy_id] = policy
    held = [(policy.terms.order, policy.code, policy) for policy in said.values() if policy.terms is not None]
    return [policy for *_, policy in sorted(held, key=lambda one: one[:2])]


def targets_for(priority: str | None, targets: Sequence[PolicyTarget]) -> tuple[SlaTarget, ...]:
    """One for each metric: that which names the priority, else the one that names none."""
    found = {target.metric: target for target in targets if target.priority is None}
    if priority is not None:
        found |= {target.metric: target for target in targets if target.priority == priority}
    chosen = (found[metric] for metric in METRICS if metric in found)
    return tuple(SlaTarget(metric=target.metric, seconds=target.seconds, hours=target.hours) for target in chosen)


# Whether it was kept


def due(target: SlaTarget, runs: Iterable[Run], timetable: Timetable | None) -> datetime | None:
    """When the time of these runs comes to the target; None where it stops before, or nobody is there so long."""
    left = timedelta(seconds=target.seconds)
    for began, ended in runs:
        for opened, closed in _counted(target.hours, began, began + HORIZON if ended is None else ended, timetable):
            if closed - opened >= left:
                return opened + left
            left -= closed - opened
    return None


def judged(target: SlaTarget, runs: Sequence[Run], over: bool, now: datetime, timetable: Timetable | None) -> Judgement:
    """Breached if it went on beyond the moment it was due, until it was over or until now; else met if it is over.

    What is promised in business hours about a ticket without a calendar is never decided.
    """
    if target.hours == "business" and timetable is None:
        return Judgement(None, "undecided")
    *before, (began, ended) = runs
    at = due(target, [*before, (began, None if over else ended)], timetable)
    if at is not None and at < (ended or now):
        return Judgement(at, "breached")
    return Judgement(at, "met" if over else "undecided")


def _counted(hours: Hours, began: datetime, ended: datetime, timetable: Timetable | None) -> Iterator[Stretch]:
    if hours == "calendar":
        return iter([(began, ended)])
    return open_between(timetable, began, ended) if timetable else iter(())

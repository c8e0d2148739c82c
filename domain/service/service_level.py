"""Service levels of a ticket: its targets, their due times and whether they were met. Pure functions of ticket and policies.

The first matching policy applies, of those in force when the ticket was opened. A target is due when the time that counts for
its metric, in calendar or business hours, reaches the target. It is met if no more time than the target counts: a target that
is due when the office closes is still met at the next opening, because no business time passes in between.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from operator import ge, gt
from typing import Literal, NamedTuple
from uuid import UUID

from domain.service.opening_hours import Stretch, Timetable, open_between
from domain.service.sla_policy import METRICS, Metric, PolicyTarget, Terms, TicketField
from domain.service.ticket.values import Hours, SlaTarget

Run = tuple[datetime, datetime | None]
"""A period of time that counts. Its end is None if it is still running."""
Verdict = Literal["met", "breached", "undecided"]

WORST_FIRST: tuple[Verdict, ...] = ("breached", "undecided", "met")
FROM_OPENING: frozenset[Metric] = frozenset(METRICS) - {"next_reply"}
HORIZON = timedelta(days=10 * 366)


class PolicyVersion(NamedTuple):
    """The terms of a policy from `since` on; None if it was retired."""

    policy_id: UUID
    code: str
    version: int
    since: datetime
    terms: Terms | None


class Promise(NamedTuple):
    """The policy that applies to a ticket, and its targets for the ticket's priority."""

    policy_id: UUID
    code: str
    version: int
    targets: tuple[SlaTarget, ...]


class Judgement(NamedTuple):
    """`due` is when the target is due, or would be if the time kept running. `verdict` says whether it was met."""

    due: datetime | None
    verdict: Verdict


def worst(verdicts: Iterable[Verdict]) -> Verdict | None:
    """The verdict on several waits: breached if one is, else undecided if one is, else met. None if there are no waits."""
    found = set(verdicts)
    return next((verdict for verdict in WORST_FIRST if verdict in found), None)


# Targets


def promised(
    opened_at: datetime, fields: Mapping[TicketField, str | None], policies: Iterable[PolicyVersion]
) -> Promise | None:
    """The first policy that matches, with its targets; None if no policy matches."""
    for policy in in_force(opened_at, policies):
        assert policy.terms is not None, "policies in force have terms"
        if all(fields.get(condition.field) in condition.values for condition in policy.terms.conditions):
            targets = targets_for(fields.get("priority"), policy.terms.targets)
            return Promise(policy.policy_id, policy.code, policy.version, targets)
    return None


def in_force(at: datetime, policies: Iterable[PolicyVersion]) -> list[PolicyVersion]:
    """The versions of policies in force at that moment, in the order in which they are tried."""
    latest: dict[UUID, PolicyVersion] = {}
    for policy in sorted(policies, key=lambda policy: (policy.since, policy.version)):
        if policy.since <= at:
            latest[policy.policy_id] = policy
    held = [(policy.terms.order, policy.code, policy) for policy in latest.values() if policy.terms is not None]
    return [policy for *_, policy in sorted(held, key=lambda one: one[:2])]


def is_retired(policy_id: UUID, policies: Iterable[PolicyVersion]) -> bool:
    """Whether the policy's latest version retires it. Tickets that were opened before keep its promise, see `promised`."""
    known = (policy for policy in policies if policy.policy_id == policy_id)
    latest = max(known, key=lambda policy: (policy.since, policy.version), default=None)
    return latest is not None and latest.terms is None


def targets_for(priority: str | None, targets: Sequence[PolicyTarget]) -> tuple[SlaTarget, ...]:
    """One target for each metric: the one for this priority, else the one without a priority."""
    found = {target.metric: target for target in targets if target.priority is None}
    if priority is not None:
        found |= {target.metric: target for target in targets if target.priority == priority}
    chosen = (found[metric] for metric in METRICS if metric in found)
    return tuple(SlaTarget(metric=target.metric, seconds=target.seconds, hours=target.hours) for target in chosen)


# Due times and verdicts


def due(target: SlaTarget, runs: Iterable[Run], timetable: Timetable | None) -> datetime | None:
    """When the time in these periods reaches the target. None if they end earlier or have too few business hours."""
    return _spent(target, runs, timetable, ge)


def met_until(target: SlaTarget, runs: Iterable[Run], timetable: Timetable | None) -> datetime | None:
    """The last moment at which no more time than the target has counted: after it, the target is breached.

    It is the due time or, if no time counts directly after that, the moment from which time counts again. None if no more time
    counts in these periods.
    """
    return _spent(target, runs, timetable, gt)


def elapsed(hours: Hours, runs: Iterable[Run], now: datetime, timetable: Timetable | None) -> timedelta:
    """The time in these periods that counts; a period that still runs counts until now."""
    spans = ((began, now if ended is None else ended) for began, ended in runs)
    counted = (stretch for began, ended in spans if began < ended for stretch in _counted(hours, began, ended, timetable))
    return sum((closed - opened for opened, closed in counted), timedelta())


def judged(target: SlaTarget, runs: Sequence[Run], over: bool, now: datetime, timetable: Timetable | None) -> Judgement:
    """Breached if more time than the target has counted. Otherwise met if `over`, else undecided.

    `over` says that no more time will count. A target in business hours for a ticket without a calendar stays undecided.
    """
    if target.hours == "business" and timetable is None:
        return Judgement(None, "undecided")
    *before, (began, ended) = runs
    at = due(target, [*before, (began, None if over else ended)], timetable)
    if elapsed(target.hours, runs, now, timetable) > timedelta(seconds=target.seconds):
        return Judgement(at, "breached")
    return Judgement(at, "met" if over else "undecided")


def _spent(
    target: SlaTarget, runs: Iterable[Run], timetable: Timetable | None, enough: Callable[[timedelta, timedelta], bool]
) -> datetime | None:
    """When the target's time has passed, in the first period of counted time that is `enough` for the rest of it."""
    left = timedelta(seconds=target.seconds)
    for began, ended in runs:
        for opened, closed in _counted(target.hours, began, began + HORIZON if ended is None else ended, timetable):
            if enough(closed - opened, left):
                return opened + left
            left -= closed - opened
    return None


def _counted(hours: Hours, began: datetime, ended: datetime, timetable: Timetable | None) -> Iterator[Stretch]:
    if hours == "calendar":
        return iter([(began, ended)])
    return open_between(timetable, began, ended) if timetable else iter(())

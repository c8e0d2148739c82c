"""A service level (SLA) policy: targets for the tickets that match its conditions. The first matching policy applies.

A definition or revision applies to tickets that are opened at or after its time of occurrence.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Literal, get_args
from uuid import UUID

from domain.service.ticket.values import LABEL_LENGTH, Hours
from domain.shared.aggregate import Aggregate, decision
from domain.shared.events import Context, GlobalEvent, Metadata, Value
from domain.shared.ids import derived_id
from domain.shared.refusals import Malformed
from domain.shared.text import code as checked_code
from domain.shared.text import optional_text, text

Metric = Literal["first_response", "next_reply", "first_resolution", "full_resolution", "requester_wait", "agent_work"]
TicketField = Literal["channel", "category", "priority", "team"]

METRICS: tuple[Metric, ...] = get_args(Metric)
TICKET_FIELDS: tuple[TicketField, ...] = get_args(TicketField)
LIST_LIMIT = 200
LONGEST = 366 * 24 * 3600
LARGEST_ORDER = 10**6


class Condition(Value, frozen=True):
    """Matches if the ticket's field has one of these values."""

    field: TicketField
    values: tuple[str, ...]


class PolicyTarget(Value, frozen=True):
    """A target in seconds, counted in `hours`. `priority` None applies to all priorities that have no target of their own."""

    metric: Metric
    seconds: int
    hours: Hours = "calendar"
    priority: str | None = None


class Terms(Value, frozen=True):
    """Policies are tried in ascending `order`. All conditions must match; a policy without conditions matches every ticket.

    A policy without targets gives its tickets no targets.
    """

    order: int
    conditions: tuple[Condition, ...] = ()
    targets: tuple[PolicyTarget, ...] = ()


class Defined(GlobalEvent, frozen=True, tag="crm.sla_policy.defined.v1"):
    code: str
    terms: Terms

    def apply(self, policy: SlaPolicy, metadata: Metadata) -> None:
        policy.set_terms(self.terms, metadata.occurred_at)


class Revised(GlobalEvent, frozen=True, tag="crm.sla_policy.revised.v1"):
    """Replaces all terms. A retired policy is in force again."""

    terms: Terms

    def apply(self, policy: SlaPolicy, metadata: Metadata) -> None:
        policy.set_terms(self.terms, metadata.occurred_at)


class Retired(GlobalEvent, frozen=True, tag="crm.sla_policy.retired.v1"):
    """The policy does not apply to tickets that are opened from now on, and escalates no ticket any more."""

    def apply(self, policy: SlaPolicy, metadata: Metadata) -> None:
        policy.set_terms(None, metadata.occurred_at)


class SlaPolicy(Aggregate):
    """`terms` are the latest terms, in force since `since`; None if the policy is retired."""

    name = "sla_policy"
    events = (Defined, Revised, Retired)

    def __init__(self, id: UUID) -> None:
        super().__init__(id)
        self.terms: Terms | None = None
        self.since = datetime.min.replace(tzinfo=UTC)

    @decision
    def define(self, context: Context, code: str, terms: Terms) -> None:
        """Defines or revises the policy. Records nothing if these terms are already in force. Raises Malformed."""
        code, terms = checked_code(code, "policy"), checked(terms)
        if not self.exists:
            self.record(context, Defined(code=code, terms=terms))
        elif context.at < self.since or terms != self.terms:
            self.record_once(context, Revised(terms=terms))

    @decision
    def retire(self, context: Context) -> None:
        """Raises NotThere if the policy was never defined."""
        self.require()
        self.record_status(context, Retired(), self.since if self.terms is None else None)

    def set_terms(self, terms: Terms | None, since: datetime) -> None:
        if since >= self.since:
            self.terms, self.since = terms, since


def sla_policy_id(code: str) -> UUID:
    return derived_id(SlaPolicy.name, code)


def checked(terms: Terms) -> Terms:
    """The terms in the form in which they are recorded. Raises Malformed."""
    if abs(terms.order) > LARGEST_ORDER:
        raise Malformed(f"The order must be a whole number from -{LARGEST_ORDER} to {LARGEST_ORDER}.")
    conditions = tuple(map(_checked_condition, terms.conditions))
    targets = tuple(map(_checked_target, terms.targets))
    _refuse_duplicates([condition.field for condition in conditions], "condition on a field")
    _refuse_duplicates([(target.metric, target.priority) for target in targets], "target for a metric and priority")
    return Terms(order=terms.order, conditions=conditions, targets=targets)


def _checked_condition(condition: Condition) -> Condition:
    if condition.field not in TICKET_FIELDS or not 0 < len(condition.values) <= LIST_LIMIT:
        raise Malformed(f"A condition must have a field ({', '.join(TICKET_FIELDS)}) and 1 to {LIST_LIMIT} values.")
    values = {text(value, condition.field, LABEL_LENGTH) for value in condition.values}
    return Condition(field=condition.field, values=tuple(sorted(values)))


def _checked_target(target: PolicyTarget) -> PolicyTarget:
    if target.metric not in METRICS or target.hours not in get_args(Hours) or not 0 < target.seconds <= LONGEST:
        raise Malformed(
            f"A target must have a metric ({', '.join(METRICS)}), 1 to {LONGEST} seconds, and business or calendar hours."
        )
    priority = optional_text(target.priority, "priority", LABEL_LENGTH)
    return PolicyTarget(metric=target.metric, seconds=target.seconds, hours=target.hours, priority=priority)


def _refuse_duplicates(named: Sequence[object], what: str) -> None:
    if len(named) > LIST_LIMIT or len(set(named)) < len(named):
        raise Malformed(f"At most {LIST_LIMIT} of each are allowed, and no duplicate {what}.")

"""An assignment rule: which team gets new tickets or leads, and how a member is chosen. The first matching rule applies."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Literal, get_args
from uuid import UUID

from domain.service.sla_policy import LARGEST_ORDER, LIST_LIMIT
from domain.service.ticket.values import LABEL_LENGTH
from domain.shared.aggregate import Aggregate, decision
from domain.shared.events import Context, Event, Metadata, Value
from domain.shared.ids import derived_id
from domain.shared.refusals import Malformed
from domain.shared.text import code as checked_code
from domain.shared.text import text

Assignable = Literal["ticket", "lead"]
Method = Literal["round_robin", "least_open"]
Field = Literal["channel", "category", "priority", "origin"]

FIELDS: Mapping[Assignable, tuple[Field, ...]] = {
    "ticket": ("channel", "category", "priority"),
    "lead": ("channel", "origin"),
}


class Condition(Value, frozen=True):
    """Matches if the field has one of these values."""

    field: Field
    values: tuple[str, ...]


class Terms(Value, frozen=True):
    """Rules are tried in ascending `order`. All conditions must match; without conditions, everything of the kind matches.

    `round_robin` chooses the members of the team in turn, `least_open` the member with the fewest open tickets and leads.
    """

    order: int
    kind: Assignable
    team: str
    method: Method = "round_robin"
    conditions: tuple[Condition, ...] = ()

    def fit(self, kind: str, facts: Mapping[str, str | None]) -> bool:
        """Whether a ticket or lead (`kind`) with these facts, by field, matches."""
        return self.kind == kind and all(facts.get(condition.field) in condition.values for condition in self.conditions)


class Defined(Event, frozen=True, tag="crm.assignment_rule.defined.v1"):
    code: str
    terms: Terms

    def apply(self, rule: AssignmentRule, metadata: Metadata) -> None:
        rule.code = self.code
        rule.set_terms(self.terms, metadata.occurred_at)


class Revised(Event, frozen=True, tag="crm.assignment_rule.revised.v1"):
    """Replaces all terms. A retired rule is in force again."""

    terms: Terms

    def apply(self, rule: AssignmentRule, metadata: Metadata) -> None:
        rule.set_terms(self.terms, metadata.occurred_at)


class Retired(Event, frozen=True, tag="crm.assignment_rule.retired.v1"):
    """The rule no longer assigns tickets or leads. Earlier assignments stay."""

    def apply(self, rule: AssignmentRule, metadata: Metadata) -> None:
        rule.set_terms(None, metadata.occurred_at)


class AssignmentRule(Aggregate):
    """`terms` are the latest terms, in force since `since`; None if the rule is retired."""

    name = "assignment_rule"
    events = (Defined, Revised, Retired)

    def __init__(self, id: UUID) -> None:
        super().__init__(id)
        self.code = ""
        self.terms: Terms | None = None
        self.since = datetime.min.replace(tzinfo=UTC)

    @decision
    def define(self, context: Context, code: str, terms: Terms) -> None:
        """Defines or revises the rule. Records nothing if these terms are already in force. Raises Malformed."""
        code, terms = checked_code(code, "rule"), checked(terms)
        if not self.exists:
            self.record(context, Defined(code=code, terms=terms))
        elif context.at < self.since or terms != self.terms:
            self.record_once(context, Revised(terms=terms))

    @decision
    def retire(self, context: Context) -> None:
        """Raises NotThere if the rule was never defined."""
        self.require()
        self.record_status(context, Retired(), self.since if self.terms is None else None)

    def set_terms(self, terms: Terms | None, since: datetime) -> None:
        if since >= self.since:
            self.terms, self.since = terms, since


def assignment_rule_id(code: str) -> UUID:
    return derived_id(AssignmentRule.name, code)


def checked(terms: Terms) -> Terms:
    """The terms in the form in which they are recorded. Raises Malformed."""
    if abs(terms.order) > LARGEST_ORDER:
        raise Malformed(f"The order must be a whole number from -{LARGEST_ORDER} to {LARGEST_ORDER}.")
    if terms.kind not in FIELDS or terms.method not in get_args(Method):
        raise Malformed(f"A rule must have a kind ({', '.join(FIELDS)}) and a method ({', '.join(get_args(Method))}).")
    conditions = tuple(_checked_condition(terms.kind, condition) for condition in terms.conditions)
    fields = [condition.field for condition in conditions]
    if len(set(fields)) < len(fields):
        raise Malformed("A field can have at most one condition.")
    team = checked_code(terms.team, "team")
    return Terms(order=terms.order, kind=terms.kind, team=team, method=terms.method, conditions=conditions)


def _checked_condition(kind: Assignable, condition: Condition) -> Condition:
    if condition.field not in FIELDS[kind] or not 0 < len(condition.values) <= LIST_LIMIT:
        raise Malformed(f"A condition on a {kind} must have a field ({', '.join(FIELDS[kind])}) and 1 to {LIST_LIMIT} values.")
    values = {text(value, condition.field, LABEL_LENGTH) for value in condition.values}
    return Condition(field=condition.field, values=tuple(sorted(values)))

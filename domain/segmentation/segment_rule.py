"""A segment rule: a condition, written by a person, that labels customers. Rules take precedence over the model.

A customer gets the label of the first rule that they match: the one with the smallest `priority`, and among equal priorities
the one that was defined first.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from msgspec import json

from domain.segmentation.segment_expression import parsed
from domain.shared.aggregate import Aggregate, decision
from domain.shared.events import Context, GlobalEvent, Metadata
from domain.shared.refusals import AlreadyThere, Malformed, Refusal
from domain.shared.text import text

NAME_LENGTH = 64
LOWEST_PRIORITY = 1_000_000


class SegmentRuleDefinedOtherwise(AlreadyThere):
    """A rule with this id already exists, with other values."""


class SegmentRuleRetired(Refusal):
    """The rule was retired."""


class Terms(GlobalEvent, frozen=True, tag="crm.segment_rule.terms"):
    """Base of a definition and a revision, with their common fields. It is never recorded itself."""

    name: str
    rule: dict[str, Any]
    priority: int

    def apply(self, rule: SegmentRule, metadata: Metadata) -> None:
        rule.says(self.name, self.rule, self.priority)


class Defined(Terms, frozen=True, tag="crm.segment_rule.defined.v1"):
    """`rule` is an expression over features; `domain.segmentation.segment_expression` defines its form.

    Rules with a smaller `priority` are tried first.
    """


class Revised(Terms, frozen=True, tag="crm.segment_rule.revised.v1"):
    """Replaces name, rule and priority."""


class Retired(GlobalEvent, frozen=True, tag="crm.segment_rule.retired.v1"):
    """The rule no longer labels customers."""

    def apply(self, rule: SegmentRule, metadata: Metadata) -> None:
        rule.retired_since = metadata.occurred_at


class SegmentRule(Aggregate):
    """`title` is the name of the rule and of its label."""

    name = "segment_rule"
    events = (Defined, Revised, Retired)

    def __init__(self, id: UUID) -> None:
        super().__init__(id)
        self.title = ""
        self.rule: dict[str, Any] = {}
        self.priority = 0
        self.retired_since: datetime | None = None

    def says(self, title: str, rule: dict[str, Any], priority: int) -> None:
        self.title, self.rule, self.priority = title, rule, priority

    @decision
    def define(self, context: Context, *, name: str, rule: Mapping[str, Any], priority: int) -> None:
        """Raises SegmentRuleDefinedOtherwise, Malformed, RuleTooLarge, UnknownFeature, CurrencyMissing."""
        defined = Defined(name=text(name, "name", NAME_LENGTH), rule=_canonical(rule), priority=_priority(priority))
        if not self.exists:
            self.record(context, defined)
        elif not self._has_terms(defined):
            raise SegmentRuleDefinedOtherwise(id=self.id)

    @decision
    def revise(self, context: Context, *, name: str, rule: Mapping[str, Any], priority: int) -> None:
        """Records only changes.

        Raises NotThere, Malformed, RuleTooLarge, UnknownFeature, CurrencyMissing; SegmentRuleRetired (a flag on import).
        """
        self.require()
        revised = Revised(name=text(name, "name", NAME_LENGTH), rule=_canonical(rule), priority=_priority(priority))
        if not self._has_terms(revised):
            retired = self.refuse(context, SegmentRuleRetired(id=self.id)) if self.retired_since else ()
            self.record_once(context, revised, *retired)

    @decision
    def retire(self, context: Context) -> None:
        """Raises NotThere."""
        self.require()
        self.record_status(context, Retired(), self.retired_since)

    def _has_terms(self, terms: Terms) -> bool:
        return (self.title, self.rule, self.priority) == (terms.name, terms.rule, terms.priority)


def _canonical(rule: Mapping[str, Any]) -> dict[str, Any]:
    """The expression in the form in which it is recorded."""
    plain: dict[str, Any] = json.decode(json.encode(parsed(rule)))
    return plain


def _priority(priority: int) -> int:
    if not 0 <= priority <= LOWEST_PRIORITY:
        raise Malformed(f"A priority must be a number from 0 to {LOWEST_PRIORITY}.")
    return priority

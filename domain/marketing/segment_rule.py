"""A segment rule: which customers belong together, said by a person. Rules win over the model.

A customer is labelled by the first rule that holds of them: that with the smallest `priority`, of several that which was
defined first.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from msgspec import json

from domain.marketing.segment_expression import parsed
from domain.shared.aggregate import Aggregate, decision
from domain.shared.events import Context, GlobalEvent, Metadata
from domain.shared.refusals import AlreadyThere, Malformed, Refusal
from domain.shared.text import text

NAME_LENGTH = 64
LOWEST_PRIORITY = 1_000_000


class SegmentRuleDefinedOtherwise(AlreadyThere):
    """A rule with this id is already there, with other values."""


class SegmentRuleRetired(Refusal):
    """The rule was retired."""


class Terms(GlobalEvent, frozen=True, tag="crm.segment_rule.terms"):
    """What a definition and its revision have in common; no fact itself."""

    name: str
    rule: dict[str, Any]
    priority: int

    def apply(self, rule: SegmentRule, metadata: Metadata) -> None:
        rule.says(self.name, self.rule, self.priority)


class Defined(Terms, frozen=True, tag="crm.segment_rule.defined.v1"):
    """`rule` is an expression over features as `domain.marketing.segment_expression` reads it.

    The smallest `priority` is the first.
    """


class Revised(Terms, frozen=True, tag="crm.segment_rule.revised.v1"):
    """All of it anew."""


class Retired(GlobalEvent, frozen=True, tag="crm.segment_rule.retired.v1"):
    """No customer is labelled by it any more."""

    def apply(self, rule: SegmentRule, metadata: Metadata) -> None:
        rule.retired_since = metadata.occurred_at


class SegmentRule(Aggregate):
    """`title` is what the rule, and with it the label, is called."""

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
        """Refused as SegmentRuleDefinedOtherwise, Malformed, RuleTooLarge, UnknownFeature, CurrencyMissing."""
        told = Defined(name=text(name, "name", NAME_LENGTH), rule=_canonical(rule), priority=_priority(priority))
        if not self.exists:
            self.record(context, told)
        elif not self._is(told):
            raise SegmentRuleDefinedOtherwise(id=self.id)

    @decision
    def revise(self, context: Context, *, name: str, rule: Mapping[str, Any], priority: int) -> None:
        """The same values record nothing. Refused as NotThere, SegmentRuleRetired, and as `define` is."""
        self.require()
        told = Revised(name=text(name, "name", NAME_LENGTH), rule=_canonical(rule), priority=_priority(priority))
        if not self._is(told):
            retired = self.refuse(context, SegmentRuleRetired(id=self.id)) if self.retired_since else ()
            self.record_once(context, told, *retired)

    @decision
    def retire(self, context: Context) -> None:
        """Refused as NotThere."""
        self.require()
        self.record_status(context, Retired(), self.retired_since)

    def _is(self, told: Terms) -> bool:
        return (self.title, self.rule, self.priority) == (told.name, told.rule, told.priority)


def _canonical(rule: Mapping[str, Any]) -> dict[str, Any]:
    """The expression in the one form in which it is recorded."""
    plain: dict[str, Any] = json.decode(json.encode(parsed(rule)))
    return plain


def _priority(priority: int) -> int:
    if not 0 <= priority <= LOWEST_PRIORITY:
        raise Malformed(f"A priority is a number from 0 to {LOWEST_PRIORITY}.")
    return priority

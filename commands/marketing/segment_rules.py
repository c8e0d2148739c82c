"""What can be asked of segment rules."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from commands.shared.unit_of_work import UnitOfWork
from domain.marketing.segment_rule import SegmentRule


def define(work: UnitOfWork, *, rule_id: UUID, name: str, rule: Mapping[str, Any], priority: int) -> SegmentRule:
    """The same values again are a repeat. Raises SegmentRuleDefinedOtherwise."""
    defined = work.load(SegmentRule, rule_id)
    defined.define(work.context, name=name, rule=rule, priority=priority)
    return defined


def revise(work: UnitOfWork, *, rule_id: UUID, name: str, rule: Mapping[str, Any], priority: int) -> SegmentRule:
    """All of it anew."""
    known = work.existing(SegmentRule, rule_id)
    known.revise(work.context, name=name, rule=rule, priority=priority)
    return known


def retire(work: UnitOfWork, *, rule_id: UUID) -> SegmentRule:
    known = work.existing(SegmentRule, rule_id)
    known.retire(work.context)
    return known

"""The commands on segment rules."""

from __future__ import annotations

from commands.shared.deciding import begins, decides
from domain.segmentation.segment_rule import SegmentRule

define = begins(SegmentRule, SegmentRule.define, "rule_id")
revise = decides(SegmentRule, SegmentRule.revise, "rule_id")
"""Replaces the whole rule."""
retire = decides(SegmentRule, SegmentRule.retire, "rule_id")

from __future__ import annotations

from collections.abc import Mapping
from math import inf, nan
from typing import Any

import pytest

from domain.segmentation.segment_expression import RuleTooLarge, Seen, depends_on_the_day, features_of, holds, parsed
from domain.segmentation.segment_model import CurrencyMissing, UnknownFeature
from domain.segmentation.segment_rule import (
    Defined,
    Retired,
    Revised,
    SegmentRule,
    SegmentRuleDefinedOtherwise,
    SegmentRuleRetired,
)
from domain.shared.ids import external_id
from domain.shared.refusals import Malformed, NotThere, UnknownCurrency
from tests.domain.given import facts, flags, imported, live, state, stored

MANY: dict[str, Any] = {"op": "compare", "feature": "orders", "is": ">=", "value": 3}
RICH: dict[str, Any] = {"op": "compare", "feature": "total:EUR", "is": ">", "value": 99.5}
SMALL: dict[str, Any] = {"op": "in", "feature": "attribute:size", "values": [1, 2]}
NEW: dict[str, Any] = {"op": "is_null", "feature": "recency"}


def defined() -> SegmentRule:
    rule = SegmentRule(external_id("segment_rule", "test", "1", b""))
    rule.define(live(), name="champions", rule=MANY, priority=10)
    return rule


def matches(expression: Mapping[str, Any], **features: float | None) -> bool:
    return holds(parsed(expression), lambda seen: features.get(seen.feature.replace(":", "_")))


# The rule


def test_a_rule_is_defined_revised_and_retired() -> None:
    rule = defined()
    rule.define(live(), name="champions", rule=MANY, priority=10)
    rule.revise(live(), name="champions", rule=MANY, priority=5)
    rule.revise(live(), name="champions", rule=MANY, priority=5)
    rule.retire(live())
    expression = MANY | {"value": 3.0}
    assert facts(rule) == [
        Defined(name="champions", rule=expression, priority=10),
        Revised(name="champions", rule=expression, priority=5),
        Retired(),
    ]
    assert state(stored(rule)) == state(rule)


def test_another_rule_with_the_same_id_is_refused() -> None:
    with pytest.raises(SegmentRuleDefinedOtherwise):
        defined().define(live(), name="champions", rule=RICH, priority=10)


def test_a_retired_rule_cannot_be_revised_and_on_import_it_is_flagged() -> None:
    rule = defined()
    rule.retire(live())
    with pytest.raises(SegmentRuleRetired):
        rule.revise(live(), name="others", rule=MANY, priority=10)
    rule.revise(imported(), name="others", rule=MANY, priority=10)
    assert flags(rule) == ("segment-rule-retired",)


def test_a_rule_that_was_never_defined_cannot_be_revised() -> None:
    with pytest.raises(NotThere):
        SegmentRule(external_id("segment_rule", "test", "2", b"")).retire(live())


@pytest.mark.parametrize("wrong", [{"name": ""}, {"priority": -1}, {"rule": {}}])
def test_an_invalid_rule_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(Malformed):
        defined().revise(live(), **{"name": "x", "rule": MANY, "priority": 1, **wrong})


# The expression


@pytest.mark.parametrize(
    ("relation", "below", "equal", "above"),
    [
        ("<", True, False, False),
        ("<=", True, True, False),
        ("=", False, True, False),
        ("!=", True, False, True),
        (">=", False, True, True),
        (">", False, False, True),
    ],
)
def test_a_feature_is_compared_as_a_number(relation: str, below: bool, equal: bool, above: bool) -> None:
    expression = MANY | {"is": relation}
    assert [matches(expression, orders=value) for value in (2, 3, 4)] == [below, equal, above]


def test_a_missing_feature_is_null_and_matches_no_comparison() -> None:
    assert not matches(MANY, orders=None)
    assert not matches(SMALL, attribute_size=None)
    assert matches(NEW, recency=None)
    assert matches({"op": "not", "of": MANY}, orders=None)


def test_parts_are_joined_by_and_or_and_not() -> None:
    both, either = {"op": "and", "of": [MANY, RICH]}, {"op": "or", "of": [MANY, RICH]}
    for many, rich in ((True, True), (True, False), (False, True), (False, False)):
        seen = {"orders": 3.0 * many, "total_EUR": 100.0 * rich}
        assert matches(both, **seen) is (many and rich)
        assert matches(either, **seen) is (many or rich)
        assert matches({"op": "not", "of": both}, **seen) is not (many and rich)


def test_a_feature_can_be_in_a_list_of_values() -> None:
    assert matches(SMALL, attribute_size=2)
    assert not matches(SMALL, attribute_size=3)


def test_the_features_of_an_expression_have_no_duplicates() -> None:
    windowed = MANY | {"window": {"last_days": 30}}
    expression = parsed({"op": "or", "of": [MANY, {"op": "not", "of": MANY}, windowed]})
    assert [seen.feature for seen in features_of(expression)] == ["orders", "orders"]
    assert features_of(expression)[0] == Seen(feature="orders")


def test_only_expressions_that_change_with_time_depend_on_the_day() -> None:
    assert not depends_on_the_day(parsed({"op": "and", "of": [MANY, RICH, SMALL, NEW]}))
    assert not depends_on_the_day(parsed(MANY | {"window": {"from": "2026-01-01"}}))
    assert depends_on_the_day(parsed(MANY | {"window": {"last_days": 30}}))
    assert depends_on_the_day(parsed({"op": "not", "of": MANY | {"feature": "days_since_last"}}))


@pytest.mark.parametrize(
    ("wrong", "refusal"),
    [
        ({"op": "eval", "of": "1"}, Malformed),
        ({"op": "and", "of": []}, Malformed),
        ({"op": "not"}, Malformed),
        (MANY | {"also": 1}, Malformed),
        (MANY | {"is": "like"}, Malformed),
        (MANY | {"value": "3"}, Malformed),
        (MANY | {"value": True}, Malformed),
        (MANY | {"value": nan}, Malformed),
        (MANY | {"value": inf}, Malformed),
        (SMALL | {"values": []}, Malformed),
        (MANY | {"feature": "shoe_size"}, UnknownFeature),
        (MANY | {"feature": "attribute:"}, UnknownFeature),
        (MANY | {"feature": "total"}, CurrencyMissing),
        (MANY | {"feature": "orders:EUR"}, CurrencyMissing),
        (MANY | {"feature": "total:XXX"}, UnknownCurrency),
        (MANY | {"window": {}}, Malformed),
        (MANY | {"window": {"last_days": 0}}, Malformed),
        (MANY | {"window": {"last_days": 3, "to": "2026-01-01"}}, Malformed),
        (MANY | {"window": {"from": "2026-01-02", "to": "2026-01-02"}}, Malformed),
        (SMALL | {"window": {"last_days": 3}}, Malformed),
    ],
)
def test_an_invalid_expression_is_refused(wrong: dict[str, Any], refusal: type[Malformed]) -> None:
    with pytest.raises(refusal):
        parsed(wrong)


def test_a_too_deep_or_too_large_expression_is_refused() -> None:
    deep = MANY
    for _ in range(9):
        deep = {"op": "not", "of": deep}
    parsed(deep)
    for large in ({"op": "not", "of": deep}, {"op": "or", "of": [MANY] * 200}, {"op": "or", "of": [deep] * 21}):
        with pytest.raises(RuleTooLarge):
            parsed(large)

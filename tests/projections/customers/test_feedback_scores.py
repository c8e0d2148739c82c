"""Intervals of scores: checked by how often they hold, and against scipy."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import ttest_1samp

from projections.customers.feedback_scores import ALL_EQUAL, mean_score, net_promoter_score


def bounds(promoters: int, detractors: int, answers: int) -> tuple[float, float]:
    interval = net_promoter_score(promoters, detractors, answers).interval
    assert interval
    assert interval.low is not None
    assert interval.high is not None
    return float(interval.low), float(interval.high)


def test_a_net_promoter_score_has_bounds_between_minus_and_plus_100() -> None:
    assert bounds(2, 1, 4) == pytest.approx((-55.1485, 88.4818), abs=1e-3)
    assert bounds(50, 0, 50)[1] == 100
    assert bounds(0, 50, 50)[0] == -100
    assert bounds(20, 20, 40) == pytest.approx(tuple(-bound for bound in reversed(bounds(20, 20, 40))))
    nobody = net_promoter_score(0, 0, 0)
    assert (nobody.value, nobody.reason, nobody.interval) == (None, "nobody answered", nobody.always_valid)


@pytest.mark.parametrize("shares", [(0.5, 0.3, 0.2), (0.8, 0.15, 0.05), (0.1, 0.2, 0.7)], ids=str)
def test_the_interval_of_a_net_promoter_score_holds_in_95_of_100_samples(shares: tuple[float, ...]) -> None:
    drawn = np.random.default_rng(7).multinomial(40, shares, 1_500)
    score = 100 * (shares[0] - shares[2])
    held = sum(low <= score <= high for low, high in (bounds(int(one[0]), int(one[2]), 40) for one in drawn))
    assert 0.93 <= held / len(drawn) <= 0.98


@settings(max_examples=60, deadline=None)
@given(scores=st.lists(st.integers(1, 7), min_size=1, max_size=40))
def test_the_interval_of_a_mean_score_is_students(scores: list[int]) -> None:
    found = mean_score(len(scores), sum(scores), sum(score**2 for score in scores), 1, 7)
    assert float(found.value or 0) == pytest.approx(np.mean(scores))
    if len(set(scores)) == 1:
        assert not found.interval
        assert (found.caution or None) == (ALL_EQUAL if len(scores) > 1 else None)
        return
    expected = ttest_1samp(scores, 0).confidence_interval(0.95)
    assert found.interval
    assert found.interval.low is not None
    assert found.interval.high is not None
    low, high = float(found.interval.low), float(found.interval.high)
    assert (low, high) == pytest.approx((max(expected.low, 1), min(expected.high, 7)))


def test_without_answers_a_mean_score_has_no_value() -> None:
    found = mean_score(0, 0, 0, 1, 5)
    assert (found.value, found.reason, found.n) == (None, "nobody answered", 0)
    assert mean_score(2, 9, 41, 1, 5).value == Decimal("4.5")

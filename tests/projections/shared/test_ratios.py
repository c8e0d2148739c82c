"""Ratios, and the intervals of proportions."""

from __future__ import annotations

from decimal import Decimal

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binomtest

from projections.shared.ratios import proportion, ratio, wilson


@settings(max_examples=50, deadline=None)
@given(counts=st.integers(1, 10**6).flatmap(lambda trials: st.tuples(st.integers(0, trials), st.just(trials))))
def test_the_interval_of_a_proportion_is_wilsons(counts: tuple[int, int]) -> None:
    expected = binomtest(*counts).proportion_ci(0.95, "wilson")
    found = wilson(*counts)
    assert (float(found.low), float(found.high)) == pytest.approx((expected.low, expected.high), abs=1e-9)
    assert 0 <= found.low <= Decimal(counts[0]) / counts[1] <= found.high <= 1


def test_a_proportion_without_trials_or_above_one_has_no_interval() -> None:
    for found in (
        proportion(0, 0, "1", "a / b", "none"),
        proportion(3, 2, "1", "a / b", "none"),
        ratio(1, 2, "1", "a / b", ""),
    ):
        assert "interval" not in msgspec.to_builtins(found)

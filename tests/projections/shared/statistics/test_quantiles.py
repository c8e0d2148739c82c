"""The ranks between which a quantile is."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binom, quantile_test

from projections.shared.statistics.quantiles import ranks


@pytest.mark.parametrize("part", [0.5, 0.9, 0.95])
def test_the_bounds_are_those_of_scipys_test_of_a_quantile(part: float) -> None:
    for count in (1, 5, 6, 30, 200):
        values = np.arange(1, count + 1)
        expected = quantile_test(values, p=part).confidence_interval(0.95)
        low, high = (int(rank[0]) for rank in ranks(part, np.array([count])))
        assert (low or None, high if high <= count else None) == tuple(
            int(bound) if np.isfinite(bound) else None for bound in expected
        ), count


@pytest.mark.parametrize("part", [0.5, 0.9, 0.95])
def test_the_bounds_cover_at_least_95_percent(part: float) -> None:
    counts = np.arange(1, 3_000, 7)
    low, high = ranks(part, counts)
    covered = binom.cdf(high - 1, counts, part) - binom.cdf(low - 1, counts, part)
    assert covered.min() >= 0.95
    assert covered[100:].max() < 0.97


@pytest.mark.parametrize("part", [0.5, 0.9, 0.95])
def test_the_ranks_are_those_of_the_binomial_distribution_for_any_count(part: float) -> None:
    counts = np.concatenate((np.arange(1, 4_000), [10_007, 100_003, 1_000_003, 1_000_003]))
    low, high = ranks(part, counts)
    assert (low == binom.ppf(0.025, counts, part)).all()
    assert (high - 1 == binom.ppf(0.975, counts, part)).all()
    assert [int(rank[0]) for rank in ranks(part, np.array([0]))] == [0, 1]

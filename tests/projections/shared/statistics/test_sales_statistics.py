"""Intervals, shrinkage, trends and comparisons: against scipy, statsmodels, and values computed by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.stats import bootstrap, theilslopes, ttest_ind
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import proportions_ztest

from projections.shared.statistics.bootstrap import GROUPS, RESAMPLES, SEED, of_mean
from projections.shared.statistics.comparisons import means, rates
from projections.shared.statistics.shrinkage import shrunk
from projections.shared.statistics.trends import theil_sen


def spends(several: int, seed: int = 5) -> np.ndarray:
    return np.random.default_rng(seed).lognormal(3, 1, several)


def test_the_interval_of_a_mean_is_that_of_scipy_and_repeatable() -> None:
    values = spends(200)
    found = of_mean(values)
    again = bootstrap(
        (values,), np.mean, n_resamples=RESAMPLES, batch=100, method="BCa", rng=np.random.default_rng(SEED)
    ).confidence_interval
    assert found is not None
    assert (found.low, found.high) == pytest.approx((again.low, again.high), rel=1e-12)
    assert of_mean(values) == found
    assert f"seed {SEED}" in found.method


def test_the_interval_of_many_values_is_nearly_that_of_all_resamples() -> None:
    values = spends(20 * GROUPS + 7)
    found = of_mean(values)
    error = values.std() / len(values) ** 0.5
    assert found is not None
    assert (found.low, found.high) == pytest.approx(
        (values.mean() - 1.96 * error, values.mean() + 1.96 * error), abs=0.3 * error
    )
    assert "random groups" in found.method


def test_values_that_differ_only_beyond_the_digits_of_their_sum_have_an_interval() -> None:
    """Rounding may move all resampled means to one side of the mean."""
    found = of_mean(np.array([1e16, 1e16 + 2]))
    assert found is not None
    assert 1e16 <= found.low <= found.high <= 1e16 + 2


@pytest.mark.parametrize("values", [[], [5.0], [5.0, 5.0, 5.0]])
def test_too_few_different_values_have_no_interval(values: list[float]) -> None:
    assert of_mean(np.array(values)) is None


def test_small_groups_are_drawn_to_the_mean_and_large_ones_keep_their_rate() -> None:
    found = shrunk([1000, 3, 2000, 0], [10_000, 10, 10_000, 5])
    assert found is not None
    large, small, other, none = found
    assert large.rate == pytest.approx(0.1, abs=0.001)
    assert other.rate == pytest.approx(0.2, abs=0.001)
    mean = 3003 / 20_015
    assert mean < small.rate < 0.3
    assert 0 < none.rate < mean
    assert all(one.low < one.rate < one.high for one in found)


def test_the_prior_by_moments_finds_the_distribution_of_the_rates() -> None:
    chance = np.random.default_rng(3)
    trials = chance.integers(50, 500, 2_000)
    true = chance.beta(4, 36, 2_000)
    successes = chance.binomial(trials, true)
    found = shrunk(successes.tolist(), trials.tolist())
    assert found is not None
    ideal = (successes + 4) / (trials + 40)
    rates = np.array([one.rate for one in found])
    assert np.abs(rates - ideal).max() < 0.005
    assert np.mean((rates - true) ** 2) < np.mean((successes / trials - true) ** 2)
    covered = np.mean([one.low <= rate <= one.high for one, rate in zip(found, true, strict=True)])
    assert 0.935 < covered < 0.965


def test_rates_that_differ_no_more_than_by_chance_are_all_the_same() -> None:
    found = shrunk([10, 11, 9], [100, 100, 100])
    assert found is not None
    assert [one.rate for one in found] == pytest.approx([0.1] * 3)


@pytest.mark.parametrize(
    ("k", "n"), [([], []), ([1, 2], [10, 10]), ([0, 0, 0], [5, 5, 5]), ([5, 5, 5], [5, 5, 5]), ([1, 1, 0], [9, 9, 0])]
)
def test_too_few_groups_or_no_difference_at_all_are_not_shrunk(k: list[int], n: list[int]) -> None:
    assert shrunk(k, n) is None


def test_a_trend_is_that_of_scipy_and_one_outlier_does_not_move_it() -> None:
    values = [10.0, 12, 14, 16, 1000, 20, 22, 24]
    found: Any = theil_sen(values)
    expected: Any = theilslopes(values, np.arange(8), alpha=0.95)
    assert found == (expected.slope, expected.low_slope, expected.high_slope)
    assert found.slope == 2
    assert theil_sen(values[:4]) is None
    assert theil_sen([7.0] * 10) == (0, 0, 0)


def test_rates_are_compared_with_all_others_together_and_adjusted() -> None:
    k, n = [60, 90, 40, 3], [1000, 1000, 1000, 50]
    found = rates(k, n)
    expected = [proportions_ztest([k[i], sum(k) - k[i]], [n[i], sum(n) - n[i]]) for i in range(3)]
    adjusted = multipletests([p for _, p in expected], method="fdr_bh")[1]
    assert found[3] is None
    for one, (z, p), q in zip(found, expected, adjusted, strict=False):
        assert one is not None
        assert [float(x or 0) for x in (one.statistic, one.p_value, one.adjusted_p_value)] == pytest.approx([z, p, q], rel=1e-9)


def test_means_are_compared_with_all_others_together_and_adjusted() -> None:
    chance = np.random.default_rng(1)
    groups = [chance.normal(mean, 3, size) for mean, size in ((50, 100), (51, 80), (50, 120), (50, 5))]
    found = means(groups)
    others = [np.concatenate([other for other in groups if other is not one]) for one in groups[:3]]
    expected = [ttest_ind(one, other, equal_var=False) for one, other in zip(groups, others, strict=False)]
    adjusted = multipletests([one.pvalue for one in expected], method="fdr_bh")[1]
    assert found[3] is None
    for one, wanted, q in zip(found, expected, adjusted, strict=False):
        assert one is not None
        values = [float(x or 0) for x in (one.statistic, one.p_value, one.adjusted_p_value)]
        assert values == pytest.approx([wanted.statistic, wanted.pvalue, q], rel=1e-8)


def test_a_small_group_of_skewed_values_is_not_tested() -> None:
    small, large = spends(50, 1), spends(5_000, 2)
    assert means([small, large]) == [None, None]
    assert None not in means([spends(5_000, 1), large])
    # Without its large values, the small group does not look skewed.
    assert means([np.sort(small)[:40], large]) == [None, None]


def test_nothing_to_compare_has_no_test() -> None:
    assert (rates([], []), means([])) == ([], [])
    assert rates([30], [100]) == [None]
    assert means([np.full(30, 10.0), np.full(30, 10.0)]) == [None, None]

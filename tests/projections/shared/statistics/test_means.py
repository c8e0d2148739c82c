"""Welch's test, the skewness of a difference, and CUPED: against scipy, and the cases with known values."""

import numpy as np
import pytest
from scipy.stats import skew, ttest_ind

from projections.shared.statistics.means import (
    Moments,
    cuped,
    moments,
    skewness_if_alike,
    skewness_of_difference,
    too_skewed,
    welch,
)
from tests.analytics_cases import case, needs_cases


@needs_cases
def test_the_known_case_of_cuped() -> None:
    known = case("3 CUPED")
    given = {name: np.array(values, np.float64) for name, values in known["given"].items()}
    adjusted = cuped(given["post"], given["pre"])
    assert adjusted is not None
    assert (adjusted.theta, adjusted.explained) == pytest.approx(
        (known["theta_all_arms_together"], known["r_squared"]), abs=1e-9
    )
    raw, compared = (
        welch(*(moments(values[given["arm"] == arm]) for arm in (1, 0))) for values in (given["post"], adjusted.values)
    )
    assert raw is not None
    assert compared is not None
    assert raw.difference == pytest.approx(known["raw_difference"], abs=1e-9)
    assert compared.difference == pytest.approx(known["adjusted_difference"], abs=1e-9)
    assert (compared.low, compared.high) == pytest.approx(known["welch_of_adjusted"], abs=1e-9)


def test_welch_from_moments_is_that_of_the_values_with_zeros_counted() -> None:
    chance = np.random.default_rng(7)
    one, other = chance.lognormal(3, 1, 40), chance.lognormal(3, 1, 25)
    all_of_one, all_of_other = np.append(one, np.zeros(60)), np.append(other, np.zeros(5))
    expected = ttest_ind(all_of_one, all_of_other, equal_var=False)
    interval = expected.confidence_interval(0.95)
    compared = welch(moments(one, 60), moments(other, 5))
    assert compared == pytest.approx(
        (all_of_one.mean() - all_of_other.mean(), interval.low, interval.high, expected.statistic, expected.pvalue), rel=1e-9
    )


def test_the_skewness_of_a_difference_is_that_of_many_differences() -> None:
    chance = np.random.default_rng(7)
    one, other = chance.exponential(1, (40_000, 30)), chance.exponential(1, (40_000, 8))
    simulated = skew(one.mean(axis=1) - other.mean(axis=1))
    # An exponential distribution has variance 1 and third moment 2.
    given = [moments(values.ravel())._replace(n=values.shape[1]) for values in (one, other)]
    assert skewness_of_difference(*given) == pytest.approx(simulated, abs=0.05)
    assert skewness_of_difference(given[1], given[0]) == pytest.approx(-simulated, abs=0.05)


def test_the_skewness_of_a_small_group_is_also_judged_by_both_groups_together() -> None:
    large, small = moments(np.random.default_rng(7).lognormal(3, 1, 9_000)), moments(np.linspace(1, 30, 100))
    assert abs(skewness_of_difference(large, small)) < 0.01
    assert skewness_if_alike(large, small) < -0.3
    alike = moments(np.random.default_rng(7).lognormal(3, 1, 100))
    assert skewness_if_alike(alike, alike) == skewness_of_difference(alike, alike) == 0


def test_the_moments_of_two_groups_together_are_those_of_all_their_values() -> None:
    chance = np.random.default_rng(7)
    one, other = chance.lognormal(3, 1, 400), chance.exponential(5, 90)
    assert moments(one).joined(moments(other)) == pytest.approx(moments(np.append(one, other)), rel=1e-9)


def test_how_chance_divides_the_same_values_does_not_change_their_skewness_together() -> None:
    chance = np.random.default_rng(7)
    values = chance.lognormal(3, 1, 500)
    found = []
    for _ in range(20):
        chance.shuffle(values)
        found.append(skewness_if_alike(moments(values[:450]), moments(values[450:])))
    assert found == pytest.approx([found[0]] * 20, rel=1e-9)


@pytest.mark.parametrize(
    ("third", "skewness"), [(0.0, None), (5.4, None), (5.8, "together"), (-5.8, "together"), (7.7, "own"), (-7.7, "own")]
)
def test_a_difference_is_too_skewed_by_each_group_or_by_both_together(third: float, skewness: str | None) -> None:
    """Both groups are alike, so both figures are the same: 0.0267 for a third moment of 1."""
    one, other = Moments(9_000, 0.0, 1.0, third), Moments(1_000, 0.0, 1.0, third)
    found = too_skewed(one, other)
    assert (found is None) == (skewness is None)
    if skewness:
        assert found == pytest.approx(skewness_of_difference(one, other), rel=1e-3)
        assert (abs(found or 0) > 0.2) == (skewness == "own")


def test_what_does_not_vary_is_neither_tested_nor_adjusted() -> None:
    same = moments(np.full(5, 2.0))
    assert welch(same, same) is None
    assert skewness_of_difference(same, same) == 0
    assert cuped(np.arange(4.0), np.ones(4)) is None
    assert cuped(np.ones(4), np.arange(4.0)) is None

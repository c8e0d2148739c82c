"""Several comparisons in one answer, and many looks at the same one."""

from decimal import Decimal

import numpy as np
import pytest
from statsmodels.stats.multitest import multipletests

from projections.shared.statistics.multiple import benjamini_hochberg, holm
from projections.shared.statistics.proportions import Share, newcombe, pooled_variance
from projections.shared.statistics.sequential import always_valid

P_VALUES = [[0.03], [0.01, 0.04, 0.03, 0.04], [0.9, 0.9], [0.001, 0.5, 0.02, 0.0005, 1.0], []]


@pytest.mark.parametrize("p_values", P_VALUES)
def test_p_values_are_adjusted_as_statsmodels_does(p_values: list[float]) -> None:
    for adjusted, method in ((holm(p_values), "holm"), (benjamini_hochberg(p_values), "fdr_bh")):
        assert adjusted == pytest.approx(multipletests(p_values, method=method)[1] if p_values else [], rel=1e-12)


def test_an_always_valid_interval_ends_where_the_mixture_likelihood_ratio_is_one_over_alpha() -> None:
    one, other, tau = Share(300, 1_000), Share(2_400, 9_000), 0.01
    interval = always_valid(one, other, Decimal(str(tau)))
    assert interval is not None
    variance, distance = pooled_variance(one, other), interval[1] - (one.rate - other.rate)
    # The ratio of the normal mixture, as an integral over the effects that it mixes.
    effects = np.linspace(-10 * tau, 10 * tau, 200_001)
    ratios = np.exp((2 * distance * effects - effects**2) / (2 * variance)) * np.exp(-(effects**2) / (2 * tau**2))
    assert np.trapezoid(ratios, effects) / (tau * (2 * np.pi) ** 0.5) == pytest.approx(20, rel=1e-9)


def test_an_always_valid_interval_is_wider_than_the_one_for_a_single_look() -> None:
    one, other = Share(300, 1_000), Share(2_400, 9_000)
    wide, narrow = always_valid(one, other), newcombe(one, other)
    assert wide is not None
    assert wide[0] < narrow[0] < narrow[1] < wide[1]


def test_without_any_variation_no_interval_is_valid() -> None:
    assert always_valid(Share(0, 10), Share(0, 20)) is None

"""The probability that a variant is the best: exact, by quadrature and by draws."""

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import beta

from projections.shared.statistics.best import Rate, Spend, best_rates, best_spends, exceeds, thompson


@pytest.mark.parametrize(
    ("one", "other"), [((56, 70), (48, 80)), ((0, 10), (3, 12)), ((5, 5), (0, 1)), ((5_000, 90_000), (560, 10_000))]
)
def test_two_rates_are_compared_exactly(one: tuple[int, int], other: tuple[int, int]) -> None:
    posteriors = [Rate.of(*one), Rate.of(*other)]
    first, second = (beta(*posterior) for posterior in posteriors)
    points = sorted([*first.ppf((0.001, 0.5, 0.999)), *second.ppf((0.001, 0.5, 0.999))])
    expected, _ = quad(lambda x: first.pdf(x) * second.cdf(x), 0, 1, points=points, epsabs=1e-12, limit=200)
    assert best_rates(posteriors) == pytest.approx([expected, 1 - expected], abs=1e-9)


def test_several_rates_are_compared_by_quadrature() -> None:
    pair = [Rate.of(56, 70), Rate.of(48, 80)]
    never = Rate.of(0, 100_000)
    exact = exceeds(*pair)
    assert best_rates([*pair, never]) == pytest.approx([exact, 1 - exact, 0], abs=1e-9)
    assert best_rates([pair[0]] * 4) == pytest.approx([0.25] * 4, abs=1e-9)
    narrow_and_wide = best_rates([Rate.of(1, 3), Rate.of(400_000, 1_000_000), Rate.of(400_500, 1_000_000)])
    assert sum(narrow_and_wide) == pytest.approx(1, abs=1e-9)


def test_spends_per_person_are_compared_by_quadrature() -> None:
    one, other = Spend.of(30, 100, 900.0, 40.0), Spend.of(50, 120, 1200.0, 40.0)
    chance = np.random.default_rng(3)
    draws = [chance.beta(*s.rate, 400_000) * s.total / chance.gamma(s.shape, size=400_000) for s in (one, other)]
    assert best_spends([one, other])[0] == pytest.approx((draws[0] > draws[1]).mean(), abs=0.004)
    assert best_spends([one, one, one]) == pytest.approx([1 / 3] * 3, abs=1e-7)
    assert sum(best_spends([one, other, Spend.of(0, 5, 0.0, 40.0)])) == pytest.approx(1, abs=1e-7)


def test_the_split_follows_the_probabilities_and_the_seed() -> None:
    rates = [Rate.of(30, 100), Rate.of(35, 100), Rate.of(20, 100)]
    split = thompson(rates, 20_000, 7)
    assert split == thompson(rates, 20_000, 7)
    assert split != thompson(rates, 20_000, 8)
    assert [count / 20_000 for count in split] == pytest.approx(best_rates(rates), abs=0.015)
    assert sum(thompson([Spend.of(1, 2, 5.0, 5.0), Spend.of(0, 2, 0.0, 5.0)], 10, 1)) == 10

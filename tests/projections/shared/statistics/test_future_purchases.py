"""BG/NBD and Gamma-Gamma: their derivatives, their limits, and what `lifetimes` says of the CDNOW sample."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.optimize import approx_fprime
from scipy.stats import beta, gamma

from projections.shared.statistics import purchase_rates, spend_per_purchase
from projections.shared.statistics.likelihoods import most_likely
from projections.shared.statistics.purchase_rates import Histories, Rates, alive, expected_purchases
from projections.shared.statistics.spend_per_purchase import Spending, expected_spend

TABLE: dict[str, Any] = json.loads((Path(__file__).parents[3] / "data" / "oracles" / "value_by_lifetimes.json").read_text())
RATES, SPEND = Rates(**TABLE["rates"]), Spending(**TABLE["spend"])

positive = st.floats(0.05, 20)


def column(name: str) -> Any:
    return np.array([float(one[name]) for one in TABLE["customers"]])


def one(x: float, t_x: float, age: float) -> Histories:
    return Histories(*(np.array([value], dtype=float) for value in (x, t_x, age, 1)))


CUSTOMERS = Histories(column("x"), column("t_x") / 7, column("T") / 7, np.ones(len(TABLE["customers"])))


def test_probabilities_and_expectations_are_those_of_lifetimes() -> None:
    assert alive(RATES, CUSTOMERS) == pytest.approx(column("alive"), rel=1e-9)
    for weeks in ("1", "13", "39"):
        expected = [customer["purchases"][weeks] for customer in TABLE["customers"]]
        assert expected_purchases(RATES, CUSTOMERS, float(weeks)) == pytest.approx(expected, rel=1e-9)
    assert expected_spend(SPEND, column("x"), column("m")) == pytest.approx(column("spend"), rel=1e-9)


@settings(max_examples=25, deadline=None)
@given(parameters=st.tuples(positive, positive, positive, positive))
def test_the_derivatives_of_the_likelihood_of_purchases_are_right(parameters: tuple[float, ...]) -> None:
    def value(at: Any) -> float:
        return purchase_rates._likelihood(Rates(*at), CUSTOMERS, *counts)[0]

    counts = np.unique(CUSTOMERS.x, return_inverse=True)
    _, slope = purchase_rates._likelihood(Rates(*parameters), CUSTOMERS, *counts)
    assert slope == pytest.approx(approx_fprime(np.array(parameters), value, 1e-7), rel=1e-3, abs=2e-2)


@settings(max_examples=25, deadline=None)
@given(parameters=st.tuples(positive, positive, positive))
def test_the_derivatives_of_the_likelihood_of_spend_are_right(parameters: tuple[float, ...]) -> None:
    again = column("x") > 0
    x, m = column("x")[again], column("m")[again]
    counts, places = np.unique(x, return_inverse=True)
    known: Any = (x, m, counts, places, np.log(x * m), np.log(m))

    def value(at: Any) -> float:
        return spend_per_purchase._likelihood(Spending(*at), *known)[0]

    _, slope = spend_per_purchase._likelihood(Spending(*parameters), *known)
    assert slope == pytest.approx(approx_fprime(np.array(parameters), value, 1e-7), rel=1e-3, abs=2e-2)


def test_somebody_who_has_just_begun_buys_as_the_population_does() -> None:
    """Without a history the expectation is the mean over rates λ and probabilities p of (1 − exp(−λpt)) / p."""
    rates, t = Rates(0.8, 5.0, 1.7, 3.1), 10.0

    def given(p: float) -> float:
        survived = (rates.alpha / (rates.alpha + p * t)) ** rates.r
        return float((1 - survived) / p * beta.pdf(p, rates.a, rates.b))

    assert expected_purchases(rates, one(0, 0, 0), t)[0] == pytest.approx(quad(given, 0, 1)[0], rel=1e-7)


def test_the_expectation_has_no_gap_where_a_is_one() -> None:
    around = [expected_purchases(RATES._replace(a=a), one(4, 20, 30), 13)[0] for a in (1 - 1e-4, 1.0, 1 + 1e-4)]
    assert around[1] == pytest.approx((around[0] + around[2]) / 2, rel=1e-6)


def test_customers_with_very_many_purchases_have_finite_expectations() -> None:
    often = Histories(*(np.array(values, dtype=float) for values in ([5000, 5000], [400, 10], [400, 400], [1, 1])))
    bought = expected_purchases(RATES, often, 52.0)
    assert 300 < bought[0] < 5000 / 400 * 52
    assert bought[1] == pytest.approx(0, abs=1e-9)
    assert alive(RATES, often).tolist() == pytest.approx([1, 0], abs=1e-3)


def test_nobody_without_a_repeat_purchase_has_dropped_out() -> None:
    assert alive(RATES, one(0, 0, 500)).tolist() == [1.0]


def test_spend_without_a_repeat_purchase_is_the_mean_of_all_if_that_is_finite() -> None:
    nobody = np.zeros(1)
    assert expected_spend(SPEND, nobody, nobody)[0] == pytest.approx(SPEND.mean)
    assert np.isnan(expected_spend(SPEND._replace(q=0.9), nobody, nobody)[0])
    assert expected_spend(SPEND, np.ones(1), np.array([-50.0]))[0] == expected_spend(SPEND, np.ones(1), nobody)[0]


def test_a_fit_finds_the_parameters_of_simulated_customers_within_their_errors() -> None:
    true, chance, n = Spending(4.0, 5.0, 60.0), np.random.default_rng(3), 20_000
    x = chance.integers(1, 9, n).astype(float)
    rate = gamma.rvs(true.q, scale=1 / true.v, size=n, random_state=chance)
    m = gamma.rvs(true.p * x, scale=1 / rate, random_state=chance) / x
    found = spend_per_purchase.fitted(x, m)
    assert found.converged
    assert found.errors is not None
    assert (np.abs(np.log(found.parameters) - np.log(true)) < 4 * np.array(found.errors)).all()
    assert max(found.errors) < 0.06


def test_a_search_that_begins_with_some_customers_finds_what_a_search_among_all_does(monkeypatch: pytest.MonkeyPatch) -> None:
    chance, n = np.random.default_rng(4), 3_000
    x = np.sort(chance.integers(1, 9, n).astype(float))
    m = gamma.rvs(4.0 * x, scale=1 / gamma.rvs(5.0, scale=1 / 60.0, size=n, random_state=chance), random_state=chance) / x
    among_all = spend_per_purchase.fitted(x, m)
    monkeypatch.setattr(spend_per_purchase, "MANY", 500)
    found = spend_per_purchase.fitted(x, m)
    assert found.converged
    assert found.parameters == pytest.approx(among_all.parameters, rel=1e-6)
    assert found.log_likelihood == pytest.approx(among_all.log_likelihood, rel=1e-12)


def test_a_likelihood_that_grows_without_end_has_not_converged() -> None:
    found = most_likely(lambda at: (float(-1 / at[0]), np.array([1 / at[0] ** 2])), 1.0, [(1.0,)])
    assert not found.converged


@pytest.mark.parametrize("customers", [1, 500])
def test_customers_who_are_all_equal_have_no_converged_fit(customers: int) -> None:
    found = purchase_rates.fitted(one(3, 10, 12)._replace(customers=np.array([float(customers)])))
    assert not found.converged
    assert np.isfinite(found.parameters).all()

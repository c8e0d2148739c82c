"""The calibration of models, small: simulated customers have the parameters that made them, and groups are found again."""

from math import log

import numpy as np

from projections.shared.statistics import purchase_rates
from tests.benchmarks.calibration import segments, values


def test_customers_who_are_simulated_from_parameters_have_these_parameters() -> None:
    rates = values.BUYERS["regular buyers"]
    shop = values.simulated(np.random.default_rng(3), rates, values.SPENDING, 3_000)
    found = purchase_rates.fitted(shop.known)
    assert found.errors is not None
    for estimate, true, error in zip(found.parameters, rates, found.errors, strict=True):
        assert abs(log(estimate / true)) < 4 * error


def test_what_is_predicted_for_simulated_customers_happens() -> None:
    rates = values.BUYERS["seldom buyers"]
    shop = values.simulated(np.random.default_rng(3), rates, values.SPENDING, 40_000)
    found = values.predicted(rates, values.SPENDING, shop)
    assert 0.97 < found.purchases.sum() / shop.purchases.sum() < 1.03
    assert 0.97 < (found.spend * shop.purchases).sum() / shop.money.sum() < 1.03
    assert 0.99 < found.alive.sum() / shop.alive.sum() < 1.01
    assert (shop.known.t_x <= shop.known.T).all()
    assert (shop.alive | (shop.purchases == 0)).all()


def test_groups_that_lie_far_apart_are_counted_and_keep_their_ids() -> None:
    chance = np.random.default_rng(3)
    assert segments.count_of(segments.even(chance, 3, 8.0), chance, 1) == 3
    groups = segments.even(chance, 4, 8.0)
    first = segments.fitted(groups.customers(chance, 300), 4)
    second = segments.fitted(groups.customers(chance, 300), 4, first)
    assert sorted(second.ids) == sorted(first.ids)

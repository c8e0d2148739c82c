"""Packed purchase days of many customers have the same features within a window as each customer's behaviour alone."""

from __future__ import annotations

from datetime import date, timedelta
from math import isnan
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.segmentation.segment_model import MONEY_FEATURES, Feature
from projections.customers.customer_behaviour import Behaviour, Spent, value
from projections.customers.purchase_days import PurchaseDays, packed_days
from tests.projections.customers.given_behaviours import DAY, behaviours

CURRENCIES = ("EUR", "JPY", "KWD")
FEATURES = [
    *(Feature(name=name) for name in ("orders", "frequency", "recency")),
    *(Feature(name=name, currency=currency) for name in sorted(MONEY_FEATURES) for currency in CURRENCIES),
]


def within(behaviour: Behaviour, first: date, end: date) -> Behaviour:
    bought = {
        currency: {day: spent for day, spent in days.items() if first.isoformat() <= day < end.isoformat()}
        for currency, days in behaviour.purchases.items()
    }
    return Behaviour(purchases={currency: days for currency, days in bought.items() if days})


def alike(numbers: Any) -> list[float | None]:
    return [None if isnan(number) else number for number in numbers.tolist()]


@settings(max_examples=60, deadline=None)
@given(
    some=st.lists(behaviours(), max_size=6), out=st.integers(0, 63), begins=st.integers(-420, 10), length=st.integers(0, 420)
)
def test_features_within_a_window_are_those_of_each_customer(some: list[Behaviour], out: int, begins: int, length: int) -> None:
    first, end = DAY + timedelta(days=begins), DAY + timedelta(days=begins + length)
    without = np.array([out >> place & 1 for place in range(len(some))], dtype=bool)
    days = PurchaseDays(PurchaseDays(b"".join(map(packed_days, some))).without(without))
    others = [one for one, is_out in zip(some, without, strict=True) if not is_out]
    assert len(days) == len(others)
    found = days.within(first.toordinal(), end.toordinal())
    for feature in FEATURES:
        expected = [value(feature, within(one, first, end), DAY) for one in others]
        assert alike(found.value(feature.name, feature.currency)) == expected, feature


def test_each_customer_may_have_a_window_of_their_own() -> None:
    one = Behaviour(purchases={"EUR": {"2024-01-01": Spent(1, 100), "2024-03-01": Spent(2, 50)}})
    days = PurchaseDays(packed_days(one) * 2)
    first = np.array([date(2024, 1, 1).toordinal(), date(2024, 1, 2).toordinal()], dtype=float)
    assert days.within(first, date.max.toordinal()).value("orders", None).tolist() == [3, 2]


@pytest.mark.parametrize("net", [2**63, -(2**64), 3 * 2**62, 2**53 + 1, 10**20 + 1])
def test_a_net_of_any_size_is_summed_exactly(net: int) -> None:
    spent = {"2024-01-01": Spent(1, 1), "2024-01-02": Spent(2, net), "2024-01-03": Spent(1, 2)}
    one = Behaviour(purchases={"EUR": spent})
    found = PurchaseDays(packed_days(one)).within(0, date.max.toordinal())
    for feature in FEATURES:
        assert alike(found.value(feature.name, feature.currency)) == [value(feature, one, DAY)], feature


def test_the_packed_value_depends_on_nothing_but_the_behaviour() -> None:
    days = {"2024-01-01": Spent(1, 100), "2024-03-01": Spent(2, 50)}
    one = Behaviour(purchases={"EUR": days, "JPY": {"2024-02-01": Spent(1, 7)}})
    other = Behaviour(purchases={"JPY": {"2024-02-01": Spent(1, 7)}, "EUR": dict(reversed(days.items()))})
    assert packed_days(one) == packed_days(other)
    assert PurchaseDays(packed_days(one) + packed_days(Behaviour())).known_currencies() == {"EUR", "JPY"}

"""Summaries of purchases in one currency: packed figures and purchase days give the same, as each customer alone does."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from projections.customers.behaviour_figures import Behaviours, packed
from projections.customers.customer_behaviour import Behaviour, Spent
from projections.customers.purchase_days import PurchaseDays, packed_days
from projections.customers.purchase_summaries import alike, currencies, joined, purchases
from tests.projections.customers.given_behaviours import DAY, behaviours


def days_of(some: Iterable[Behaviour]) -> PurchaseDays:
    return PurchaseDays(b"".join(map(packed_days, some)))


def alone(behaviour: Behaviour, currency: str, until: date) -> tuple[float, ...] | None:
    """The figures of a customer who bought until then: counted one by one, in minor units."""
    days = {day: spent.net for day, spent in behaviour.purchases.get(currency, {}).items() if day <= until.isoformat()}
    if not days:
        return None
    first, last = min(days), max(days)
    later = [net for day, net in days.items() if day != first]
    between = (date.fromisoformat(last) - date.fromisoformat(first)).days
    digits = {"EUR": 100, "JPY": 1, "KWD": 1000}[currency]
    mean = sum(later) / digits / len(later) if later else 0.0
    return float(len(later)), float(between), float((until - date.fromisoformat(first)).days), mean


@settings(max_examples=60, deadline=None)
@given(some=st.lists(behaviours(), max_size=6), currency=st.sampled_from(["EUR", "JPY", "KWD"]), back=st.integers(-11, 401))
def test_summaries_until_a_day_are_those_of_each_customer(some: list[Behaviour], currency: str, back: int) -> None:
    until = DAY - timedelta(days=back)
    found = purchases([days_of(some[:2]), days_of(some[2:])], currency).until(until)
    expected = [alone(one, currency, until) for one in some if currency in one.purchases]
    assert found.bought.tolist() == [one is not None for one in expected]
    rows = [list(row) for row in zip(*(column.tolist() for column in found.of(found.bought)[1:]), strict=True)]
    assert rows == [pytest.approx(one, rel=1e-12) for one in expected if one is not None]


@settings(max_examples=60, deadline=None)
@given(some=st.lists(behaviours(), min_size=1, max_size=6), currency=st.sampled_from(["EUR", "JPY", "KWD"]))
def test_packed_figures_have_the_same_summaries_as_purchase_days(some: list[Behaviour], currency: str) -> None:
    last = DAY + timedelta(days=20)
    by_figures = Behaviours(b"".join(map(packed, some))).purchases(currency, last)
    by_days = purchases([days_of(some)], currency).until(last)
    assert by_figures.bought.tolist() == [currency in one.purchases for one in some]
    for ours, theirs in zip(by_figures.of(by_figures.bought), by_days, strict=True):
        assert ours.tolist() == pytest.approx(theirs.tolist(), rel=1e-12)
    assert currencies([days_of(some)]) == {currency for one in some for currency in one.purchases}


def test_a_day_before_the_last_purchase_is_moved_to_it() -> None:
    bought = Behaviour(purchases={"EUR": {day: Spent(1, 100) for day in ("2024-01-01", "2024-03-01")}})
    found = Behaviours(packed(bought)).purchases("EUR", date(2024, 2, 1))
    assert (found.last_age.tolist(), found.age.tolist()) == ([60], [60])


def test_purchases_in_another_currency_do_not_count() -> None:
    yen = {"2024-01-05": Spent(1, 7), "2024-02-01": Spent(1, 9)}
    both = Behaviour(purchases={"EUR": {"2024-01-01": Spent(1, 100)}, "JPY": yen})
    found = Behaviours(packed(both) + packed(Behaviour())).purchases("EUR", date(2024, 3, 1))
    assert [column.tolist() for column in found] == [[True, False], [0, 0], [0, 0], [60, 0], [0, 0]]


def test_customers_that_are_alike_are_counted_together_and_found_again() -> None:
    days = ("2024-01-01", "2024-01-09")
    same = Behaviour(purchases={"EUR": {day: Spent(1, 100) for day in days}})
    other = Behaviour(purchases={"EUR": {"2024-01-01": Spent(1, 100)}})
    found = purchases([days_of([same, other, same])], "EUR").until(date(2024, 2, 1))
    some, places, customers = alike(found)
    assert sorted(customers.tolist()) == [1, 2]
    for column, of_some in zip(found[1:4], some[1:4], strict=True):
        assert (of_some[places] == column).all()


def test_without_customers_there_are_no_summaries() -> None:
    nobody = purchases([], "EUR")
    assert len(nobody.until(DAY).bought) == len(joined([]).bought) == len(nobody.counts()) == len(nobody.sums()) == 0
    assert np.array_equal(nobody.between(DAY, DAY).days, nobody.days)

"""Channels compared with each other and with earlier periods, with numbers computed by hand or by scipy."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from msgspec import UNSET
from scipy.stats import ttest_ind
from sqlalchemy import Connection
from statsmodels.stats.proportion import proportions_ztest

from domain.customers.customer.customer import Customer
from domain.sales.order.order import Order
from domain.sales.order.terms import Terms
from domain.sales.order.values import Item
from projections.customers.customers import customer_view
from projections.marketing import channel_comparison
from projections.marketing.channel_comparison import Found, Question, report
from projections.marketing.channel_traffic import channel_traffic
from projections.sales.channel_sales import channel_sales
from projections.sales.orders import orders
from projections.shared.figures import Figure
from projections.shared.reports import TooManyGroups
from tests.projections.harness import History, clear, fold, in_memory
from tests.projections.marketing.test_channel_effect import customer, visited

READ = (channel_sales, channel_traffic, orders, customer_view)
MARCH: dict[str, Any] = {"from_": date(2024, 3, 1), "to": date(2024, 4, 1)}
FIFTH, LATER = date(2024, 3, 5), date(2024, 6, 1)


@pytest.fixture
def connection() -> Iterator[Connection]:
    with in_memory(*READ) as connection:
        yield connection


@pytest.fixture
def history() -> History:
    history = History()
    history.now = datetime(2024, 6, 1, tzinfo=UTC)
    return history


def sold(
    history: History, channel: str, *prices: str, day: date = date(2024, 3, 5), currency: str = "EUR", **more: Any
) -> None:
    for price in prices:
        terms = Terms.of(currency, [Item(line_id="1", name="Tea", quantity=Decimal(1), unit_price=Decimal(price))])
        _placed(history, terms, datetime(day.year, day.month, day.day, 12, tzinfo=UTC), channel=channel, **more)


def _placed(history: History, terms: Terms, at: datetime, **facts: Any) -> None:
    number = str(len(history.log))
    order = history.of(Order, f"order {number}")
    history.must(order, lambda context: order.place(context, terms, number=number, **facts), occurred_at=at)


def compared(connection: Connection, history: History, today: date = LATER, **asked: Any) -> Found:
    for projection in READ:
        clear(connection, projection)
    fold(connection, history, *READ)
    return report(connection, Question(**MARCH | asked), today)


def figures(connection: Connection, history: History, **asked: Any) -> dict[str, dict[str, Any]]:
    return {str(one.group["channel"]): dict(one.measures) for one in compared(connection, history, **asked).groups}


def p_values(figure: Figure) -> tuple[float, float]:
    test: Any = figure.test
    return float(test.p_value), float(test.adjusted_p_value)


def test_average_orders_are_compared_with_all_other_channels(connection: Connection, history: History) -> None:
    prices = {"web": range(10, 40), "store": range(20, 50), "phone": (24, 36)}
    for channel, values in prices.items():
        sold(history, channel, *map(str, values))
    found = {channel: one["average_order"] for channel, one in figures(connection, history).items()}
    web = ttest_ind(prices["web"], [*prices["store"], *prices["phone"]], equal_var=False).pvalue
    store = ttest_ind(prices["store"], [*prices["web"], *prices["phone"]], equal_var=False).pvalue
    higher = max(web, store)
    assert p_values(found["web"]) == pytest.approx((web, min(2 * web, higher) if web < store else web))
    assert p_values(found["store"]) == pytest.approx((store, min(2 * store, higher) if store < web else store))
    assert (found["web"].value, found["web"].n) == (Decimal("24.5"), 30)
    assert found["web"].caution == "fewer than 100 orders: the interval may be too narrow"
    interval: Any = found["web"].interval
    assert 21 < interval.low < found["web"].value < interval.high < 28
    assert "seed" in interval.method
    assert found["phone"].test is UNSET


def test_conversion_rates_are_compared_and_small_channels_drawn_to_all(connection: Connection, history: History) -> None:
    for channel, count, visits in (("web", 60, 1000), ("store", 30, 1000), ("phone", 1, 10)):
        sold(history, channel, *(["10"] * count))
        visited(history, channel, visits)
    found = figures(connection, history)
    web = proportions_ztest([60, 31], [1000, 1010])[1]
    store = proportions_ztest([30, 61], [1000, 1010])[1]
    assert p_values(found["web"]["conversion_rate"])[0] == pytest.approx(web, rel=1e-9)
    assert p_values(found["store"]["conversion_rate"])[1] == pytest.approx(max(web, store), rel=1e-9)
    assert found["phone"]["conversion_rate"].test is UNSET
    assert "approximations" in str(found["web"]["conversion_rate"].caution)
    raw, drawn = found["phone"]["conversion_rate"], found["phone"]["conversion_rate_shrunk"]
    assert raw.value == Decimal("0.1")
    assert drawn.value is not None
    assert Decimal("0.045") < drawn.value < Decimal("0.1")
    assert found["web"]["conversion_rate_shrunk"].value == pytest.approx(Decimal("0.06"), abs=Decimal("0.005"))


def test_a_channel_with_visits_only_is_compared_too(connection: Connection, history: History) -> None:
    sold(history, "web", "10")
    visited(history, "web", 100)
    visited(history, "social", 50)
    found = figures(connection, history)
    assert list(found) == ["web", "social"]
    assert (found["social"]["gross"].value, found["social"]["conversion_rate"].value) == (0, 0)
    assert found["social"]["average_order"].reason == "no order was placed"
    assert found["social"]["conversion_rate_shrunk"].value is None
    assert found["social"]["conversion_rate_shrunk"].reason is not None


def test_more_orders_than_visits_have_neither_test_nor_interval(connection: Connection, history: History) -> None:
    sold(history, "web", *(["10"] * 30))
    visited(history, "web", 20)
    visited(history, "social", 500)
    rate = figures(connection, history)["web"]["conversion_rate"]
    assert (rate.value, rate.interval, rate.test) == (Decimal("1.5"), UNSET, UNSET)


def test_customers_with_two_orders_came_back_and_merged_ones_are_one(connection: Connection, history: History) -> None:
    ada, bob, cyd = (customer(history, name) for name in ("Ada", "Bob", "Cyd"))
    for who in (ada, ada, bob, cyd):
        sold(history, "web", "10", customer_id=who)
    sold(history, "web", "10")
    assert _again(connection, history) == (1, 3)
    other = history.by_id(Customer, cyd)
    history.must(other, lambda context: other.merge_into(context, bob))
    assert _again(connection, history) == (2, 2)
    history.must(other, lambda context: other.unmerge(context))
    assert _again(connection, history) == (1, 3)


def _again(connection: Connection, history: History) -> tuple[Any, Any]:
    found = figures(connection, history)["web"]["repeat_purchase_rate"]
    return found.numerator, found.denominator


def test_shares_concentration_and_changes(connection: Connection, history: History) -> None:
    sold(history, "web", "30")
    sold(history, "store", "10")
    sold(history, "web", "20", day=date(2024, 2, 10))
    sold(history, "phone", "60", day=date(2024, 2, 10))
    sold(history, "web", "15", day=date(2023, 3, 31))
    sold(history, "web", "7", day=date(2023, 4, 1))
    found = compared(connection, history)
    web: Any = found.groups[0].measures
    assert (web["share"].value, web["change"].value, web["change_from_year_before"].value) == (
        Decimal("0.75"),
        Decimal("0.5"),
        1,
    )
    store = found.groups[1].measures
    assert (store["change"].value, store["change"].reason) == (None, "nothing was sold in the period before")
    [total] = found.totals
    measures: Any = total.measures
    assert total.group == {"currency": "EUR"}
    assert (measures["concentration"].value, measures["channels"].value) == (Decimal("0.625"), 2)
    # Also of the phone, on which nothing is sold any more.
    assert measures["change"].value == Decimal("-0.5")
    assert measures["change_from_year_before"].value == pytest.approx(Decimal(25) / 15)


def test_currencies_are_never_summed(connection: Connection, history: History) -> None:
    sold(history, "web", "30")
    sold(history, "web", "3000", currency="JPY")
    found = compared(connection, history)
    assert [one.group["currency"] for one in found.totals] == ["EUR", "JPY"]
    assert [one.measures["gross"].value for one in found.totals] == [30, 3000]
    assert [one.measures["average_order"].value for one in found.groups] == [30, 3000]
    assert [one.group["currency"] for one in compared(connection, history, currency="JPY").groups] == ["JPY"]


def test_a_return_after_the_period_changes_nothing(connection: Connection, history: History) -> None:
    sold(history, "web", "30", "10")
    order = history.by_id(Order, next(recorded.stream for recorded in history.log))
    before = compared(connection, history)
    history.must(order, lambda context: order.cancel(context, reason="other"), occurred_at=datetime(2024, 4, 5, tzinfo=UTC))
    assert compared(connection, history) == before


def test_what_cannot_be_compared_has_a_reason_or_a_caution(connection: Connection, history: History) -> None:
    assert compared(connection, history) == Found([], [])
    sold(history, "web", "10", "10")
    everything = figures(connection, history, from_=date(1900, 1, 1), to=date(9999, 1, 1))["web"]
    assert everything["change"].reason == "the days asked for leave no such period"
    assert everything["average_order"].interval is UNSET  # All orders are worth the same.
    sold(history, "web", "10", day=date(2024, 2, 10))
    running = figures(connection, history, today=date(2024, 3, 20))["web"]
    assert (running["change"].value, running["change"].caution) == (1, "the period has not ended yet")
    nothing = compared(connection, history, from_=date(2024, 3, 1), to=date(2024, 3, 1))
    assert nothing == Found([], [])
    leap = figures(connection, history, from_=date(2024, 2, 29), to=date(2024, 3, 6))["web"]
    assert leap["change_from_year_before"].reason == "nothing was sold in the same days one year before"


def test_too_many_groups_are_refused(connection: Connection, history: History, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(channel_comparison, "MOST", 1)
    sold(history, "web", "10")
    sold(history, "store", "10")
    with pytest.raises(TooManyGroups, match="limit is 1"):
        compared(connection, history)


# Edge cases


def test_one_order_has_a_value_and_nothing_else(connection: Connection, history: History) -> None:
    sold(history, "web", "30")
    [one] = compared(connection, history).groups
    average = one.measures["average_order"]
    assert average.value == 30
    assert average.interval is average.test is UNSET
    assert average.caution == "fewer than 100 orders: the interval may be too narrow"
    assert one.measures["share"].value == 1


def test_channels_whose_orders_are_all_equal_are_not_tested(connection: Connection, history: History) -> None:
    for channel in ("web", "store"):
        sold(history, channel, *(["10"] * 25))
    for one in figures(connection, history).values():
        average = one["average_order"]
        assert (average.value, average.interval, average.test) == (10, UNSET, UNSET)


def test_a_day_on_which_clocks_change_ends_at_midnight_in_the_zone(connection: Connection, history: History) -> None:
    terms = Terms.of("EUR", [Item(line_id="1", name="Tea", quantity=Decimal(1), unit_price=Decimal(10))])
    # In Berlin, 31 March 2024 begins at 23:00 UTC and has 23 hours.
    for at in ("30T22:59", "30T23:00", "31T21:59", "31T22:00"):
        _placed(history, terms, datetime.fromisoformat(f"2024-03-{at}:00+00:00"), channel="web")
    day: dict[str, Any] = {"from_": date(2024, 3, 31), "to": date(2024, 4, 1), "zone": ZoneInfo("Europe/Berlin")}
    assert figures(connection, history, **day)["web"]["orders"].value == 2


def test_the_orders_of_an_erased_customer_still_count(connection: Connection, history: History) -> None:
    ada, bob = customer(history, "Ada"), customer(history, "Bob")
    for who in (ada, ada, bob):
        sold(history, "web", "10", customer_id=who)
    before = figures(connection, history)
    one = history.by_id(Customer, ada)
    history.must(one, lambda context: one.erase(context, reason="requested", requested_by="customer", receipt="R1"))
    assert figures(connection, history) == before
    assert _again(connection, history) == (1, 2)


def test_an_order_that_is_recorded_late_counts_on_its_day(connection: Connection, history: History) -> None:
    sold(history, "web", "10")
    history.now = datetime(2024, 9, 1, tzinfo=UTC)
    sold(history, "web", "30", day=date(2024, 3, 31))
    sold(history, "web", "99", day=date(2024, 4, 1))
    assert figures(connection, history)["web"]["gross"].value == 40

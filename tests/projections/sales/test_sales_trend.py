"""The trend of sales by week, with numbers computed by hand."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Connection

from domain.customers.customer.customer import Customer
from domain.sales.order.order import Order
from projections.sales.channel_sales import channel_sales
from projections.sales.sales_trend import Question, report
from projections.shared.figures import Measured
from tests.projections.harness import History, clear, fold, in_memory
from tests.projections.marketing.test_channel_comparison import sold
from tests.projections.marketing.test_channel_effect import customer

MONDAY = date(2024, 1, 1)
LATER = date(2024, 6, 1)
ALL: dict[str, Any] = {"from_": date(1900, 1, 1), "to": date(9999, 1, 1)}


@pytest.fixture
def connection() -> Iterator[Connection]:
    with in_memory(channel_sales) as connection:
        yield connection


@pytest.fixture
def history() -> History:
    history = History()
    history.now = datetime(2025, 6, 1, tzinfo=UTC)
    return history


def trends(connection: Connection, history: History, today: date = LATER, **asked: Any) -> list[Measured]:
    clear(connection, channel_sales)
    fold(connection, history, channel_sales)
    return report(connection, Question(**ALL | asked), today)


def week(number: int) -> date:
    return MONDAY + timedelta(weeks=number)


def values(one: Measured, *names: str) -> list[Decimal | None]:
    return [one.measures[name].value for name in names]


def test_the_trend_is_the_median_slope_of_whole_weeks(connection: Connection, history: History) -> None:
    for number, price in enumerate(("10", "12", "14", "900", "18", "20")):
        sold(history, "web", price, day=week(number))
    [one] = trends(connection, history, today=week(6))
    assert one.group == {"currency": "EUR", "from": MONDAY, "last": week(5)}
    assert values(one, "weeks", "last_week", "trend", "trend_of_orders") == [6, 20, 2, 0]
    assert one.measures["trend"].unit == "EUR per week"
    assert one.measures["change"].value == pytest.approx(Decimal(2) / 18)
    interval: Any = one.measures["trend"].interval
    assert interval.low <= 2 <= interval.high
    assert one.measures["change_from_year_before"].reason == "the week 52 weeks before is not among the whole weeks"


def test_weeks_without_sales_are_zero_and_the_running_week_is_left_out(connection: Connection, history: History) -> None:
    for number in (0, 3, 6):
        sold(history, "web", "10", day=week(number))
    [one] = trends(connection, history, today=week(6) + timedelta(days=6))
    assert values(one, "weeks", "last_week", "mean") == [6, 0, pytest.approx(Decimal(20) / 6)]
    assert one.measures["change"].reason == "nothing was sold in the week before"


def test_a_week_that_the_first_sale_or_the_period_divides_is_left_out(connection: Connection, history: History) -> None:
    sold(history, "web", "10", day=MONDAY + timedelta(days=2))
    sold(history, "web", "20", day=week(1))
    assert values(trends(connection, history, today=week(2))[0], "weeks") == [2]
    from_ = MONDAY + timedelta(days=1)
    assert values(trends(connection, history, today=week(2), from_=from_)[0], "weeks") == [1]
    assert values(trends(connection, history, to=week(1) + timedelta(days=6))[0], "weeks") == [1]


def test_the_same_week_one_year_before_is_52_weeks_before(connection: Connection, history: History) -> None:
    for number in range(54):
        sold(history, "web", str(100 + number), day=week(number))
    [one] = trends(connection, history, today=week(54))
    assert one.measures["change_from_year_before"].value == pytest.approx(Decimal(52) / 101)


def test_channels_have_the_same_weeks_and_currencies_their_own(connection: Connection, history: History) -> None:
    for number in range(6):
        sold(history, "web", "10", day=week(number))
    sold(history, "store", "10", day=week(5))
    sold(history, "web", "10", day=week(3), currency="USD")
    found = trends(connection, history, today=week(6), by=("channel",))
    assert [(one.group["channel"], one.group["currency"], *values(one, "weeks")) for one in found] == [
        ("store", "EUR", 6),
        ("web", "EUR", 6),
        ("web", "USD", 3),
    ]
    assert found[2].measures["trend"].reason == "fewer than 5 whole weeks"


def test_a_week_ends_at_midnight_in_the_zone_also_when_clocks_change(connection: Connection, history: History) -> None:
    berlin, sunday = ZoneInfo("Europe/Berlin"), date(2024, 3, 31)
    sold(history, "web", "10", day=date(2024, 3, 25))
    sold(history, "web", "20", day=sunday)
    [one] = trends(connection, history, today=date(2024, 4, 1), zone=berlin)
    assert values(one, "weeks", "last_week") == [1, 30]


def test_without_a_whole_week_nothing_has_a_value(connection: Connection, history: History) -> None:
    assert trends(connection, history) == []
    sold(history, "web", "10", day=MONDAY)
    [one] = trends(connection, history, today=MONDAY)
    assert one.measures["last_week"].reason == one.measures["mean"].reason == "no week is whole"
    assert trends(connection, history, to=date(1900, 1, 1)) == []


# Edge cases


def test_weeks_that_are_all_equal_have_no_slope(connection: Connection, history: History) -> None:
    for number in range(8):
        sold(history, "web", "10", day=week(number))
    [one] = trends(connection, history, today=week(8))
    assert values(one, "trend", "change", "mean") == [0, 0, 10]
    interval: Any = one.measures["trend"].interval
    assert (interval.low, interval.high) == (0, 0)


def test_one_sale_makes_one_week(connection: Connection, history: History) -> None:
    sold(history, "web", "10", day=MONDAY)
    [one] = trends(connection, history, today=week(1))
    assert values(one, "weeks", "last_week", "trend") == [1, 10, None]


def test_an_order_that_is_cancelled_later_and_an_erased_customer_stay_in_their_weeks(
    connection: Connection, history: History
) -> None:
    ada = customer(history, "Ada")
    for number in range(6):
        sold(history, "web", str(10 + number), day=week(number), customer_id=ada)
    before = trends(connection, history, today=week(6))
    order = history.by_id(Order, next(one.stream for one in history.log if one.type.startswith("crm.order.")))
    history.must(order, lambda context: order.cancel(context, reason="other"))
    person = history.by_id(Customer, ada)
    history.must(person, lambda context: person.erase(context, reason="requested", requested_by="customer", receipt="R1"))
    assert trends(connection, history, today=week(6)) == before


def test_a_sale_that_is_recorded_late_counts_in_its_week(connection: Connection, history: History) -> None:
    for number in range(6):
        sold(history, "web", "10", day=week(number))
    sold(history, "web", "5", day=week(5))
    sold(history, "web", "7", day=week(2))
    [one] = trends(connection, history, today=week(6))
    assert values(one, "last_week", "mean") == [15, 12]

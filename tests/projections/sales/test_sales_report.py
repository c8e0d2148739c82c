"""Sales by product, by kind of buyer and by cohort, with numbers worked out by hand."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from sqlalchemy import Connection, func, select

from domain.customers.customer.customer import Customer
from domain.sales.order.order import Order
from domain.sales.order.terms import Terms
from domain.sales.order.values import Charge, Item, LineQuantity, OrderDiscount, ReturnedLine
from domain.shared.events import Context
from projections.sales import buyers
from projections.sales.buyers import Bought, Cohort
from projections.sales.channel_sales import Question as OfBuyers
from projections.sales.channel_sales import channel_sales, sales
from projections.sales.orders import orders
from projections.sales.product_sales import product_sales, product_sales_rows
from projections.sales.sales_report import Goods, Named, Question, report
from projections.shared.figures import Interval
from tests.projections.harness import History, clear, fold, in_memory
from tests.projections.histories import histories
from tests.projections.measured import value, values

D = Decimal
READ = (orders, channel_sales, product_sales)
MARCH, MAY = date(2024, 3, 1), date(2024, 5, 1)
TEA = Item(line_id="a", name="Green tea", sku="T1", category="drinks", quantity=D("1.5"), unit_price=D(20))
CUP = Item(line_id="b", name="Cup", category="ware", quantity=D(2), unit_price=D(5))


@pytest.fixture
def connection() -> Iterator[Connection]:
    with in_memory(*READ) as connection:
        yield connection


@pytest.fixture
def history() -> History:
    history = History()
    history.now = datetime(2024, 6, 1, tzinfo=UTC)
    return history


def at(month: int, day: int) -> datetime:
    return datetime(2024, month, day, 12, tzinfo=UTC)


def ordered(history: History, when: datetime, *items: Item, currency: str = "EUR", off: str = "0", **facts: Any) -> Order:
    precise = {name: facts.pop(name) for name in ("occurred_precision", "occurred_zone") if name in facts}
    order = history.of(Order, len(history.log))
    terms = Terms.of(currency, items or (TEA, CUP), [OrderDiscount(kind="fixed", amount=D(off))])
    stated = {"number": str(len(history.log)), "channel": "web"} | facts
    history.must(order, lambda context: order.place(context, terms, **stated), occurred_at=when, **precise)
    return order


def then(history: History, order: Order, when: datetime, decide: Callable[[Context], object]) -> None:
    history.must(order, decide, occurred_at=when)


def customer(history: History, name: str) -> UUID:
    ada = history.of(Customer, name)
    history.must(ada, lambda context: ada.register(context, kind="person", name=name))
    return ada.id


def sold(connection: Connection, history: History, *by: Any, **asked: Any) -> list[Goods]:
    fold_again(connection, history)
    question: dict[str, Any] = {"by": by, "from_": MARCH, "to": MAY}
    return list(report(connection, Question(**question | asked)))


def keys(group: Goods, period: str) -> tuple[Any, ...]:
    """The day of the month, and the other values that name the group."""
    first: Any = group.group[period]
    return (first.day, *(group.group[name] for name in ("currency", "channel", "product")))


def bought(connection: Connection, history: History, **asked: Any) -> dict[Any, Bought]:
    fold_again(connection, history)
    question = OfBuyers(**{"from_": MARCH, "to": MAY} | asked)
    return {group.group["buyer"]: group for group in buyers.new_and_returning(connection, question)}


def cohorts(connection: Connection, history: History, **asked: Any) -> list[Cohort]:
    fold_again(connection, history)
    return buyers.cohorts(connection, OfBuyers(**{"from_": MARCH, "to": MAY} | asked))


def fold_again(connection: Connection, history: History) -> None:
    for projection in READ:
        clear(connection, projection)
    fold(connection, history, *READ)


def test_a_product_is_identified_by_its_sku_or_without_one_by_its_name(connection: Connection, history: History) -> None:
    ordered(history, at(3, 1), off="8.00")
    cup, tea = sold(connection, history, "product")
    assert (tea.group, tea.product) == ({"product": "T1", "currency": "EUR"}, Named("Green tea"))
    assert values(tea, "units", "gross", "discounts", "average_price") == (D("1.5"), D(30), D(6), D(16))
    assert (cup.group["product"], cup.product) == ("Cup", Named("Cup"))
    assert values(cup, "units", "net", "average_order") == (D(2), D(8), D(8))
    assert cup.measures["average_price"].denominator == D(2)
    assert [group.group["category"] for group in sold(connection, history, "category")] == ["drinks", "ware"]


def test_returns_count_on_their_own_day_with_their_units(connection: Connection, history: History) -> None:
    order = ordered(history, at(3, 1), off="8.00")
    back = [ReturnedLine(line_id="b", quantity=D(1))]
    then(history, order, at(4, 2), lambda context: order.receive_return(context, "r1", back))
    then(history, order, at(4, 3), lambda context: order.cancel_lines(context, [LineQuantity(line_id="a", quantity=D("0.5"))]))
    cup, tea = sold(connection, history, "product", "month", from_=date(2024, 4, 1))
    assert cup.group == {"product": "Cup", "month": date(2024, 4, 1), "currency": "EUR"}
    assert values(cup, "orders", "units", "units_returned", "returns", "net") == (0, D(0), D(1), D(4), D(-4))
    assert values(tea, "units_returned", "returns", "average_order") == (D("0.5"), D(8), None)
    assert tea.measures["return_rate"].reason == "nothing was sold"
    [whole] = sold(connection, history)
    assert values(whole, "orders", "net", "return_rate") == (1, D(20), D("0.375"))


def test_a_cancelled_order_returns_all_that_is_left_until_it_is_reopened(connection: Connection, history: History) -> None:
    order = ordered(history, at(3, 1))
    then(history, order, at(3, 2), lambda context: order.cancel(context))
    [whole] = sold(connection, history)
    assert values(whole, "orders", "units_returned", "net") == (1, D("3.5"), D(0))
    then(history, order, at(3, 3), lambda context: order.reopen(context))
    [whole] = sold(connection, history)
    assert values(whole, "units_returned", "net") == (D(0), D(40))


def test_an_order_counts_once_for_each_product_and_category(connection: Connection, history: History) -> None:
    again = Item(line_id="c", name="Green tea, large", sku="T1", category="drinks", quantity=D(1), unit_price=D(30))
    ordered(history, at(3, 1), TEA, again)
    ordered(history, at(3, 2), TEA)
    [tea] = sold(connection, history, "product")
    assert (tea.product, *values(tea, "orders", "gross")) == (Named("Green tea, large"), 2, D(90))
    assert [value(group, "orders") for group in sold(connection, history, "category", "day")] == [1, 1]


def test_an_order_with_only_charges_belongs_to_no_product(connection: Connection, history: History) -> None:
    order = history.of(Order, "gift")
    terms = Terms.of("EUR", [], [], [Charge(kind="gift_card", amount=D(25))])
    then(history, order, at(3, 1), lambda context: order.place(context, terms, number="1", channel="web"))
    [group] = sold(connection, history, "product")
    assert (group.group["product"], group.product) == (None, Named(None))
    assert values(group, "orders", "gross", "average_price") == (1, D(0), None)


def test_top_keeps_the_best_products_of_each_currency(connection: Connection, history: History) -> None:
    ordered(history, at(3, 1))
    ordered(history, at(3, 2), CUP)
    ordered(history, at(3, 2), CUP, currency="JPY")
    best = sold(connection, history, "product", top=1)
    assert [(group.group["currency"], group.group["product"]) for group in best] == [("EUR", "T1"), ("JPY", "Cup")]
    [most, _] = sold(connection, history, "product", top=1, sort="units")
    assert (most.group["product"], value(most, "units")) == ("Cup", D(4))
    assert value(sold(connection, history, "product", product="Cup", currency="JPY")[0], "net") == D(10)
    assert sold(connection, history, category="ware", channel="store") == []


def test_days_are_those_of_the_zone_and_test_orders_are_left_out(connection: Connection, history: History) -> None:
    ordered(history, at(3, 1))
    ordered(history, at(3, 1), test=True)
    [group] = sold(connection, history, "day", zone=ZoneInfo("Pacific/Kiritimati"))
    assert (group.group["day"], value(group, "orders")) == (date(2024, 3, 2), 1)


def test_every_period_channel_product_and_currency_has_its_own_sums(connection: Connection, history: History) -> None:
    """Given tea (30) and cups (10) sold on Friday and Monday, one cup of Monday returned, and cups sold for yen in a store."""
    ordered(history, at(3, 1))
    order = ordered(history, at(3, 4), TEA, CUP, channel="store")
    ordered(history, at(3, 29), CUP, currency="JPY", channel="store")
    then(
        history,
        order,
        at(3, 30),
        lambda context: order.receive_return(context, "r", [ReturnedLine(line_id="b", quantity=D(1))]),
    )
    found = {
        period: [
            (*keys(group, period), *values(group, "orders", "net"))
            for group in sold(connection, history, period, "channel", "product")
        ]
        for period in ("week", "month")
    }
    assert found["week"] == [
        (26, "EUR", "web", "Cup", 1, D(10)),
        (26, "EUR", "web", "T1", 1, D(30)),
        (4, "EUR", "store", "Cup", 1, D(10)),
        (4, "EUR", "store", "T1", 1, D(30)),
        (25, "EUR", "store", "Cup", 0, D(-5)),
        (25, "JPY", "store", "Cup", 1, D(10)),
    ]
    assert found["month"] == [
        (1, "EUR", "store", "Cup", 1, D(5)),
        (1, "EUR", "store", "T1", 1, D(30)),
        (1, "EUR", "web", "Cup", 1, D(10)),
        (1, "EUR", "web", "T1", 1, D(30)),
        (1, "JPY", "store", "Cup", 1, D(10)),
    ]


@settings(max_examples=40, deadline=None)
@given(history=histories())
def test_products_of_an_order_add_up_to_what_it_sold(history: History) -> None:
    def sums(connection: Connection, table: Any) -> Any:
        columns = [func.sum(table.c[name]).label(name) for name in ("gross", "discounts", "returns")]
        return connection.execute(select(table.c.order_id, *columns).group_by(table.c.order_id)).all()

    with in_memory(*READ) as connection:
        fold(connection, history, *READ)
        assert sums(connection, product_sales_rows) == sums(connection, sales)


def test_the_first_order_of_a_customer_counts_as_new_and_later_ones_as_returning(
    connection: Connection, history: History
) -> None:
    ada, bob = customer(history, "Ada"), customer(history, "Bob")
    ordered(history, at(2, 1), channel="store", customer_id=ada)
    order = ordered(history, at(3, 1), customer_id=bob)
    ordered(history, at(3, 2), customer_id=bob)
    ordered(history, at(3, 3), customer_id=ada)
    ordered(history, at(3, 4))
    then(history, order, at(4, 1), lambda context: order.cancel(context))
    found = bought(connection, history)
    assert {buyer: values(group, "customers", "orders", "net") for buyer, group in found.items()} == {
        "guest": (None, 1, 40),
        "new": (1, 1, 0),
        "returning": (2, 2, 80),
    }
    assert found["guest"].measures["customers"].reason == "the order of a guest has no known customer"
    assert {unit for group in found.values() if (unit := group.measures["net"].unit)} == {"EUR"}
    assert value(found["returning"], "share_of_orders") == D("0.5")
    assert found["new"].measures["share_of_orders"].denominator == 4
    assert value(bought(connection, history, channel="store", from_=date(2024, 2, 1))["new"], "customers") == 1


def test_buyers_are_grouped_by_what_is_asked_for(connection: Connection, history: History) -> None:
    ordered(history, at(3, 1))
    [group] = bought(connection, history, by=("channel", "month")).values()
    assert list(group.group.items()) == [("channel", "web"), ("month", MARCH), ("currency", "EUR"), ("buyer", "guest")]
    [group] = bought(connection, history).values()
    assert group.group == {"currency": "EUR", "buyer": "guest"}


def test_a_cohort_has_sales_by_months_since_its_first_orders(connection: Connection, history: History) -> None:
    ada, bob = customer(history, "Ada"), customer(history, "Bob")
    order = ordered(history, at(3, 1), customer_id=ada)
    ordered(history, at(3, 31), customer_id=bob)
    ordered(history, at(4, 2), CUP, customer_id=ada, channel="store")
    ordered(history, at(4, 3), CUP, customer_id=ada)
    then(history, order, at(5, 1), lambda context: order.cancel(context))
    found = cohorts(connection, history)
    assert [(c.group["months_since"], *values(c, "size", "customers", "orders", "net")) for c in found] == [
        (0, 2, 2, 2, 80),
        (1, 2, 1, 2, 20),
        (2, 2, 0, 0, -40),
    ]
    assert {(c.group["cohort"], c.group["currency"], c.measures["net"].unit) for c in found} == {(MARCH, "EUR", "EUR")}
    retention = found[1].measures["retention"]
    assert (retention.value, retention.numerator, retention.denominator) == (D("0.5"), 1, 2)
    assert isinstance(retention.interval, Interval)
    assert (retention.interval.method, retention.interval.confidence) == ("Wilson", D("0.95"))
    assert cohorts(connection, history, channel="store") == cohorts(connection, history, from_=date(2024, 4, 1)) == []
    kiritimati = cohorts(connection, history, zone=ZoneInfo("Pacific/Kiritimati"))
    assert [(*c.group.values(), value(c, "size")) for c in kiritimati][:2] == [(MARCH, 0, "EUR", 1), (MARCH, 1, "EUR", 1)]


@pytest.mark.parametrize(
    ("zone", "first", "second"),
    [("+14:00", (2, 29, 10), (2, 29, 23)), ("+08:00", (2, 29, 16), (2, 29, 17)), ("+05:30", (3, 31, 19), (3, 31, 20))],
)
def test_no_order_of_a_cohort_is_before_its_first_month(
    connection: Connection, history: History, zone: str, first: tuple[int, int, int], second: tuple[int, int, int]
) -> None:
    """The first order is known by its day, the first of the next month where it was placed; in UTC, that has not begun."""
    ada = customer(history, "Ada")
    by_day, by_second = (datetime(2024, *moment, tzinfo=UTC) for moment in (first, second))
    order = ordered(history, by_day, TEA, customer_id=ada, occurred_precision="day", occurred_zone=zone)
    ordered(history, by_second, CUP, customer_id=ada)
    then(history, order, by_second, lambda context: order.cancel(context))
    [only] = cohorts(connection, history, from_=date(2024, 1, 1))
    assert only.group == {"cohort": date(2024, first[0] + 1, 1), "months_since": 0, "currency": "EUR"}
    assert values(only, "customers", "orders", "net") == (1, 2, 10)

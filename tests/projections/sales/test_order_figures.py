"""The figures and the sales of an order, with numbers worked out by hand.

The order: 3 × 10.00 less 3.00 with 5.40 tax, 2 × 5.00 with 2.00 tax, 7.40 off the whole order, shipping 4.00 with 0.80 tax.
The lines' amounts are 27.00 and 10.00, so 5.40 and 2.00 of the discount are theirs: they are sold for 21.60 and 8.00.
"""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from sqlalchemy import Connection, func, select

from domain.sales.order.order import Order
from domain.sales.order.payments import PaymentCaptured
from domain.sales.order.refunds import PaymentRefunded
from domain.sales.order.terms import Terms
from domain.sales.order.values import Charge, Discount, Item, LineQuantity, OrderDiscount, ReturnedLine, Tax
from domain.shared.events import Context
from projections.sales import channel_sales, orders
from projections.sales.channel_sales import Question
from projections.sales.order_book import Figures
from projections.sales.sales_figures import Sales
from tests.projections.harness import History, fold, in_memory, uuid
from tests.projections.histories import ORDERS, histories
from tests.projections.measured import value

MARCH_1, MARCH_2, MARCH_3, MARCH_4 = (datetime(2024, 3, day, 12, tzinfo=UTC) for day in (1, 2, 3, 4))
D = Decimal


@pytest.fixture
def history() -> History:
    history = History()
    history.now = datetime(2024, 4, 1, tzinfo=UTC)
    return history


@pytest.fixture
def connection() -> Iterator[Connection]:
    with in_memory(orders.orders, channel_sales.channel_sales) as connection:
        yield connection


def terms(currency: str = "EUR", *, prices_include_tax: bool = False) -> Terms:
    lines = [
        Item(
            line_id="a",
            name="Tea",
            quantity=D(3),
            unit_price=D(10),
            discounts=(Discount(amount=D(3)),),
            taxes=(Tax(name="VAT", amount=D("5.40")),),
        ),
        Item(line_id="b", name="Cup", quantity=D(2), unit_price=D(5), taxes=(Tax(name="VAT", amount=D(2)),)),
    ]
    discounts = [OrderDiscount(kind="fixed", amount=D("7.40"))]
    charges = [Charge(kind="shipping", amount=D(4), tax=D("0.80"))]
    return Terms.of(currency, lines, discounts, charges, prices_include_tax=prices_include_tax)


def placed(history: History, name: str = "one", at: datetime = MARCH_1, agreed: Terms | None = None, **facts: Any) -> Order:
    order = history.of(Order, name)
    stated = {"number": name, "channel": "web"} | facts
    history.must(order, lambda context: order.place(context, agreed or terms(), **stated), occurred_at=at)
    return order


def then(history: History, order: Order, at: datetime, decide: Callable[[Context], object]) -> None:
    history.must(order, decide, occurred_at=at)


def by_day(connection: Connection, history: History, **asked: Any) -> dict[date | None, Sales]:
    fold(connection, history, channel_sales.channel_sales)
    return reported(connection, **asked)


def reported(connection: Connection, **asked: Any) -> dict[date | None, Sales]:
    wanted: dict[str, Any] = {"from_": date(2024, 2, 1), "to": date(2024, 5, 1), "by": ("channel", "day"), **asked}
    return {sales.period: sales for sales in channel_sales.totals(connection, Question(**wanted))}


def test_a_placed_order_sells_goods_without_tax_and_shipping(connection: Connection, history: History) -> None:
    placed(history)
    [sales] = by_day(connection, history).values()
    assert (sales.orders, sales.gross, sales.discounts, sales.returns) == (1, D(40), D("10.40"), D(0))
    assert (sales.net, sales.tax, sales.charges, sales.total) == (D("29.60"), D("8.20"), D(4), D("41.80"))


def test_tax_is_taken_out_of_prices_that_include_it(connection: Connection, history: History) -> None:
    placed(history, agreed=terms(prices_include_tax=True))
    [sales] = by_day(connection, history).values()
    # Of what is paid, 21.60 and 8.00, a quarter is tax: so it is of 30.00 and 10.00. 4.00 − 0.80 shipping.
    assert (sales.gross, sales.discounts, sales.net) == (D("30.00"), D("7.80"), D("22.20"))
    assert (sales.tax, sales.charges) == (D("8.20"), D("3.20"))
    assert sales.total == D("33.60")


def test_returned_goods_count_on_the_day_they_came_back(connection: Connection, history: History) -> None:
    order = placed(history)
    back = [ReturnedLine(line_id="a", quantity=D(1), reason="too-big", condition="used", restock=True)]
    then(history, order, MARCH_2, lambda context: order.receive_return(context, "r1", back))
    days = by_day(connection, history)
    assert days[date(2024, 3, 1)].net == D("29.60")
    # A third of 21.60, and of its 5.40 tax; shipping stays.
    second = days[date(2024, 3, 2)]
    assert (second.orders, second.gross, second.returns, second.net) == (0, D(0), D("7.20"), D("-7.20"))
    assert (second.tax, second.charges, second.total) == (D("-1.80"), D(0), D("-9.00"))


def test_a_reversal_undoes_a_return_on_the_day_of_the_reversal(connection: Connection, history: History) -> None:
    order = placed(history)
    back = [ReturnedLine(line_id="b", quantity=D(2))]
    then(history, order, MARCH_2, lambda context: order.receive_return(context, "r1", back))
    then(history, order, MARCH_3, lambda context: order.reverse_return(context, "r1"))
    days = by_day(connection, history)
    assert [days[date(2024, 3, day)].net for day in (1, 2, 3)] == [D("29.60"), D(-8), D(8)]


def test_cancelled_lines_return_what_they_were_sold_for(connection: Connection, history: History) -> None:
    order = placed(history)
    then(history, order, MARCH_2, lambda context: order.cancel_lines(context, [LineQuantity(line_id="b", quantity=D(1))]))
    sales = by_day(connection, history)[date(2024, 3, 2)]
    assert (sales.returns, sales.tax, sales.total) == (D(4), D(-1), D(-5))


def test_a_cancelled_order_still_counts_and_returns_all_that_is_left(connection: Connection, history: History) -> None:
    order = placed(history)
    then(history, order, MARCH_2, lambda context: order.cancel_lines(context, [LineQuantity(line_id="b", quantity=D(1))]))
    then(history, order, MARCH_3, lambda context: order.cancel(context))
    days = by_day(connection, history)
    assert days[date(2024, 3, 3)].total == -(D("41.80") - D(5))
    [whole] = reported(connection, by=("channel",)).values()
    assert (whole.orders, whole.gross, whole.net, whole.total) == (1, D(40), D(0), D(0))


def test_reopening_undoes_the_cancellation(connection: Connection, history: History) -> None:
    order = placed(history)
    then(history, order, MARCH_2, lambda context: order.cancel(context))
    then(history, order, MARCH_3, lambda context: order.reopen(context))
    assert by_day(connection, history)[date(2024, 3, 3)].total == D("41.80")


def test_an_amendment_counts_the_difference_on_its_own_day(connection: Connection, history: History) -> None:
    order = placed(history)
    more = [*terms().lines, Item(line_id="c", name="Pot", quantity=D(1), unit_price=D(20))]
    then(history, order, MARCH_2, lambda context: order.amend(context, lines=more))
    days = by_day(connection, history)
    assert (days[date(2024, 3, 1)].gross, days[date(2024, 3, 2)].gross) == (D(40), D(20))
    assert (days[date(2024, 3, 2)].orders, days[date(2024, 3, 2)].net) == (0, D(20))


def test_cash_counts_on_the_days_the_money_moved(connection: Connection, history: History) -> None:
    order = placed(history)
    paid = PaymentCaptured(payment_id="p1", amount=D("41.80"))
    back = PaymentRefunded(refund_id="f1", payment_id="p1", amount=D("4.00"), shipping_amount=D("4.00"))
    then(history, order, MARCH_2, lambda context: order.capture_payment(context, paid))
    then(history, order, MARCH_3, lambda context: order.refund_payment(context, back))
    then(history, order, MARCH_4, lambda context: order.reverse_payment(context, "refund", "f1"))
    days = by_day(connection, history)
    assert [days[date(2024, 3, day)].cash_net for day in (1, 2, 3, 4)] == [0, D("41.80"), D(-4), D(4)]
    assert [days[date(2024, 3, day)].charges for day in (1, 2, 3, 4)] == [D(4), 0, D(-4), D(4)]


def test_test_orders_and_gift_cards_are_not_sales(connection: Connection, history: History) -> None:
    placed(history, "try", test=True)
    placed(history, "card", agreed=Terms.of("EUR", [], [], [Charge(kind="gift_card", amount=D(50))]))
    [sales] = by_day(connection, history).values()
    assert (sales.orders, sales.gross, sales.total) == (1, D(0), D(0))


def test_currencies_never_mix(connection: Connection, history: History) -> None:
    placed(history)
    yen = Terms.of("JPY", [Item(line_id="a", name="Tea", quantity=D(2), unit_price=D(1500))])
    placed(history, "two", agreed=yen)
    fold(connection, history, channel_sales.channel_sales)
    report = channel_sales.report(connection, Question(from_=date(2024, 3, 1), to=date(2024, 3, 2), by=("channel",)))
    assert [(sales.group["currency"], value(sales, "gross")) for sales in report] == [("EUR", D(40)), ("JPY", D(3000))]


def test_the_average_order_has_its_numerator_and_denominator(connection: Connection, history: History) -> None:
    placed(history)
    placed(history, "two", agreed=Terms.of("EUR", [Item(line_id="a", name="Tea", quantity=D(1), unit_price=D("10.40"))]))
    fold(connection, history, channel_sales.channel_sales)
    [sales] = channel_sales.report(connection, Question(from_=date(2024, 3, 1), to=date(2024, 3, 2)))
    average = sales.measures["average_order"]
    assert (average.numerator, average.denominator, average.value) == (D("40.00"), 2, D("20.00"))


def test_a_day_begins_at_midnight_in_the_zone_of_the_question(connection: Connection, history: History) -> None:
    placed(history, at=datetime(2024, 3, 1, 16, 30, tzinfo=UTC))
    assert list(by_day(connection, history, zone=ZoneInfo("Asia/Shanghai"))) == [date(2024, 3, 2)]
    asked = {"from_": date(2024, 3, 2), "to": date(2024, 3, 3)}
    assert reported(connection, zone=ZoneInfo("Asia/Shanghai"), **asked)
    assert not reported(connection, **asked)


def test_an_order_known_by_its_day_keeps_it_in_every_zone(connection: Connection, history: History) -> None:
    order = history.of(Order, "one")
    history.must(
        order,
        lambda context: order.place(context, terms(), number="1", channel="web"),
        occurred_at=datetime(2024, 2, 29, 16, tzinfo=UTC),
        occurred_precision="day",
        occurred_zone="Asia/Shanghai",
    )
    assert list(by_day(connection, history, zone=ZoneInfo("America/New_York"))) == [date(2024, 3, 1)]


def test_weeks_begin_on_monday_and_channels_stay_separate(connection: Connection, history: History) -> None:
    placed(history, at=datetime(2024, 3, 3, 12, tzinfo=UTC))
    placed(history, "two", at=datetime(2024, 3, 4, 12, tzinfo=UTC), channel="store-3")
    fold(connection, history, channel_sales.channel_sales)
    report = channel_sales.report(connection, Question(from_=date(2024, 3, 1), to=date(2024, 4, 1), by=("channel", "week")))
    assert [sales.group for sales in report] == [
        {"channel": "web", "week": date(2024, 2, 26), "currency": "EUR"},
        {"channel": "store-3", "week": date(2024, 3, 4), "currency": "EUR"},
    ]


@settings(max_examples=40, deadline=None)
@given(history=histories())
def test_the_sales_rows_of_an_order_add_up_to_its_figures(history: History) -> None:
    with in_memory(orders.orders, channel_sales.channel_sales) as connection:
        fold(connection, history, orders.orders, channel_sales.channel_sales)
        sales = channel_sales.sales.c
        for order in connection.execute(select(orders.order_rows).where(orders.order_rows.c.test.is_(False))).mappings():
            sums = select(*(func.sum(sales[name]) for name in Figures._fields)).where(sales.order_id == order["order_id"])
            assert tuple(connection.execute(sums).one()) == tuple(order[name] for name in Figures._fields)
            assert order["net"] == order["gross"] - order["discounts"] - order["returns"]


@settings(max_examples=40, deadline=None)
@given(history=histories())
def test_a_row_equals_the_state_of_its_order(history: History) -> None:
    with in_memory(orders.orders) as connection:
        fold(connection, history, orders.orders)
        for number in range(ORDERS):
            order = history.of(Order, f"order {number}")
            row = orders.get(connection, uuid(f"order {number}"))
            assert row is not None
            axes = (row["order_status"], row["payment_status"], row["fulfilment_status"], row["return_status"])
            assert axes == (order.status, order.payment_status, order.fulfilment_status, order.return_status)
            assert (row["total"], row["customer_id"], row["version"]) == (order.total, order.customer_id, order.version)
            assert (row["owner"], row["team"]) == order.assignment
            assert row["tags"] == sorted(order.tags)
            assert row["captured"] == order.sum("capture")
            assert row["refunded"] == order.sum("refund")

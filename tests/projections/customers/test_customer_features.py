"""A customer's behaviour as numbers; frequency, recency, T and monetary are checked against pandas."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from domain.customers.customer.customer import Customer
from domain.marketing.touchpoint import Touchpoint
from domain.sales.order.values import LineQuantity
from domain.segmentation.segment_model import Feature
from domain.service.ticket.ticket import Ticket
from projections.customers.customer_behaviour import Behaviour, load, value, values
from projections.customers.customer_features import customer_features
from projections.segmentation.segment_labels import segment_labels
from tests.projections.harness import History, fold, in_memory
from tests.projections.segmentation.given_segments import buys, customer

START, DAY = date(2023, 1, 1), date(2024, 2, 1)
RFM = ("orders", "frequency", "recency", "T", "days_since_last", "total", "monetary")
purchases = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 40), st.integers(0, 10_000)), min_size=1, max_size=15)


@pytest.fixture
def history() -> History:
    history = History()
    history.now = datetime(2024, 2, 10, tzinfo=UTC)
    return history


def behaviours(history: History) -> dict[Any, Behaviour | None]:
    with in_memory(segment_labels) as connection:
        fold(connection, history, segment_labels)
        rows = connection.execute(select(customer_features.c.customer_id, customer_features.c.state))
        return {row.customer_id: row.state and load(row.state) for row in rows}


def of(history: History, who: Customer, name: str, currency: str | None = None, day: date = DAY) -> float | None:
    known = behaviours(history)[who.id]
    assert known is not None
    return value(Feature(name=name, currency=currency), known, day)


@settings(max_examples=30, deadline=None)
@given(bought=purchases)
def test_purchases_give_the_same_figures_as_pandas(bought: list[tuple[int, int, int]]) -> None:
    history = History()
    history.now = datetime(2024, 2, 10, tzinfo=UTC)
    customers = [customer(history, f"customer-{number}") for number in range(4)]
    for who, day, cents in bought:
        buys(history, customers[who], START + timedelta(days=day), f"{cents / 100:.2f}")
    found = behaviours(history)
    for who, expected in _classic(bought).iterrows():
        features = [Feature(name=name, currency="EUR" if name in ("total", "monetary") else None) for name in RFM]
        known = found[customers[int(str(who))].id]
        assert known is not None
        assert values(features, known, DAY) == pytest.approx([float(expected[name]) for name in RFM], abs=1e-9)


def _classic(bought: list[tuple[int, int, int]]) -> pd.DataFrame:
    """The result of `lifetimes.utils.summary_data_from_transaction_data` in plain pandas, with orders and total added."""
    frame = pd.DataFrame(bought, columns=["who", "day", "cents"])
    frame["net"] = frame["cents"] / 100
    days = frame.groupby(["who", "day"])["net"].sum().reset_index()
    first, last = days.groupby("who")["day"].min(), days.groupby("who")["day"].max()
    as_of = (DAY - START).days
    later = days[days["day"] > days["who"].map(first)]
    return pd.DataFrame(
        {
            "orders": frame.groupby("who")["net"].count(),
            "frequency": days.groupby("who")["day"].count() - 1,
            "recency": last - first,
            "T": as_of - first,
            "days_since_last": as_of - last,
            "total": frame.groupby("who")["net"].sum(),
            "monetary": later.groupby("who")["net"].mean().reindex(first.index).fillna(0.0),
        }
    )


def test_a_customer_without_a_purchase_has_no_orders_and_lacks_the_purchase_features(history: History) -> None:
    ada = customer(history, "ada")
    found = {name: of(history, ada, name, "EUR" if name in ("total", "monetary") else None) for name in RFM}
    assert found == dict.fromkeys(RFM) | {"orders": 0.0, "total": 0.0}


def test_test_orders_never_count_and_cancelled_orders_count_only_after_reopening(history: History) -> None:
    ada = customer(history, "ada")
    buys(history, ada, START, "5", test=True)
    order = buys(history, ada, START, "7.50")
    assert of(history, ada, "orders") == 1
    history.must(order, order.cancel)
    assert (of(history, ada, "orders"), of(history, ada, "T")) == (0, None)
    history.must(order, order.reopen)
    assert (of(history, ada, "orders"), of(history, ada, "total", "EUR")) == (1, 7.5)


def test_an_order_with_every_line_cancelled_does_not_count(history: History) -> None:
    ada = customer(history, "ada")
    order = buys(history, ada, START, "7.50")
    gone = [LineQuantity(line_id="a", quantity=Decimal(1))]
    history.must(order, lambda context: order.cancel_lines(context, gone))
    assert (of(history, ada, "orders"), of(history, ada, "total", "EUR")) == (0, 0.0)


def test_currencies_share_purchase_days_and_never_mix_money(history: History) -> None:
    ada = customer(history, "ada")
    for day, net, currency in ((0, "10", "EUR"), (3, "1000", "JPY"), (3, "4", "EUR"), (9, "8", "EUR")):
        buys(history, ada, START + timedelta(days=day), net, currency)
    assert (of(history, ada, "frequency"), of(history, ada, "recency")) == (2, 9)
    assert (of(history, ada, "total", "EUR"), of(history, ada, "monetary", "EUR")) == (22.0, 6.0)
    assert (of(history, ada, "total", "JPY"), of(history, ada, "monetary", "JPY")) == (1000.0, 0.0)


def test_the_day_is_never_before_the_last_purchase(history: History) -> None:
    ada = customer(history, "ada")
    buys(history, ada, START, "1")
    buys(history, ada, START + timedelta(days=5), "1")
    known = behaviours(history)[ada.id]
    assert known is not None
    assert values([Feature(name="T"), Feature(name="days_since_last")], known, START) == [5.0, 0.0]


def test_a_guest_order_that_is_linked_later_does_not_count_for_the_customer(history: History) -> None:
    ada = customer(history, "ada")
    order = buys(history, None, START, "1")
    history.must(order, lambda context: order.set_customer(context, ada.id))
    assert of(history, ada, "orders") == 0


def test_numbers_and_flags_are_attributes_and_texts_are_not(history: History) -> None:
    ada = customer(history, "ada", size=3, vip=True, colour="red")
    assert [of(history, ada, f"attribute:{key}") for key in ("size", "vip", "colour")] == [3.0, 1.0, None]
    history.must(ada, lambda context: ada.set_attributes(context, {"size": "large", "vip": None, "colour": 7}))
    assert [of(history, ada, f"attribute:{key}") for key in ("size", "vip", "colour")] == [None, None, 7.0]


def test_a_plain_text_that_replaces_a_number_removes_the_number(history: History) -> None:
    ada = customer(history, "ada", size=3)
    history.must(ada, lambda context: ada.set_attributes(context, {"size": "large"}, plain={"size"}))
    assert of(history, ada, "attribute:size") is None
    history.must(ada, lambda context: ada.set_attributes(context, {"size": 4}, plain={"size"}))
    assert of(history, ada, "attribute:size") == 4.0


def test_tickets_count_unless_they_are_discarded(history: History) -> None:
    ada = customer(history, "ada")
    ticket = history.of(Ticket, "ticket")
    history.must(ticket, lambda context: ticket.open(context, number="T1", opened_by="customer", customer_id=ada.id))
    assert of(history, ada, "tickets") == 1
    history.must(ticket, lambda context: ticket.discard(context, reason="spam"))
    assert of(history, ada, "tickets") == 0
    history.must(ticket, lambda context: ticket.reopen(context, reason="mistake"))
    assert of(history, ada, "tickets") == 1


def test_touchpoints_count(history: History) -> None:
    ada = customer(history, "ada")
    for number in range(2):
        touchpoint = history.of(Touchpoint, f"touchpoint {number}")
        history.must(touchpoint, partial(touchpoint.touch, channel="web", kind="click", customer_id=ada.id))
    assert of(history, ada, "touches") == 2


def test_an_erased_customer_has_no_behaviour(history: History) -> None:
    ada = customer(history, "ada", size=3)
    order = buys(history, ada, START, "7.50")
    history.must(ada, lambda context: ada.erase(context, reason="requested", requested_by="customer", receipt="R1"))
    history.must(order, order.cancel)
    assert behaviours(history) == {ada.id: None}

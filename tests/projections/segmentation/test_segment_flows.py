"""Flows between segments in edge cases, from the labels that the read model keeps."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime

import pytest
from sqlalchemy import Connection

from projections.customers.customers import customer_view
from projections.segmentation import segment_flows
from projections.segmentation.segment_labels import segment_labels
from tests.projections.harness import History, clear, fold, in_memory, uuid
from tests.projections.segmentation.given_segments import active, buys, customer, fit

BY_ORDERS = fit("orders", centroids=[[0.0], [2.0]])
BY_TOTAL = fit("total/EUR", centroids=[[0.0], [100.0]])
MARCH = date(2024, 3, 1)


@pytest.fixture
def connection() -> Iterator[Connection]:
    with in_memory(segment_labels) as connection:
        yield connection


@pytest.fixture
def history() -> History:
    history = History()
    history.now = datetime(2024, 6, 1, tzinfo=UTC)
    return history


def flows(connection: Connection, history: History, start: int, end: int | None = None) -> dict[tuple[object, object], int]:
    for read_model in (segment_labels, customer_view):
        clear(connection, read_model)
        fold(connection, history, read_model)
    found = segment_flows.report(connection, uuid("model baseline"), start, _head(history) if end is None else end)
    return {(one.group["from"], one.group["to"]): int(one.measures["customers"].value or 0) for one in found}


def _head(history: History) -> int:
    return history.log[-1].position


def test_without_customers_there_are_no_flows(connection: Connection, history: History) -> None:
    active(history, BY_ORDERS)
    assert flows(connection, history, 0) == {}


def test_one_customer_moves_alone(connection: Connection, history: History) -> None:
    ada = customer(history, "ada")
    active(history, BY_ORDERS)
    begun = _head(history)
    for day in (1, 2):
        buys(history, ada, date(2024, 3, day), "10")
    assert flows(connection, history, begun) == {("1", "2"): 1}
    assert flows(connection, history, 0) == {("no label", "2"): 1}


def test_between_a_position_and_itself_everybody_stays(connection: Connection, history: History) -> None:
    for name in ("ada", "bob"):
        customer(history, name)
    active(history, BY_ORDERS)
    begun = _head(history)
    assert flows(connection, history, begun, begun) == {("1", "1"): 2}


def test_customers_who_are_all_equal_are_one_flow(connection: Connection, history: History) -> None:
    people = [customer(history, f"customer-{number}") for number in range(3)]
    active(history, BY_ORDERS)
    begun = _head(history)
    for person in people:
        buys(history, person, MARCH, "10")
        buys(history, person, MARCH, "10")
    assert flows(connection, history, begun) == {("1", "2"): 3}


def test_a_model_of_one_currency_ignores_purchases_in_another(connection: Connection, history: History) -> None:
    ada = customer(history, "ada")
    active(history, BY_TOTAL)
    begun = _head(history)
    buys(history, ada, MARCH, "9000", "JPY")
    assert flows(connection, history, begun) == {("1", "1"): 1}
    buys(history, ada, MARCH, "90")
    assert flows(connection, history, begun) == {("1", "2"): 1}


def test_a_cancelled_and_a_late_order_move_the_customer_from_when_they_are_recorded(
    connection: Connection, history: History
) -> None:
    ada = customer(history, "ada")
    first = buys(history, ada, MARCH, "10")
    buys(history, ada, MARCH, "10")
    active(history, BY_ORDERS)
    begun = _head(history)
    history.must(first, lambda context: first.cancel(context, reason="other"))
    history.must(ada, lambda context: ada.tag(context, ("vip",)))
    cancelled = _head(history)
    # With one order, both centroids are equally near: the first one is taken.
    assert flows(connection, history, begun) == {("2", "1"): 1}
    buys(history, ada, date(2024, 1, 1), "10")
    assert flows(connection, history, begun, cancelled) == {("2", "1"): 1}
    assert flows(connection, history, cancelled) == {("1", "2"): 1}


def test_merged_customers_flow_by_their_own_labels_and_unmerging_changes_nothing(
    connection: Connection, history: History
) -> None:
    ada, bob = customer(history, "ada"), customer(history, "bob")
    for who in (ada, bob):
        buys(history, who, MARCH, "10")
    active(history, BY_ORDERS)
    begun = _head(history)
    history.must(ada, lambda context: ada.merge_into(context, bob.id))
    assert flows(connection, history, begun) == {("1", "1"): 2}
    history.must(ada, ada.unmerge)
    assert flows(connection, history, begun) == {("1", "1"): 2}


def test_an_erased_customer_has_no_history_of_labels(connection: Connection, history: History) -> None:
    ada = customer(history, "ada")
    customer(history, "bob")
    active(history, BY_ORDERS)
    begun = _head(history)
    history.must(ada, lambda context: ada.erase(context, reason="requested", requested_by="customer", receipt="R1"))
    assert flows(connection, history, begun) == {("1", "1"): 1}

"""Flows between segments in edge cases, from the labels that the read model keeps."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, select

from projections.customers.customers import customer_view
from projections.segmentation import segment_flows
from projections.segmentation.segment_labels import segment_labels
from projections.segmentation.segment_models import LAST, fits, model_states
from projections.segmentation.segment_moves import labels, past_labels, past_of
from projections.shared.rows import Row, Rows
from tests.projections.harness import History, clear, fold, in_memory, uuid
from tests.projections.histories import SEEDS, history_of
from tests.projections.segmentation.given_segments import active, buys, customer, fit
from tests.projections.segmentation.test_segment_settling import MOVING

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


def _all_labels(connection: Connection) -> list[Row]:
    now = [dict(row) | {"until": LAST} for row in connection.execute(select(labels)).mappings()]
    return now + [dict(row) for row in connection.execute(select(past_labels)).mappings()]


@settings(max_examples=30, deadline=None)
@given(seed=SEEDS, length=st.integers(10, 80))
def test_flows_are_those_that_each_customers_labels_show_one_by_one(seed: int, length: int) -> None:
    draw = Random(seed)
    history = history_of([(draw.choice(MOVING), draw.randrange(12), draw.randrange(40)) for _ in range(length)])
    with in_memory(segment_labels) as connection:
        fold(connection, history, segment_labels)
        found, by_fit = _all_labels(connection), fits(connection)
        for model_id in {id for id, _ in by_fit}:
            start, end = sorted(draw.choice(history.log).position for _ in range(2))
            sides: list[dict[object, int | None]] = [{}, {}]
            for row in found:
                for side, position in zip(sides, (start, end), strict=True):
                    if row["model_id"] == model_id and row["since"] <= position < row["until"]:
                        ids = by_fit[model_id, row["fit_position"]].fitted.ids
                        side[row["customer_id"]] = None if row["cluster"] is None else ids[row["cluster"]]
            before, after = sides
            expected: Counter[tuple[object, object]] = Counter(
                (before.get(id, -1), after.get(id, -1)) for id in {*before, *after}
            )
            reported: Counter[tuple[object, object]] = Counter()
            for one in segment_flows.report(connection, model_id, start, end):
                key = tuple(-1 if one.group[side] == segment_flows.GONE else one.group[f"{side}_id"] for side in ("from", "to"))
                reported[key[0], key[1]] = int(one.measures["customers"].value or 0)
            assert reported == expected


def test_past_labels_of_a_customer_are_found_by_their_key(connection: Connection, history: History) -> None:
    ada, bob = customer(history, "ada"), customer(history, "bob")
    for model in (BY_ORDERS, fit("orders", centroids=[[0.0], [3.0]])):
        active(history, model)
    fold(connection, history, segment_labels)
    [past] = past_of(Rows(connection), [ada.id])
    assert past["customer_id"] == ada.id
    assert len(past_of(Rows(connection), [ada.id, bob.id])) == 2
    of_one = select(past_labels.c.since).where(
        past_labels.c.fit_position.in_(select(model_states.c.position)), past_labels.c.customer_id == ada.id
    )
    compiled = of_one.compile(connection, compile_kwargs={"literal_binds": True})
    plan = " ".join(step for *_, step in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {compiled}"))
    assert "USING PRIMARY KEY (fit_position=? AND customer_id=?)" in plan

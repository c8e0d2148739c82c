"""Events for everyone reach many customers in columns: the rows are those of one customer after the other."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, select

from infra.routing import OnPartitions
from projections.customers.customer_features import customer_features
from projections.segmentation import segment_labels as module
from projections.segmentation.segment_labels import reached, segment_labels
from projections.segmentation.segment_models import LAST
from projections.segmentation.segment_turns import turns_between
from projections.shared.rows import Rows
from tests.projections.harness import History, Lanes, Step, in_memory, rows_of
from tests.projections.histories import SEEDS, history_of
from tests.projections.segmentation.test_segment_settling import MOVING

MORE = (*MOVING, "amend", "cancel lines", "set customer")


def folded(connection: Connection, history: History) -> None:
    """All events, without letting any that is for everyone reach the customers."""
    Lanes(connection, segment_labels, history, 1).take(Step(0, 0, len(history.log), late=True))


def reach_one_by_one(connection: Connection) -> None:
    rows = Rows(connection)
    turns = turns_between(rows, 0, LAST)
    for row in connection.execute(select(customer_features).order_by(customer_features.c.customer_id)).mappings().all():
        for moved in reached(rows, [dict(row)], turns):
            moved.save()


def reach_in_portions(connection: Connection, partitions: int) -> None:
    for partition in range(partitions):
        rows, cursor, is_first = Rows(connection, lives_here=OnPartitions({partition}, partitions)), None, True
        while is_first or cursor is not None:
            cursor, is_first = module.settle(rows, 0, LAST, cursor), False


@settings(max_examples=40, deadline=None)
@given(seed=SEEDS, length=st.integers(5, 80), partitions=st.integers(1, 3), portion=st.integers(1, 5))
def test_columns_and_single_customers_get_the_same_rows(seed: int, length: int, partitions: int, portion: int) -> None:
    draw = Random(seed)
    history = history_of([(draw.choice(MORE), draw.randrange(12), draw.randrange(40)) for _ in range(length)])
    with in_memory(segment_labels) as connection:
        folded(connection, history)
        reach_one_by_one(connection)
        expected = rows_of(connection, segment_labels)
    with in_memory(segment_labels) as connection, pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "PORTION", portion)
        folded(connection, history)
        reach_in_portions(connection, partitions)
        assert rows_of(connection, segment_labels) == expected
        reach_in_portions(connection, 1)
        assert rows_of(connection, segment_labels) == expected

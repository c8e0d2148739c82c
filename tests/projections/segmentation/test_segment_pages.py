"""Pages of a model's labels on SQLite: customers come in the order of their ids, and are never all sorted for a page."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import Connection, event

from projections.customers.customers import customer_view
from projections.segmentation import segment_answers
from projections.segmentation.segment_labels import segment_labels
from projections.segmentation.segment_models import LAST
from projections.segmentation.segment_moves import labels
from tests.projections.harness import History, fold, in_memory
from tests.projections.segmentation.given_segments import CUT_OFF, active, buys, customer, fit

FILTERS: tuple[dict[str, Any], ...] = ({}, {"label": "low"}, {"label": "high"}, {"labelled": True}, {"labelled": False})
BY_SPEND = fit("total/EUR", "T", centroids=[[0.0, 0.0], [100.0, 0.0]], cluster_names=("low", "high"))


def plans(connection: Connection) -> list[str]:
    """The steps by which SQLite runs each query of labels from now on."""
    steps: list[str] = []

    def explain(connection: Any, _: Any, statement: str, parameters: Any, *__: Any) -> None:
        if labels.name in statement:
            plan = connection.connection.driver_connection.execute(f"EXPLAIN QUERY PLAN {statement}", parameters)
            steps.extend(step for *_, step in plan)

    event.listen(connection, "before_cursor_execute", explain)
    return steps


@pytest.mark.parametrize("filters", FILTERS, ids=str)
@pytest.mark.parametrize("merged", [False, True], ids=["nobody merged", "some merged"])
def test_a_page_is_read_in_its_order(filters: dict[str, Any], *, merged: bool) -> None:
    history = History()
    history.now = datetime(2024, 6, 1, tzinfo=UTC)
    people = [customer(history, f"customer-{number}") for number in range(12)]
    for number, person in enumerate(people):
        if number % 3:
            buys(history, person, CUT_OFF, str(1 + 150 * (number % 2)))
    model = active(history, BY_SPEND)
    if merged:
        history.must(people[0], lambda context: people[0].merge_into(context, people[1].id))
    with in_memory(segment_labels) as connection:
        fold(connection, history, segment_labels, customer_view)
        everyone = segment_answers.listing(connection, model, limit=50, settled=LAST, **filters).rows
        steps, found = plans(connection), []
        page = segment_answers.listing(connection, model, limit=2, settled=LAST, **filters)
        while page.next is not None:
            found += page.rows
            page = segment_answers.listing(connection, model, limit=2, settled=LAST, cursor=page.next, **filters)
        found += page.rows
    assert len(found) > 2
    assert found == everyone
    assert [row["customer_id"] for row in found] == sorted(row["customer_id"] for row in found)
    assert any(labels.name in step for step in steps)
    assert "USE TEMP B-TREE FOR ORDER BY" not in steps

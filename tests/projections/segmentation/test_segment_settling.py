"""Events for everyone reach customers later, in portions. Until then, queries give the answers that they give afterwards."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, func, select

from projections.customers.customer_features import customer_features
from projections.customers.customers import customer_view
from projections.segmentation import segment_answers, segment_models, segment_report, segment_rule_answers, segment_rules
from projections.segmentation.segment_labels import segment_labels
from projections.segmentation.segment_moves import labels
from projections.shared.pages import Page
from tests.projections.harness import History, Lanes, Step, fold, in_memory
from tests.projections.histories import SEEDS, history_of
from tests.projections.segmentation.given_segments import CUT_OFF, active, customer, ends, fit

MOVING = (
    *("fit", "fit", "change model", "end day", "end day", "annotate", "cancel", "reopen", "touchpoint", "erase", "merge"),
    *("rule", "rule", "rule"),
)


def pages(query: Callable[..., Page], *args: object, **filters: object) -> list[Any]:
    """The rows of all pages, of few rows each."""
    found: list[Any] = []
    page = query(*args, **filters, limit=2)
    while page.next:
        found += page.rows
        page = query(*args, **filters, limit=2, cursor=page.next)
    return [*found, *page.rows]


def answers(connection: Connection) -> dict[str, Any]:
    key = customer_features.c.customer_id
    customers = connection.execute(select(key).order_by(key)).scalars().all()
    models = {model["model_id"]: model["clusters"] for model in segment_models.listing(connection)}
    names = [(id, cluster["name"]) for id, clusters in models.items() for cluster in clusters]
    rules = [rule["rule_id"] for rule in segment_rules.listing(connection)]
    listing, labelled = partial(segment_answers.listing, connection), partial(segment_rule_answers.labelled, connection)
    return {
        "customers": [segment_answers.of_customer(connection, id) for id in customers],
        "labels": [pages(listing, model) for model in models],
        "by label": [pages(listing, model, label=name) for model, name in names],
        "lacking": [pages(listing, model, labelled=False) for model in models],
        "report": [segment_report.report(connection, segment_models.known(connection).models[model]) for model in models],
        "by rule": [pages(labelled, rule) for rule in rules],
        "rules": segment_rule_answers.report(connection),
    }


@settings(max_examples=25, deadline=None)
@given(seed=SEEDS, length=st.integers(5, 60), partitions=st.integers(1, 3))
def test_answers_are_the_same_before_and_after_events_for_everyone_reach_the_rows(
    seed: int, length: int, partitions: int
) -> None:
    draw = Random(seed)
    history = history_of([(draw.choice(MOVING), draw.randrange(12), draw.randrange(40)) for _ in range(length)])
    with in_memory(segment_labels) as connection:
        lanes = Lanes(connection, segment_labels, history, partitions)
        for partition in range(partitions):
            lanes.take(Step(partition, 0, len(history.log), late=True))
        fold(connection, history, customer_view)
        before = answers(connection)
        lanes.settle_all()
        assert answers(connection) == before


def test_a_fit_and_the_end_of_a_day_change_no_row_of_a_customer() -> None:
    history = History()
    for number in range(5):
        customer(history, f"c{number}", size=number)
    with in_memory(segment_labels) as connection:
        lanes = Lanes(connection, segment_labels, history, 1)
        lanes.finish()
        active(history, fit("attribute:size", centroids=[[0.0], [10.0]]))
        ends(history, CUT_OFF + timedelta(days=1))
        lanes = Lanes(connection, segment_labels, history, 1)
        lanes.take(Step(0, 0, len(history.log), late=True))
        assert connection.execute(select(func.count()).select_from(labels)).scalar() == 0
        lanes.settle_all()
        assert connection.execute(select(func.count()).select_from(labels)).scalar() == 5


def test_a_page_looks_at_a_bounded_number_of_customers_while_a_fit_reaches_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(segment_answers, "AT_MOST", 6)
    monkeypatch.setattr("projections.segmentation.segment_scanning.AT_ONCE", 3)
    history = History()
    for number in range(10):
        customer(history, f"c{number}", size=number)
    model = active(history, fit("attribute:size", centroids=[[0.0], [1000.0]]))
    with in_memory(segment_labels) as connection:
        Lanes(connection, segment_labels, history, 1).take(Step(0, 0, len(history.log), late=True))
        first = segment_answers.listing(connection, model, label="2")
        assert first.rows == []
        assert first.next is not None
        second = segment_answers.listing(connection, model, label="2", cursor=first.next)
        assert (second.rows, second.next) == ([], None)
        assert len(pages(segment_answers.listing, connection, model, label="1")) == 10

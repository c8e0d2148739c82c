"""Labels of customers: the cluster, the event that gave it, and the features that are missing for a label."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection

from domain.customers.customer.customer import Customer
from domain.segmentation.segment_model import SegmentModel
from projections.customers.customer_behaviour import Behaviour, Spent
from projections.segmentation import segment_answers, segment_models, segment_report
from projections.segmentation.segment_labels import segment_labels
from projections.segmentation.segment_models import Model, known
from projections.segmentation.segment_moves import all_seen, seen
from tests.projections.harness import History, Step, assert_recomputes, fold, in_memory, uuid
from tests.projections.histories import SEEDS, history_of, schedules
from tests.projections.measured import value
from tests.projections.segmentation.given_segments import CUT_OFF, active, buys, customer, ends, fit

BY_SIZE = fit("attribute:size", centroids=[[0.0], [10.0]])
BY_DAY = fit("days_since_last", centroids=[[0.0], [30.0]], name="by-day")
MOVING = (
    *("fit", "fit", "change model", "end day", "annotate", "cancel", "reopen", "touchpoint", "cancel lines", "erase"),
    *("rule", "rule"),
)


@pytest.fixture
def history() -> History:
    return History()


@pytest.fixture
def connection() -> Iterator[Connection]:
    with in_memory(segment_labels) as connection:
        yield connection


def segment(connection: Connection, history: History, who: Customer) -> Any:
    fold(connection, history, segment_labels)
    found = segment_answers.of_customer(connection, who.id)
    assert found is not None
    return found


def label(connection: Connection, history: History, who: Customer) -> Any:
    """The one label of the customer."""
    [found] = segment(connection, history, who)["labels"]
    return found


@settings(max_examples=20, deadline=None)
@given(seed=SEEDS, length=st.integers(5, 60), partitions=st.integers(1, 12), steps=schedules())
def test_any_schedule_gives_the_same_labels(seed: int, length: int, partitions: int, steps: list[Step]) -> None:
    draw = Random(seed)
    history = history_of([(draw.choice(MOVING), draw.randrange(12), draw.randrange(40)) for _ in range(length)])
    with in_memory(segment_labels) as connection:
        assert_recomputes(connection, segment_labels, history, partitions, steps)


def test_a_fit_labels_the_customers_who_exist(history: History, connection: Connection) -> None:
    ada = customer(history, "ada", size=9)
    active(history, BY_SIZE)
    found = label(connection, history, ada)
    assert (found["label"], found["cluster"], found["distance"], found["features"]) == ("2", 1, 1.0, {"attribute:size": 9.0})
    assert found["since"] == history.log[-1].position


def test_a_customer_who_registers_later_is_labelled_at_registration(history: History, connection: Connection) -> None:
    active(history, BY_SIZE)
    ada = customer(history, "ada", size=1)
    found = label(connection, history, ada)
    assert (found["label"], found["since"]) == ("1", history.log[-1].position)


def test_an_inactive_fit_labels_nobody(history: History, connection: Connection) -> None:
    ada = customer(history, "ada", size=9)
    model = history.of(SegmentModel, "model")
    history.must(model, lambda context: model.fit(context, BY_SIZE))
    assert segment(connection, history, ada)["labels"] == []


def test_a_fact_moves_only_its_own_customer_to_another_cluster(history: History, connection: Connection) -> None:
    ada, bob = customer(history, "ada", size=9), customer(history, "bob", size=9)
    active(history, BY_SIZE)
    begun = history.log[-1].position
    history.must(ada, lambda context: ada.set_attributes(context, {"size": 2}))
    moved = label(connection, history, ada)
    assert (moved["label"], moved["since"]) == ("1", history.log[-1].position)
    assert moved["moved"] == {"as_of": CUT_OFF, "distance": 2.0, "features": {"attribute:size": 2.0}}
    [past] = segment_answers.of_customer(connection, ada.id)["past"]  # type: ignore[index]
    assert (past["label"], past["since"], past["until"]) == ("2", begun, history.log[-1].position)
    [stayed] = segment_answers.of_customer(connection, bob.id)["labels"]  # type: ignore[index]
    assert (stayed["label"], stayed["since"]) == ("2", begun)


def test_a_fact_that_does_not_change_the_label_does_not_change_its_row(history: History, connection: Connection) -> None:
    ada = customer(history, "ada", size=9)
    active(history, BY_SIZE)
    begun = history.log[-1].position
    history.must(ada, lambda context: ada.set_attributes(context, {"size": 8}))
    found = label(connection, history, ada)
    assert (found["since"], found["features"], found["distance"]) == (begun, {"attribute:size": 8.0}, 2.0)
    assert found["moved"]["features"] == {"attribute:size": 9.0}


def test_a_customer_who_lacks_a_feature_has_no_label_and_the_row_names_the_feature(
    history: History, connection: Connection
) -> None:
    ada = customer(history, "ada", size=9)
    active(history, BY_SIZE)
    history.must(ada, lambda context: ada.set_attributes(context, {"size": None}))
    found = label(connection, history, ada)
    assert (found["label"], found["distance"], found["missing"]) == (None, None, ["attribute:size"])


def test_the_end_of_a_day_moves_customers_with_features_that_depend_on_the_day(
    history: History, connection: Connection
) -> None:
    ada = customer(history, "ada", size=9)
    history.now += timedelta(days=1)
    buys(history, ada, CUT_OFF, "5")
    active(history, BY_SIZE)
    by_size = history.log[-1].position
    active(history, BY_DAY)
    ends(history, CUT_OFF + timedelta(days=10))
    begun = history.log[-2].position
    ends(history, CUT_OFF + timedelta(days=20))
    by_day, by_its_size = sorted(segment(connection, history, ada)["labels"], key=lambda one: str(one["model"]), reverse=True)
    assert (by_day["label"], by_day["since"], by_day["as_of"]) == ("2", history.log[-1].position, CUT_OFF + timedelta(days=20))
    assert (by_its_size["label"], by_its_size["since"]) == ("2", by_size)
    [past] = segment_answers.of_customer(connection, ada.id)["past"]  # type: ignore[index]
    assert (past["since"], past["label"]) == (begun, "1")


def test_another_fit_labels_everyone_again(history: History, connection: Connection) -> None:
    ada = customer(history, "ada", size=9)
    active(history, BY_SIZE)
    active(history, fit("attribute:size", centroids=[[0.0], [5.0], [9.0]]))
    found = segment(connection, history, ada)
    assert (found["labels"][0]["label"], found["labels"][0]["since"]) == ("3", history.log[-1].position)
    assert [past["label"] for past in found["past"]] == ["2"]


def test_a_retired_model_leaves_only_past_labels(history: History, connection: Connection) -> None:
    ada = customer(history, "ada", size=9)
    active(history, BY_SIZE)
    model = history.of(SegmentModel, "model baseline")
    history.must(model, model.retire)
    found = segment(connection, history, ada)
    assert (found["labels"], [past["until"] for past in found["past"]]) == ([], [history.log[-1].position])


def test_clusters_have_their_last_names(history: History, connection: Connection) -> None:
    ada = customer(history, "ada", size=9)
    active(history, BY_SIZE)
    begun = history.log[-1].position
    model = history.of(SegmentModel, "model baseline")
    history.must(model, lambda context: model.name_clusters(context, ["small", "large"]))
    found = label(connection, history, ada)
    assert (found["label"], found["since"]) == ("large", begun)
    [shown] = segment_models.listing(connection)
    assert [cluster["name"] for cluster in shown["clusters"]] == ["small", "large"]


def test_an_erased_customer_has_no_labels(history: History, connection: Connection) -> None:
    ada = customer(history, "ada", size=9)
    active(history, BY_SIZE)
    history.must(ada, lambda context: ada.set_attributes(context, {"size": 2}))
    history.must(ada, lambda context: ada.erase(context, reason="requested", requested_by="customer", receipt="R1"))
    active(history, fit("attribute:size", centroids=[[0.0], [5.0]]))
    found = segment(connection, history, ada)
    assert (found["erased"], found["labels"], found["past"]) == (True, [], [])
    assert segment_answers.of_customer(connection, uuid("somebody else")) is None


def test_the_report_counts_every_cluster_and_customers_without_one(history: History, connection: Connection) -> None:
    for name, size in (("ada", 1), ("bob", 2), ("eve", None)):
        customer(history, name, **({} if size is None else {"size": size}))
    model_id = active(history, fit("attribute:size", centroids=[[0.0], [10.0], [20.0]]))
    fold(connection, history, segment_labels)
    report = segment_report.report(connection, known(connection).models[model_id])
    assert [(group.group["label"], value(group, "customers")) for group in report.groups] == [("1", 2), ("2", 0), ("3", 0)]
    shares = [group.measures["share"] for group in report.groups]
    assert [(share.numerator, share.denominator) for share in shares] == [(2, 2), (0, 2), (0, 2)]
    assert [value(group, "mean:attribute:size") for group in report.groups] == [Decimal("1.5"), None, None]
    [lacking] = report.unlabelled
    assert lacking.group == {"missing": ["attribute:size"]}
    assert lacking.measures["customers"].value == 1


def test_a_mean_has_the_unit_of_its_feature_and_none_if_the_sum_is_too_large(history: History, connection: Connection) -> None:
    who = [customer(history, name, size=1.7e308) for name in ("ada", "bob")]
    ends(history, CUT_OFF)
    for one in who:
        buys(history, one, CUT_OFF, "12.50")
    features = ("days_since_last", "frequency", "total/EUR", "attribute:size")
    model_id = active(history, fit(*features, centroids=[[0.0] * 4, [1e9] * 4], transform="log1p"))
    fold(connection, history, segment_labels)
    first, _ = segment_report.report(connection, known(connection).models[model_id]).groups
    assert {name: (figure.value, figure.unit) for name, figure in first.measures.items() if name.startswith("mean:")} == {
        "mean:days_since_last": (0, "days"),
        "mean:frequency": (0, "purchase days"),
        "mean:total:EUR": (Decimal("12.5"), "EUR"),
        "mean:attribute:size": (None, "1"),
    }
    assert first.measures["mean:attribute:size"].reason == "the sum is too large for a floating-point number"


def test_a_model_that_labels_nobody_has_a_report_without_a_share(history: History, connection: Connection) -> None:
    model_id = active(history, BY_SIZE)
    fold(connection, history, segment_labels)
    report = segment_report.report(connection, known(connection).models[model_id])
    shares = [group.measures["share"] for group in report.groups]
    assert [(share.value, share.reason) for share in shares] == 2 * [(None, "nobody has a label")]


@settings(max_examples=40, deadline=None)
@given(
    nets=st.lists(st.integers(-10_000, 10**9), min_size=1, max_size=12),
    numbers=st.lists(st.none() | st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=12),
    ended=st.none() | st.dates(date(2024, 1, 1), date(2025, 1, 1)),
    transform=st.sampled_from(["none", "log1p"]),
)
def test_many_customers_together_get_the_same_result_as_each_one_alone(
    nets: list[int], numbers: list[float | None], ended: date | None, transform: str
) -> None:
    fitted = fit(
        "total/EUR",
        "T",
        "attribute:x",
        centroids=[[0.1, 0.2, 0.3], [1e3, 30.0, -1.0]],
        mean=(1 / 3, 2.0, 0.7),
        transform=transform,
    )
    model = Model(
        model_id=uuid("model"),
        version=1,
        position=1,
        fit_position=1,
        fitted=fitted,
        cluster_names=fitted.cluster_names,
        active_since=None,
        retired_since=None,
    )
    behaviours = [
        Behaviour(purchases={"EUR": {"2024-02-03": Spent(1, net)}}, numbers={} if number is None else {"x": number})
        for net, number in zip(nets, numbers, strict=False)
    ]
    assert all_seen(model, behaviours, ended) == [seen(model, behaviour, ended) for behaviour in behaviours]

"""Drift since a fit: the population stability index by feature and of the mix of segments, with the bins of the fit."""

from __future__ import annotations

from datetime import date
from math import log
from typing import Any
from uuid import UUID

import msgspec
import pytest
from scipy.stats import entropy
from sqlalchemy import Connection

from domain.segmentation.segment_model import Feature
from projections.customers.behaviour_figures import packed
from projections.customers.customer_behaviour import Behaviour
from projections.customers.customer_features import customer_features
from projections.customers.customers import customer_view
from projections.segmentation.segment_drift import report
from projections.segmentation.segment_fitting import Wanted, fit, sample
from projections.segmentation.segment_labels import segment_labels
from projections.segmentation.segment_models import Model
from projections.shared.rows import Rows
from projections.shared.statistics.stability import EMPTY, stability_index
from tests.benchmarks.reports.segments import AT, MODEL
from tests.projections.harness import History, clear, fold, in_memory
from tests.projections.segmentation.given_segments import customer

DAY = date(2026, 3, 1)
FEATURES = (Feature(name="tickets"), Feature(name="attribute:size"))


def keep(connection: Connection, first: int, sizes: list[int]) -> None:
    known = [Behaviour(tickets=size % 7, numbers={"size": size}) for size in sizes]
    Rows(connection).insert(
        customer_features,
        [
            {"customer_id": UUID(int=first + n), "position": 1, "state": one.dump(), "figures": packed(one)}
            for n, one in enumerate(known)
        ],
    )


def fitted_to(connection: Connection) -> Model:
    found = fit(Wanted("sizes", FEATURES, 2), sample(connection, FEATURES, DAY), 1)
    at: dict[str, Any] = {"model_id": MODEL, "version": 1, "position": 1, "fit_position": 1}
    return Model(**at, fitted=found, cluster_names=found.cluster_names, active_since=AT, retired_since=None)


def found(connection: Connection, model: Model) -> dict[str, float]:
    return {str(one.group["of"]): float(one.measures["psi"].value) for one in report(connection, model).groups}  # type: ignore[arg-type]


def test_customers_who_are_the_same_have_not_drifted_and_others_have() -> None:
    with in_memory(segment_labels) as connection:
        keep(connection, 1, [*range(50), *range(1000, 1050)])
        model = fitted_to(connection)
        assert found(connection, model) == {"tickets": 0.0, "attribute:size": 0.0, "segments": 0.0}
        assert not report(connection, model).refit_advised
        keep(connection, 1000, [*range(1000, 1100)] * 2)
        now = report(connection, model)
        drifted = found(connection, model)
    half, rest = 50 / 300, 250 / 300
    assert drifted["segments"] == pytest.approx((half - 0.5) * log(half / 0.5) + (rest - 0.5) * log(rest / 0.5))
    assert drifted["tickets"] < 0.1 < 0.25 < drifted["attribute:size"]
    assert now.refit_advised
    assert [one.measures["psi"].n for one in now.groups] == [300, 300, 300]


def test_the_index_is_the_sum_of_both_divergences_and_empty_bins_count_a_millionth() -> None:
    shares, counts = [0.2, 0.5, 0.3], [5, 3, 2]
    now = [0.5, 0.3, 0.2]
    assert stability_index(shares, counts) == pytest.approx(entropy(now, shares) + entropy(shares, now), rel=1e-12)
    assert stability_index([0.5, 0.5], [4, 0]) == pytest.approx(0.5 * log(2) + (EMPTY - 0.5) * log(EMPTY / 0.5), rel=1e-12)


def test_a_fit_of_an_earlier_version_and_an_empty_store_have_a_reason() -> None:
    with in_memory(segment_labels) as connection:
        keep(connection, 1, [*range(10)])
        model = fitted_to(connection)
        old = msgspec.structs.replace(model, fitted=msgspec.structs.replace(model.fitted, bins=(), mix=()))
        assert {one.measures["psi"].reason for one in report(connection, old).groups} == {
            "the fit recorded no bins: fit the model again"
        }
        connection.execute(customer_features.delete())
        assert {one.measures["psi"].reason for one in report(connection, model).groups} == {"no customer has every feature"}


def test_one_customer_and_customers_who_are_all_equal_have_an_index() -> None:
    with in_memory(segment_labels) as connection:
        keep(connection, 1, [*range(50), *range(1000, 1050)])
        model = fitted_to(connection)
        for several in (1, 20):
            connection.execute(customer_features.delete())
            keep(connection, 1, [7] * several)
            now = report(connection, model)
            assert now.refit_advised
            assert [one.measures["psi"].n for one in now.groups] == [several] * 3
            assert {str(one.measures["psi"].caution)[:26] for one in now.groups} == {"fewer than 200 customers, "}
            assert found(connection, model)["segments"] == pytest.approx(0.5 * log(2) + (EMPTY - 0.5) * log(EMPTY / 0.5))


def test_merged_customers_are_one_and_an_erased_one_is_left_out() -> None:
    history = History()
    people = [customer(history, f"customer-{number}", size=number) for number in range(10)]

    def numbers(connection: Connection, model: Model) -> set[object]:
        for read_model in (segment_labels, customer_view):
            clear(connection, read_model)
            fold(connection, history, read_model)
        return {one.measures["psi"].n for one in report(connection, model).groups}

    with in_memory(segment_labels) as connection:
        fold(connection, history, segment_labels)
        model = fitted_to(connection)
        assert numbers(connection, model) == {10}
        one, other, third = people[:3]
        history.must(one, lambda context: one.merge_into(context, other.id))
        assert numbers(connection, model) == {9}
        history.must(one, one.unmerge)
        assert numbers(connection, model) == {10}
        history.must(third, lambda context: third.erase(context, reason="requested", requested_by="customer", receipt="R1"))
        assert numbers(connection, model) == {9}

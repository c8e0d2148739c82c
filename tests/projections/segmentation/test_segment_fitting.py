"""A fit finds the clusters of the classic script, and labelling by the fit gives the script's labels."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from typing import Any

import numpy
import pytest
from sklearn.cluster import KMeans
from sklearn.metrics import adjusted_rand_score
from sklearn.preprocessing import StandardScaler

from domain.segmentation.segment_model import Feature, FeaturesTooLarge, Fitted, NotEnoughCustomers, Transform
from projections.segmentation import segment_fitting
from projections.segmentation.segment_assignment import assign_all
from projections.segmentation.segment_fitting import Sample, Wanted, fit

DAY = date(2026, 3, 1)
RANDOM = numpy.random.default_rng(5)
THREE_KINDS = numpy.vstack([RANDOM.normal(centre, 1.0, (60, 2)) for centre in ((0, 0), (10, 0), (5, 90))])


def sampled(rows: Any, left_out: int = 0) -> Sample:
    numbers = numpy.array(rows, dtype=float)
    return Sample(DAY, tuple(Feature(name=f"attribute:{n}") for n in range(numbers.shape[1])), numbers, left_out)


def fitted(rows: Any, k: int = 3, transform: Transform = "none", seed: int = 0) -> Fitted:
    sample = sampled(rows)
    return fit(Wanted("baseline", sample.features, k, transform, seed), sample, 120)


def labels(model: Fitted, rows: Any) -> Sequence[int]:
    found: list[int] = assign_all(model, list(numpy.array(rows, dtype=float).T)).clusters.tolist()
    return found


def test_labels_are_those_of_the_classic_script_up_to_renaming() -> None:
    scaled = StandardScaler().fit_transform(THREE_KINDS)
    theirs = KMeans(n_clusters=3, n_init=10, random_state=0).fit_predict(scaled)
    assert adjusted_rand_score(theirs, labels(fitted(THREE_KINDS), THREE_KINDS)) == 1.0


def test_repeating_a_fit_gives_the_same_result_to_the_bit() -> None:
    assert fitted(THREE_KINDS, seed=3) == fitted(THREE_KINDS, seed=3)


def test_clusters_are_sorted_with_the_highest_first() -> None:
    centroids = fitted(THREE_KINDS).centroids
    assert list(centroids) == sorted(centroids, reverse=True)


def test_a_fit_records_its_input() -> None:
    sample = sampled(THREE_KINDS, left_out=24)
    found = fit(Wanted("baseline", sample.features, 3, seed=9), sample, 120)
    assert (found.cut_off_position, found.cut_off_day, found.seed) == (120, DAY, 9)
    assert (found.customers, found.left_out, found.cluster_names) == (180, 24, ("1", "2", "3"))
    assert found.quality.smallest_share == pytest.approx(1 / 3)
    assert found.quality.silhouette is not None
    assert found.quality.silhouette > 0.7
    assert found.versions.keys() == {"numpy", "scikit-learn"}


def test_a_feature_that_is_the_same_for_all_is_not_scaled() -> None:
    rows = [[1.0, 7.0], [2.0, 7.0], [9.0, 7.0], [9.5, 7.0]]
    found = fitted(rows, k=2)
    assert found.scale[1] == 1.0
    assert labels(found, rows) == [1, 1, 0, 0]


def test_logarithms_are_taken_before_scaling() -> None:
    rows = [[0.0], [1.0], [1_000.0], [1_000_000.0]]
    assert fitted(rows, k=2, transform="log1p").mean[0] == pytest.approx(numpy.log1p(rows).mean())


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([[1.0]], "of 1 customers with all features, 1 differ"),
        ([[1.0], [2.0]], "of 2 customers with all features, 2 differ"),
        ([[1.0, 2.0]] * 50, "of 50 customers with all features, 1 differ"),
        (numpy.empty((0, 2)), "of 0 customers with all features, 0 differ"),
    ],
)
def test_fewer_different_customers_than_clusters_are_refused(rows: Any, message: str) -> None:
    with pytest.raises(NotEnoughCustomers, match=re.escape(message)):
        fitted(rows)


@pytest.mark.parametrize("rows", [[[1e308], [-1e308], [1.0]], [[1e200], [2e200], [3.0]]])
def test_features_too_large_to_be_scaled_are_refused(rows: Any) -> None:
    with pytest.raises(FeaturesTooLarge):
        fitted(rows, k=2)
    assert fitted(rows, k=2, transform="log1p").k == 2


def test_a_fit_with_a_cluster_for_each_customer_has_no_silhouette() -> None:
    assert fitted([[1.0], [5.0], [9.0]]).quality.silhouette is None


def test_a_fit_of_very_many_customers_uses_a_sample(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(segment_fitting, "FITTED_AT_MOST", 90)
    assert fitted(THREE_KINDS).customers == 90
    assert fitted(THREE_KINDS) == fitted(THREE_KINDS)

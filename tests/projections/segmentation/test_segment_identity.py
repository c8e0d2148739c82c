"""A cluster keeps its id and its name from fit to fit as long as it is the same cluster."""

from __future__ import annotations

from typing import Any

import numpy
from msgspec.structs import replace

from domain.segmentation.segment_model import Feature
from projections.segmentation.segment_fitting import Sample, Wanted, fit
from projections.segmentation.segment_identity import carried
from tests.projections.segmentation.given_segments import CUT_OFF
from tests.projections.segmentation.given_segments import fit as fit_with

FEATURES = (Feature(name="attribute:income"), Feature(name="attribute:age"))
KINDS = {"poor": (0.0, 30.0), "rich": (90.0, 50.0), "old": (20.0, 80.0)}
RANDOM = numpy.random.default_rng(11)


def sampled(*centres: tuple[float, float]) -> Sample:
    rows = numpy.vstack([RANDOM.normal(centre, 1.0, (40, 2)) for centre in centres])
    return Sample(CUT_OFF, FEATURES, rows, 0)


def refitted(before: Any, *centres: tuple[float, float], **changes: Any) -> Any:
    wanted = Wanted("kinds", FEATURES, len(centres), before=before)._replace(**changes)
    return fit(wanted, sampled(*centres), 2)


def first() -> Any:
    """The rich have the highest income and come first."""
    found = refitted(None, *KINDS.values())
    assert (found.ids, found.cluster_names) == ((0, 1, 2), ("1", "2", "3"))
    names = ("rich", "old", "poor")
    return replace(found, cluster_names=names, named_by_people=found.by_people(names))


def test_clusters_that_stay_keep_their_ids_and_names_though_their_order_changes() -> None:
    found = refitted(first(), (100.0, 82.0), (95.0, 49.0), (1.0, 31.0))
    by_id = dict(zip(found.ids, found.cluster_names, strict=True))
    assert by_id[2] == "poor"
    assert by_id[0] == "rich"
    assert found.next_id == 4
    assert (by_id[3], len(by_id)) == ("1", 3)


def test_a_cluster_that_moved_by_more_than_half_the_nearest_gap_is_a_new_one() -> None:
    before = fit_with("orders/orders/", "T/T/", centroids=[(10.0, 0.0), (0.0, 0.0)], cluster_names=("many", "few"))
    for moved, ids in ((4.9, (0, 1)), (5.1, (0, 2))):
        after = replace(before, centroids=((10.0, 0.0), (0.0, moved)), cluster_names=("1", "2"))
        assert carried(after, before).ids == ids
    assert carried(replace(before, centroids=((10.0, 0.0), (0.0, 5.1))), before).cluster_names == ("many", "1")


def test_distances_are_in_the_scale_of_the_fit_before() -> None:
    before = fit_with("orders/orders/", centroids=[(10.0,), (0.0,)], cluster_names=("many", "few"))
    same = replace(before, mean=(5.0,), scale=(5.0,), centroids=((1.0,), (-1.0,)), cluster_names=("1", "2"))
    found = carried(same, before)
    assert (found.ids, found.cluster_names) == ((0, 1), ("many", "few"))


def test_one_more_cluster_is_new_and_an_id_is_never_used_again() -> None:
    more = refitted(first(), *KINDS.values(), (50.0, 10.0))
    assert sorted(more.ids) == [0, 1, 2, 3]
    fewer = refitted(more, *list(KINDS.values())[:2])
    assert len(set(fewer.ids) & {0, 2}) == 2
    again = refitted(fewer, *list(KINDS.values())[:2], (200.0, 200.0))
    assert max(again.ids) == 4


def test_clusters_of_other_features_are_other_clusters() -> None:
    assert refitted(first(), *KINDS.values(), transform="log1p").ids == (3, 4, 5)

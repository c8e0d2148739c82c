from __future__ import annotations

from math import inf, nan
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.segmentation.segment_model import (
    FEATURE_NAMES,
    Activated,
    ClusterNamesDoNotFit,
    ClustersNamed,
    CurrencyMissing,
    Feature,
    Fitted,
    ModelNotActive,
    Retired,
    SegmentModel,
    SegmentModelExists,
    UnknownFeature,
)
from domain.shared.events import type_name
from domain.shared.ids import new_id
from domain.shared.refusals import Malformed, NotThere, UnknownCurrency
from tests.domain.given import LAST_WEEK, YESTERDAY, facts, flags, live, state, stored
from tests.domain.segmentation.given_segments import FITTED, fitted, model


def test_a_fit_is_recorded_completely() -> None:
    assert facts(model()) == [FITTED]
    assert FITTED.k == 3


def test_the_same_fit_again_records_nothing() -> None:
    made = model()
    made.fit(live(), FITTED)
    assert made.version == 1


def test_a_new_fit_replaces_the_last_one() -> None:
    made = model()
    made.refit(live(), fitted(cut_off_position=200))
    made.refit(live(), fitted(cut_off_position=200))
    assert facts(made) == [FITTED, fitted(cut_off_position=200)]


def test_another_model_of_the_same_name_is_refused() -> None:
    made = model()
    for other in (fitted(cut_off_position=200), fitted(seed=8)):
        with pytest.raises(SegmentModelExists):
            made.fit(live(), other)
    assert facts(made) == [FITTED]


@pytest.mark.parametrize(
    ("wrong", "refusal"),
    [
        ({"name": "the baseline"}, Malformed),
        ({"features": ()}, Malformed),
        ({"features": (Feature(name="orders"),) * 2}, Malformed),
        ({"features": (Feature(name="orders"), Feature(name="shoe_size"))}, UnknownFeature),
        ({"features": (Feature(name="orders"), Feature(name="attribute:"))}, UnknownFeature),
        ({"features": (Feature(name="orders"), Feature(name="total"))}, CurrencyMissing),
        ({"features": (Feature(name="orders", currency="EUR"), Feature(name="total", currency="EUR"))}, CurrencyMissing),
        ({"features": (Feature(name="orders"), Feature(name="total", currency="XXX"))}, UnknownCurrency),
        ({"mean": (1.0,)}, Malformed),
        ({"scale": (1.0, 0.0)}, Malformed),
        ({"scale": (1.0, inf)}, Malformed),
        ({"centroids": ((1.0, 1.0),), "cluster_names": ("1",)}, Malformed),
        ({"centroids": ((1.0, 1.0), (nan, 1.0))}, Malformed),
        ({"centroids": ((1.0, 1.0), (1.0,))}, Malformed),
        ({"cluster_names": ("1", "2")}, ClusterNamesDoNotFit),
        ({"cluster_names": ("1", "2", "2")}, ClusterNamesDoNotFit),
    ],
)
def test_an_invalid_fit_is_refused(wrong: dict[str, Any], refusal: type[Exception]) -> None:
    with pytest.raises(refusal):
        model(**wrong)


def test_a_model_is_activated_once() -> None:
    made = model()
    made.activate(live())
    made.activate(live())
    assert facts(made)[1:] == [Activated()]


def test_a_model_activated_at_another_time_is_recorded_and_flagged() -> None:
    made = model()
    made.activate(live(LAST_WEEK))
    made.activate(live(LAST_WEEK))
    made.activate(live(YESTERDAY))
    assert made.version == 3
    assert flags(made) == ("repeated",)


def test_an_active_model_is_retired_and_can_be_activated_again() -> None:
    made = model()
    made.activate(live())
    made.retire(live())
    made.retire(live())
    made.activate(live())
    assert facts(made)[1:] == [Activated(), Retired(), Activated()]
    assert made.active_since is not None


def test_a_model_that_was_never_active_cannot_be_retired() -> None:
    with pytest.raises(ModelNotActive):
        model().retire(live())


@pytest.mark.parametrize("decision", ["activate", "retire"])
def test_a_model_that_was_never_fitted_does_not_exist(decision: str) -> None:
    with pytest.raises(NotThere):
        SegmentModel(new_id()).refit(live(), FITTED)
    with pytest.raises(NotThere):
        getattr(SegmentModel(new_id()), decision)(live())


def test_the_names_of_clusters_are_kept_until_the_next_fit() -> None:
    made = model()
    made.name_clusters(live(), ["champions", " steady ", "流失"])
    made.name_clusters(live(), ["champions", "steady", "流失"])
    assert facts(made)[1:] == [ClustersNamed(names=("champions", "steady", "流失"))]
    made.refit(live(), fitted(seed=8))
    assert made.cluster_names == ("1", "2", "3")


@pytest.mark.parametrize("names", [["a", "b"], ["a", "b", "b"], ["a", "b", "b "]])
def test_invalid_cluster_names_are_refused(names: list[str]) -> None:
    with pytest.raises(ClusterNamesDoNotFit):
        model().name_clusters(live(), names)


def test_every_event_concerns_everyone() -> None:
    made = model()
    made.activate(live())
    made.name_clusters(live(), ["a", "b", "c"])
    made.retire(live())
    assert all(about.everyone for _, about in made.pending)


def test_a_replay_gives_the_same_model() -> None:
    made = model()
    made.activate(live())
    made.name_clusters(live(), ["a", "b", "c"])
    assert state(stored(made)) == state(made)


numbers = st.floats(allow_nan=False, allow_infinity=False)


@given(st.lists(st.tuples(numbers, numbers), min_size=2, max_size=4).map(tuple))
def test_numbers_are_read_back_from_json_without_loss(centroids: tuple[tuple[float, float], ...]) -> None:
    original = fitted(centroids=centroids)
    read = msgspec.json.decode(msgspec.json.encode(original), type=Fitted)
    assert [[n.hex() for n in row] for row in read.centroids] == [[n.hex() for n in row] for row in centroids]


def test_a_feature_has_a_label_and_an_attribute_key() -> None:
    assert Feature(name="total", currency="EUR").label == "total:EUR"
    assert Feature(name="attribute:income").attribute == "income"
    assert Feature(name="orders").attribute is None
    assert [name for name in FEATURE_NAMES if Feature(name=name).depends_on_the_day] == ["T", "days_since_last"]


def test_type_names_are_permanent() -> None:
    assert [type_name(event) for event in SegmentModel.events] == [
        "crm.segment_model.fitted.v1",
        "crm.segment_model.activated.v1",
        "crm.segment_model.retired.v1",
        "crm.segment_model.clusters_named.v1",
    ]

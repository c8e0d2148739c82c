"""One customer in plain Python and many in NumPy have the same label and the same distance, to the bit."""

from __future__ import annotations

from datetime import date
from math import inf

import numpy
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.segmentation.segment_model import Feature, Fitted
from projections.segmentation.segment_assignment import Assignment, assign, assign_all
from tests.domain.segmentation.given_segments import fitted

any_number = st.floats(allow_nan=False, allow_infinity=False)
plain_number = st.floats(-1e6, 1e6) | st.integers(-5, 5).map(float)


@st.composite
def questions(draw: st.DrawFn) -> tuple[Fitted, list[list[float]]]:
    """A model and customers, often with round numbers, so that there are ties."""
    numbers = draw(st.sampled_from([any_number, plain_number, st.integers(-2, 2).map(float)]))
    width = draw(st.integers(1, 5))
    vector = st.lists(numbers, min_size=width, max_size=width)
    model = fitted(
        features=tuple(Feature(name=f"attribute:{number}") for number in range(width)),
        transform=draw(st.sampled_from(["none", "log1p"])),
        mean=tuple(draw(vector)),
        scale=tuple(abs(number) or 1.0 for number in draw(vector)),
        centroids=tuple(map(tuple, draw(st.lists(vector, min_size=2, max_size=4)))),
    )
    return model, draw(st.lists(vector, min_size=1, max_size=8))


@settings(max_examples=200, deadline=None)
@given(questions())
def test_customers_one_by_one_and_all_together_give_the_same_bits(question: tuple[Fitted, list[list[float]]]) -> None:
    model, customers = question
    found = assign_all(model, [numpy.array(column) for column in zip(*customers, strict=True)])
    together = [(cluster, distance.hex()) for cluster, distance in zip(*(a.tolist() for a in found), strict=True)]
    assert together == [(one.cluster, one.distance.hex()) for one in (assign(model, customer) for customer in customers)]


def test_the_first_of_several_equally_near_centroids_wins() -> None:
    model = fitted(mean=(0.0, 0.0), scale=(1.0, 1.0), centroids=((1.0, 0.0), (0.0, 1.0), (-1.0, 0.0)))
    assert assign(model, (0.0, 0.0)) == Assignment(0, 1.0)
    assert assign(model, (-0.1, 0.0)).cluster == 2


def test_a_distance_too_large_for_a_double_is_infinite_from_the_first_centroid() -> None:
    model = fitted(mean=(0.0, 0.0), scale=(1.0, 1.0))
    assert assign(model, (1e300, 1e300)) == Assignment(0, inf)
    assert assign_all(model, [numpy.array([1e300])] * 2).distances.tolist() == [inf]


def test_the_logarithm_keeps_the_sign_of_refunds() -> None:
    model = fitted(transform="log1p", mean=(0.0, 0.0), scale=(1.0, 1.0), centroids=((3.0, 0.0), (-3.0, 0.0)))
    assert [assign(model, (value, 0.0)).cluster for value in (50.0, -50.0)] == [0, 1]


def test_the_number_of_features_must_match_the_model() -> None:
    with pytest.raises(ValueError, match="zip"):
        assign(fitted(cut_off_day=date(2026, 1, 1)), (1.0,))

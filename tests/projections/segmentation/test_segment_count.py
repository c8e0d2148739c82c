"""The number of clusters, if the request leaves it open."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy
import pytest
from threadpoolctl import threadpool_limits

from projections.segmentation.segment_count import best_count
from tests.projections.segmentation.test_segment_fitting import fitted

RANDOM = numpy.random.default_rng(3)
CENTRES = ((0, 0), (10, 0), (0, 10), (10, 10), (20, 5))


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """As in a fit: on a busy machine several threads wait for each other."""
    with threadpool_limits(1):
        yield


def kinds(*sizes: int) -> Any:
    return numpy.vstack([RANDOM.normal(centre, 0.5, (size, 2)) for centre, size in zip(CENTRES, sizes, strict=False)])


@pytest.mark.parametrize("count", [2, 4])
def test_customers_of_so_many_kinds_have_so_many_clusters(count: int) -> None:
    customers = kinds(*[40] * count)
    assert best_count(customers, 0) == best_count(customers, 0) == count


def test_a_kind_with_less_than_three_percent_is_no_cluster() -> None:
    assert best_count(kinds(150, 150, 150, 9), 0) == 3


def test_customers_without_kinds_still_have_a_number() -> None:
    assert 2 <= best_count(RANDOM.uniform(0, 1, (80, 2)), 0) <= 8
    assert best_count(numpy.array([[0.0], [1.0]]), 0) == 2


def test_a_fit_without_a_number_records_the_one_that_was_found() -> None:
    found = fitted(kinds(50, 50, 50, 50), k=None)  # type: ignore[arg-type]
    assert (found.k, len(found.cluster_names), len(found.mix)) == (4, 4, 4)

"""The parts of `make bench` that nothing else runs are run here once, small."""

from collections.abc import Iterator

import pytest

from tests.benchmarks.segments import Place


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    place = Place(tmp_path_factory.mktemp("segments"), customers=30)
    yield place
    place.read_models.close()


def test_customers_are_fitted_labelled_and_one_is_labelled_alone(place: Place) -> None:
    assert place.fit() > 0
    assert place.label() > 0
    assert place.label_one() > 0

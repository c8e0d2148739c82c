"""The parts of `make bench` that nothing else runs are run here once, small."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.servers.postgres import PostgresAt
from infra.settings import Settings
from tests.benchmarks import cdnow
from tests.benchmarks.bytes import FILE
from tests.benchmarks.pipeline import SAMPLE
from tests.benchmarks.recount import MASTER_KEY
from tests.benchmarks.relabelling import crowd
from tests.benchmarks.rows import ROWS, WAITS
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


def test_reads_while_a_fit_reaches_customers_are_of_one_fit_each_and_never_of_an_older_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("projections.segmentation.segment_labels.PORTION", 50)
    with crowd(Settings(home=tmp_path, master_key=MASTER_KEY), customers=2500) as customers:
        done = customers.relabel(4)
    read = [(one.kind, next(iter(one.fits))) for one in sorted(done.reads, key=lambda one: one.at) if one.fits]
    assert all(len(one.fits) <= 1 for one in done.reads)
    assert done.until_answered < done.until_end
    assert done.longest().keys() == WAITS.keys()
    for kind in {kind for kind, _ in read}:
        fits = [fit for other, fit in read if other == kind]
        assert fits == sorted(fits), kind
        assert fits[-1] == done.fit, kind


@pytest.mark.servers
def test_the_sample_is_folded_and_its_bytes_are_counted(postgres_server: PostgresAt, tmp_path: Path) -> None:
    some = tmp_path / FILE
    some.write_text("".join((SAMPLE / FILE).read_text().splitlines(keepends=True)[:20]))
    found = dict(cdnow.figures(postgres_server, 1, some))
    assert found.keys() == {name for name in ROWS if name.startswith(("fold-", "bytes-"))}
    assert min(one.ours for one in found.values()) > 0

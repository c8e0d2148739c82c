"""Labels made live are, to the byte, those that another process makes of the log, however it goes through it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

from infra.command_line.parts import opened
from infra.read_models.digest import digest
from infra.settings import Settings
from projections.segment_labels import segment_labels
from tests.api.client import Client
from tests.api.conftest import SETTINGS, new_key
from tests.api.given_segments import segments_that_moved


class Live(NamedTuple):
    """A folder with an event store, and the digest of what was labelled while it happened."""

    home: Path
    digest: str


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Live:
    """Given customers who moved between segments."""
    home = tmp_path_factory.mktemp("live") / "home"
    settings = Settings.model_validate(SETTINGS | {"home": home})
    with opened(settings) as parts, parts.application() as app:
        client = Client(app, new_key(parts.executor, "admin"))
        position = segments_that_moved(client)
        assert client.get("/v1/segment-labels", params={"model": "by-size", "after": position}).json()["items"]
        client.close()
        with parts.deployment.read_models.reader.connect() as connection:
            return Live(home, digest(connection, segment_labels.tables))


@pytest.mark.parametrize(("partitions", "at_once"), [(1, 1), (5, 7), (12, 1000)])
def test_any_process_partitions_and_batches_give_the_same_bytes(
    live: Live, tmp_path: Path, partitions: int, at_once: int
) -> None:
    said = subprocess.run(
        [
            sys.executable,
            "-m",
            "tests.consumers.segments_process",
            *(str(live.home), str(tmp_path / "again.db"), str(partitions), str(at_once)),
            str(SETTINGS["master_key"]),
        ],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert said.stdout.strip() == live.digest

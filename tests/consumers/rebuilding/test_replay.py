"""The live read models equal, to the byte, those that another process builds from the log, in pages of any size."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import pytest

from infra.processes.parts import opened
from infra.read_models.digest import digest
from infra.settings import Settings
from infra.wiring import PROJECTIONS
from tests.api.client import Client
from tests.api.conftest import SETTINGS, new_key
from tests.api.given_everything import everything_happened
from tests.api.given_the_rest import the_rest_happened
from tests.waiting import SLOWEST


class Live(NamedTuple):
    """A folder with an event store, and the digest of each read model that was built live."""

    home: Path
    digests: Mapping[str, str]


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Live:
    """Given facts of every kind: recorded, changed and reversed."""
    home = tmp_path_factory.mktemp("live") / "home"
    settings = Settings.model_validate(SETTINGS | {"home": home})
    with opened(settings) as parts, parts.application() as app:
        client = Client(app, new_key(parts, "admin"))
        everything_happened(client)
        position = the_rest_happened(client, parts.executor)
        for path in ("/v1/segment-labels?model=by-size", "/v1/keys"):
            assert client.get(path, params={"after": position}).status_code == 200
        assert client.get("/v1/status").status_code == 200
        assert parts.projector is not None
        client.close()
    with opened(settings) as parts, parts.deployment.read_models.reader.connect() as connection:
        return Live(home, {projection.name: digest(connection, projection.tables) for projection in PROJECTIONS})


@pytest.mark.parametrize(("partitions", "at_once"), [(1, 1), (5, 7), (12, 1000)])
def test_any_number_of_partitions_and_any_batch_size_give_the_same_bytes(
    live: Live, tmp_path: Path, partitions: int, at_once: int
) -> None:
    replay = subprocess.run(
        [
            sys.executable,
            "-m",
            "tests.consumers.rebuilding.replay_process",
            *(str(live.home), str(tmp_path / "again.db"), str(partitions), str(at_once)),
            str(SETTINGS["master_key"]),
        ],
        capture_output=True,
        text=True,
        timeout=SLOWEST,
        check=True,
    )
    assert json.loads(replay.stdout) == live.digests


def test_every_table_has_rows(live: Live) -> None:
    tables = [table for found in live.digests.values() for table in found.split()]
    assert [table for table in tables if ":0:" in table] == []

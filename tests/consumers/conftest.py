"""Stores and read models on both engines."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.consumers.tallies import World, postgres_world, sqlite_world


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.servers)])
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    world = (
        sqlite_world(tmp_path)
        if request.param == "sqlite"
        else postgres_world(request.getfixturevalue("recording_database_url"))
    )
    yield world
    world.close()

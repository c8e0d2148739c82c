"""The event store on both engines."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from commands.shared.executor import Executor
from infra.event_store.store import EventStore
from tests.commands.event_stores import opened, running

ENGINES = ("sqlite", pytest.param("postgresql", marks=pytest.mark.servers))


@pytest.fixture(params=ENGINES)
def where(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where an empty event store is: the path of a SQLite file, or a PostgreSQL URL. On PostgreSQL, its tables are there."""
    return str(tmp_path / "events.db") if request.param == "sqlite" else str(request.getfixturevalue("recording_database_url"))


@pytest.fixture(params=ENGINES)
def new_place(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where no event store is yet: the path of a SQLite file that does not exist, or the URL of a database without tables."""
    return str(tmp_path / "events.db") if request.param == "sqlite" else str(request.getfixturevalue("database_url"))


@pytest.fixture
def store(where: str) -> Iterator[EventStore]:
    store = opened(where)
    yield store
    store.close()


@pytest.fixture
def executor(store: EventStore) -> Iterator[Executor]:
    with running(store) as executor:
        yield executor

"""Event stores on either engine."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from commands.shared.executor import Executor
from infra.event_store.store import EventStore
from tests.commands.event_stores import opened, running


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.servers)])
def where(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of an empty event store: the path of a SQLite file, or a PostgreSQL URL."""
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

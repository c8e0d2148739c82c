"""Places on both engines, and stores in them with a little of everything."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from pyrage import x25519

from infra.servers.postgres import PostgresAt
from infra.settings import Settings
from tests.infra.backup.given_backups import Place

ENGINES = ["sqlite", pytest.param("postgresql", marks=pytest.mark.servers)]


@pytest.fixture(scope="session")
def identity() -> x25519.Identity:
    return x25519.Identity.generate()


@pytest.fixture
def make_place(tmp_path: Path, identity: x25519.Identity, request: pytest.FixtureRequest) -> Callable[[str], Place]:
    """Makes empty places: a folder for SQLite, or a database."""
    made: list[str] = []

    def make(engine: str) -> Place:
        home = tmp_path / f"home-{len(made)}"
        made.append(f"backups_{home.parent.name[-40:]}_{len(made)}".replace("-", "_"))
        if engine == "sqlite":
            return Place(Settings(home=home, master_key="7c" * 32), identity)
        server: PostgresAt = request.getfixturevalue("postgres_server")
        url = server.create_database(made[-1])
        request.addfinalizer(partial(server.drop_database, made[-1]))
        return Place(Settings(home=home, master_key="7c" * 32, database_url=url, kafka="127.0.0.1:1"), identity)

    return make


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(params=ENGINES)
def place(request: pytest.FixtureRequest, make_place: Callable[[str], Place]) -> Place:
    return make_place(request.param)


@pytest.fixture(params=ENGINES)
def other(request: pytest.FixtureRequest, make_place: Callable[[str], Place]) -> Place:
    """An empty place, on each engine."""
    return make_place(request.param)

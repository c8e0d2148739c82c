"""Read models on each engine, for tests of what reads and writes their rows."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.read_models.database import ReadModels, postgres_read_models, sqlite_read_models


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.servers)])
def read_models(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[ReadModels]:
    on_sqlite = request.param == "sqlite"
    opened = (
        sqlite_read_models(tmp_path / "r.db") if on_sqlite else postgres_read_models(request.getfixturevalue("database_url"))
    )
    yield opened
    opened.close()

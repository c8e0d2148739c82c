from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.consumers.policies.policy_place import Place, place_in
from tests.consumers.webhooks.listening import Listener, listening


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.servers)])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    url = request.getfixturevalue("recording_database_url") if request.param == "postgresql" else None
    with place_in(tmp_path, url) as place:
        yield place


@pytest.fixture
def listener() -> Iterator[Listener]:
    with listening() as listener:
        yield listener

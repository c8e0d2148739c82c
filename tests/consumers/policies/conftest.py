"""The place of a policy under test, and the policies that follow its log."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from consumers.policies.runner import Policies
from tests.consumers.policies.policy_place import Place, place_in


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    with place_in(tmp_path) as place:
        yield place


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.servers)])
def either(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    url = request.getfixturevalue("recording_database_url") if request.param == "postgresql" else None
    with place_in(tmp_path, url) as place:
        yield place


@pytest.fixture
def policies(place: Place) -> Policies:
    return place.policies()

"""What needs an operator is noted next to the read models, and the health of every process shows it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from infra.processes.parts import opened
from infra.read_models.troubles import Trouble, end, note, standing
from infra.settings import Settings
from tests.infra.recount import MASTER_KEY, environment, recount

SINCE = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
LATER = SINCE + timedelta(hours=1)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.servers)])
def settings(request: pytest.FixtureRequest, tmp_path: Path) -> Settings:
    if request.param == "sqlite":
        return Settings(home=tmp_path, master_key=MASTER_KEY)
    url = request.getfixturevalue("database_url")
    return Settings(database_url=url, kafka="127.0.0.1:1", home=tmp_path, master_key=MASTER_KEY)


def test_a_trouble_degrades_health_until_its_source_ends_it(settings: Settings) -> None:
    with opened(settings) as parts:
        status: Callable[[], object] = lambda: parts.operating().status().troubles  # noqa: E731
        assert status() == []
        with parts.deployment.read_models.writer.begin() as connection:
            note(connection, Trouble("clock-doubtful", "nine days ahead", LATER))
            note(connection, Trouble("positions-ahead", "the topic is at 7", SINCE, "relay"))
            note(connection, Trouble("positions-ahead", "orders are at 8", LATER, "read models"))
            note(connection, Trouble("positions-ahead", "the topic is at 9", LATER, "relay"))
        assert status() == [
            Trouble("positions-ahead", "the topic is at 9", SINCE, "relay"),
            Trouble("clock-doubtful", "nine days ahead", LATER),
            Trouble("positions-ahead", "orders are at 8", LATER, "read models"),
        ]
        assert not parts.operating().status().healthy
        with parts.deployment.read_models.writer.begin() as connection:
            end(connection, "positions-ahead", "relay")
            assert [trouble.source for trouble in standing(connection)] == ["", "read models"]
            end(connection, "positions-ahead")
            end(connection, "clock-doubtful", "")
        assert status() == []


def test_recount_status_shows_it_and_ends_with_1(tmp_path: Path) -> None:
    with (
        opened(Settings(home=tmp_path, master_key=MASTER_KEY)) as parts,
        parts.deployment.read_models.writer.begin() as connection,
    ):
        note(connection, Trouble("verification-failed", "7 [events] have a gap", SINCE))
    ran = recount(environment(tmp_path), "status")
    assert ran.status == 1
    assert "verification-failed since 2026-03-02T09:30:00Z: 7 [events] have a gap" in " ".join(ran.output.split())

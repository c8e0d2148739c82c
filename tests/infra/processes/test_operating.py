"""The status of a process is read while the database may be slow, and by many at the same time."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sqlalchemy import event

from infra.processes.parts import opened
from infra.settings import Settings


def test_the_status_takes_one_connection_at_a_time(tmp_path: Path) -> None:
    """Who holds one and waits for another keeps it from others: enough of them would wait for each other for ever."""
    with opened(Settings(home=tmp_path / "home", master_key="5a" * 32)) as parts:
        engine, taken = parts.deployment.read_models.reader, list[str]()

        @event.listens_for(engine, "checkout")
        def count(*_: Any) -> None:
            taken.append(engine.pool.status())

        parts.operating().status()
    assert taken
    assert not [status for status in taken if "checked out connections: 1" not in status.lower()]

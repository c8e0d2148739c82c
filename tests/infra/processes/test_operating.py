"""The status of a process is read while the database may be slow, and by many at the same time."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

from sqlalchemy import event

from infra.processes.parts import opened
from infra.settings import Settings


def test_the_status_takes_one_connection_at_a_time(tmp_path: Path) -> None:
    """Who holds one and waits for another keeps it from others: enough of them would wait for each other for ever."""
    with opened(Settings(home=tmp_path / "home", master_key="5a" * 32)) as parts:
        engine, asking = parts.deployment.read_models.reader, threading.get_ident()
        held, most = 0, 0

        # Other threads of the process have connections too. One is given back where it was taken.
        @event.listens_for(engine, "checkout")
        def take(*_: Any) -> None:
            nonlocal held, most
            if threading.get_ident() == asking:
                held, most = held + 1, max(most, held + 1)

        @event.listens_for(engine, "checkin")
        def give_back(*_: Any) -> None:
            nonlocal held
            held -= threading.get_ident() == asking

        parts.operating().status()
    assert most == 1

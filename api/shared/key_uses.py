"""Notes when keys are used: in memory on the way of a request, and once a minute in the database, in a thread of its own."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime
from uuid import UUID

import structlog
from sqlalchemy import exc

from infra.read_models import key_uses
from infra.read_models.database import ReadModels

log = structlog.get_logger()

MINUTE = 60


class KeyUses:
    """The uses of this process. What a crash loses is less than `every` seconds old."""

    def __init__(self, read_models: ReadModels, every: float = MINUTE) -> None:
        self._read_models, self._every = read_models, every
        self._used: dict[UUID, float] = {}
        self._stop = threading.Event()

    def note(self, key_id: UUID) -> None:
        """Note that this key was used now."""
        self._used[key_id] = time.time()

    def run(self) -> None:
        """Stores what was noted, until `stop` is called, and once more then."""
        while not self._stop.wait(self._every):
            self.store()
        self.store()

    def stop(self) -> None:
        self._stop.set()

    def store(self) -> None:
        """Store what was noted since the last time. If the database does not answer, it is stored the next time."""
        # The event loop may note uses at the same time: this takes them over in one step.
        used, self._used = self._used, {}
        if not used:
            return
        try:
            key_uses.note(self._read_models, {id: _minute(at) for id, at in used.items()})
        except exc.SQLAlchemyError as error:
            log.warning("uses of keys not stored", error=type(error).__name__)
            self._used = used | self._used


def _minute(at: float) -> datetime:
    """The beginning of the minute: nobody learns more about when a person works than that."""
    return datetime.fromtimestamp(at // MINUTE * MINUTE, UTC)

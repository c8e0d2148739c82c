"""The store of the import tests: it is on SQLite, imports files, and reads the log back."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec

from commands.importing.mapping import parse_mapping
from commands.importing.report import Report
from commands.importing.run import run_import
from commands.shared.executor import Executor
from domain.shared.events import Actor, Recorded
from infra.event_store.mapper import Mapper
from infra.event_store.sqlite import SqliteRecorder
from infra.event_store.store import EventStore
from infra.event_store.vault import Vault
from infra.wiring import EVENTS
from tests.commands.event_stores import with_known_secret

CDNOW = Path(__file__).parent.parent.parent / "data" / "cdnow"
SAMPLE = CDNOW / "CDNOW_sample.txt"
MAPPING = CDNOW / "cdnow.toml"
IMPORTER = Actor(type="user", id="u-1")


class Store:
    """An event store in a folder, with an executor on it."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        vault = Vault(b"k" * 32)
        recorder = with_known_secret(SqliteRecorder(folder / "events.db"), vault)
        self.events = EventStore(recorder, Mapper(EVENTS, {}), vault)
        self.executor = Executor(self.events)
        self._log: list[Recorded] = []

    def load(self, mapping: str, rows: str, name: str = "rows.csv", **more: Any) -> Report:
        """The report of importing these rows under this mapping."""
        file = self.folder / name
        file.write_text(rows, encoding="utf-8", newline="")
        return run_import(self.executor, self.events.secret, parse_mapping(mapping.encode()), file, IMPORTER, **more)

    def load_file(self, mapping: Path, file: Path, **more: Any) -> Report:
        mapped = parse_mapping(mapping.read_bytes())
        return run_import(self.executor, self.events.secret, mapped, file, IMPORTER, **more)

    def log(self) -> list[Recorded]:
        """All events recorded until now; events that were read before are not read again."""
        read = self._log[-1].position if self._log else 0
        self._log += self.events.decode(self.events.log(read, 1_000_000))
        return self._log

    def recorded(self, *types: type) -> list[Any]:
        """The events of these types, in the order in which they were recorded."""
        return [recorded.event for recorded in self.log() if isinstance(recorded.event, types)]

    def close(self) -> None:
        self.executor.close()
        self.events.close()


def histories(log: Iterable[Recorded]) -> dict[Any, Any]:
    """The events of each stream, without the values that differ from run to run: recording times and command ids."""
    return {
        (recorded.stream, recorded.version): (
            recorded.event,
            msgspec.structs.replace(recorded.metadata, recorded_at=recorded.metadata.occurred_at, command_id=None)
            if recorded.metadata.source
            else None,
        )
        for recorded in log
    }

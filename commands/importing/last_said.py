"""What the last command about each thing said, and how it ended. Things that were not met for long are kept on disk."""

from __future__ import annotations

from collections import OrderedDict
from pathlib import Path
from typing import NamedTuple
from uuid import UUID

import msgspec

from commands.importing.on_disk import Blobs, Map
from commands.shared.commit import ReceiptKey

KEPT = 10_000
"""Things in memory, for each group."""
FINE = 0

_decode = msgspec.msgpack.Decoder(tuple[str, str, str]).decode


class Place(NamedTuple):
    """The line of a row, and its place among the rows on disk. `facts` are those that no command of its own decides."""

    line: int
    place: int
    facts: tuple[ReceiptKey, ...] = ()


class Refused(NamedTuple):
    """The refused command, and why."""

    command: str
    rule: str
    reason: str


class Said(msgspec.Struct, eq=False):
    """A command's facts, the rows that give them, and the result once it has `ended`: None if nothing was refused."""

    facts_digest: bytes
    rows: list[Place]
    ended: bool = False
    refused: Refused | None = None


class LastSaid:
    """Of one group: at most `size` things."""

    def __init__(self, folder: Path, name: str, size: int) -> None:
        self._folder, self._name, self._size = folder, name, size
        self._recent: OrderedDict[UUID, Said] = OrderedDict()
        self._disk: tuple[Map, Blobs] | None = None

    def get(self, id: UUID) -> Said | None:
        if (said := self._recent.get(id)) is not None:
            self._recent.move_to_end(id)
            return said
        if self._disk is None:
            return None
        known, refusals = self._disk
        about = known.get(id)
        if about is None:
            return None
        refusal = int.from_bytes(about[16:])
        refused = Refused(*_decode(refusals.get(refusal - 1))) if refusal else None
        return Said(about[:16], [], ended=True, refused=refused)

    def put(self, id: UUID, said: Said) -> None:
        self._recent[id] = said
        self._recent.move_to_end(id)
        if len(self._recent) > KEPT:
            oldest = next(iter(self._recent))
            if self._recent[oldest].ended:
                self._write(oldest, self._recent.pop(oldest))

    def _write(self, id: UUID, said: Said) -> None:
        if self._disk is None:
            self._disk = Map(self._folder / f"{self._name}.map", self._size), Blobs(self._folder / f"{self._name}.refusals")
        known, refusals = self._disk
        refusal = FINE if said.refused is None else refusals.put(msgspec.msgpack.encode(said.refused)) + 1
        known.put(id, said.facts_digest + refusal.to_bytes(8))

    def close(self) -> None:
        for file in self._disk or ():
            file.close()

"""What an import keeps of its file on disk, so that it needs the same memory however long the file is.

Rows are kept as they were read. Entries say when each row's facts happened: they are sorted in runs that fit in memory, and the
runs are merged. A map keeps 24 bytes about each thing. All files are temporary, and private to this process.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from heapq import merge
from pathlib import Path
from typing import NamedTuple
from uuid import UUID

import msgspec

from commands.importing.reading import Row

BUFFER = 64 * 1024
USUAL = 512
"""Bytes that most rows fit in."""
RUN = 50_000
"""Entries that are sorted in memory, of all groups together."""
READ_AT_ONCE = 64
"""Entries of a run that are read together."""
BEGINNING = datetime.min.replace(tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)

_LENGTH = struct.Struct(">I")
_ENTRY = struct.Struct(">QQIQ")
_SLOT = struct.Struct(">16s24s")
_EMPTY = bytes(_SLOT.size)
_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(tuple[int, tuple[str | None, ...]]).decode


class Entry(NamedTuple):
    """The time of a row's facts about a thing, in microseconds; the row's line; the index of the piece; the row's place."""

    at: int
    line: int
    number: int
    place: int


def microseconds(at: datetime) -> int:
    return (at - BEGINNING) // MICROSECOND


class Blobs:
    """Values in a file, each found by its place."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("w+b", buffering=0)
        self._written, self._kept = 0, bytearray()

    def put(self, value: bytes) -> int:
        """Returns the place of the value."""
        place = self._written + len(self._kept)
        self._kept += _LENGTH.pack(len(value))
        self._kept += value
        if len(self._kept) >= BUFFER:
            self.flush()
        return place

    def get(self, place: int) -> bytes:
        if place >= self._written:
            self.flush()
        read = os.pread(self._file.fileno(), USUAL, place)
        end = _LENGTH.size + _LENGTH.unpack_from(read)[0]
        if len(read) < end:
            read = os.pread(self._file.fileno(), end, place)
        return read[_LENGTH.size : end]

    def flush(self) -> None:
        self._written += _write(self._file.fileno(), self._kept)
        self._kept.clear()

    def close(self) -> None:
        self._file.close()


class Rows:
    """The rows of a file, each found by its place."""

    def __init__(self, path: Path) -> None:
        self._blobs = Blobs(path)
        self.close = self._blobs.close

    def put(self, row: Row) -> int:
        return self._blobs.put(_encode((row.line, row.texts)))

    def get(self, place: int) -> Row:
        return Row(*_decode(self._blobs.get(place)))


class Entries:
    """Entries in the order of time, `run` of them in memory. Put all of them before they are read."""

    def __init__(self, path: Path, run: int = RUN) -> None:
        self._run_length = max(1, run)
        self._file = path.open("w+b", buffering=0)
        self._last: list[Entry] = []
        self._runs: list[int] = []
        """The number of entries of each run in the file."""

    def __len__(self) -> int:
        return sum(self._runs) + len(self._last)

    def put(self, entry: Entry) -> None:
        self._last.append(entry)
        if len(self._last) == self._run_length:
            self._last.sort()
            _write(self._file.fileno(), b"".join(_ENTRY.pack(*one) for one in self._last))
            self._runs.append(len(self._last))
            self._last = []

    def __iter__(self) -> Iterator[Entry]:
        self._last.sort()
        starts = (sum(self._runs[:number]) for number in range(len(self._runs)))
        runs = [self._run(start, size) for start, size in zip(starts, self._runs, strict=True)]
        return merge(*runs, self._last) if runs else iter(self._last)

    def _run(self, start: int, size: int) -> Iterator[Entry]:
        for first in range(start, start + size, READ_AT_ONCE):
            many = min(READ_AT_ONCE, start + size - first)
            read = os.pread(self._file.fileno(), many * _ENTRY.size, first * _ENTRY.size)
            yield from map(Entry._make, _ENTRY.iter_unpack(read))

    def close(self) -> None:
        self._file.close()


class Map:
    """24 bytes about each of at most `size` things. Their ids are random, so each is its own hash."""

    def __init__(self, path: Path, size: int) -> None:
        self._file = path.open("w+b", buffering=0)
        self._slots = 1 << (2 * size).bit_length()
        os.ftruncate(self._file.fileno(), self._slots * _SLOT.size)

    def get(self, id: UUID) -> bytes | None:
        _, slot = self._found(id)
        return None if slot == _EMPTY else slot[16:]

    def put(self, id: UUID, about: bytes) -> None:
        at, _ = self._found(id)
        os.pwrite(self._file.fileno(), _SLOT.pack(id.bytes, about), at * _SLOT.size)

    def _found(self, id: UUID) -> tuple[int, bytes]:
        """The slot of the id, or the empty slot that it may have."""
        at = hash(id) % self._slots
        while (slot := os.pread(self._file.fileno(), _SLOT.size, at * _SLOT.size)) != _EMPTY and slot[:16] != id.bytes:
            at = (at + 1) % self._slots
        return at, slot

    def close(self) -> None:
        self._file.close()


def _write(file: int, content: Sequence[int]) -> int:
    """Writes everything; returns its length. Raises OSError."""
    left = memoryview(bytes(content))
    while left:
        left = left[os.write(file, left) :]
    return len(content)

"""What reports have read, kept for the next report about the same rows: bounded in bytes, and never from another moment.

A connection that reads one moment can carry a `Shelf`. `projections.shared.vectors` looks there first, by the query's text.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import UUID

from sqlalchemy import Connection, Select

if TYPE_CHECKING:
    from numpy.typing import NDArray

OPTION = "frames"
IDLE = 60.0
"""Seconds without a question after which everything is given up. So nothing stays for long after its person was erased."""
SOON = 0.1
RECENT = 30.0
"""Seconds in which what was used is not given up for something else: else what is larger than all room would only push out."""
SMALL = 200
"""About the bytes of what surrounds a column."""
PLAIN = (str, int, float, bool, bytes, Decimal, date, UUID, type(None))

Columns = Mapping[str, Any]
"""An array, a list of texts or bytes for each column, as `vectors.portions` gives them."""
Frame = Mapping[str, "NDArray[Any] | str | bytes"]
"""The same as it is kept: texts are joined, because many small ones take ten times the room."""


class Version(NamedTuple):
    """`text` differs if any row of any read model may differ. `position` is the furthest one that a read model has reached."""

    text: str
    position: int


class _Kept(NamedTuple):
    frame: Frame
    size: int
    used: float


class Frames:
    """What was read at one version of all rows, at most `limit` bytes; with 0 nothing is kept. For all threads.

    If there is no more room, what was not used for the longest time is given up.
    """

    def __init__(self, limit: int, clock: Callable[[], float] = time.monotonic) -> None:
        self.limit, self.size = limit, 0
        self._clock = clock
        self._version = Version("", -1)
        self._kept: OrderedDict[str, _Kept] = OrderedDict()
        self._used = clock()
        self._lock = threading.Lock()
        self._timer: threading.Timer | None = None

    def begin(self, version: Version) -> None:
        """Gives up what belongs to another version, unless this version is an older one."""
        with self._lock:
            if version != self._version and version.position >= self._version.position:
                self._clear()
                self._version = version

    def find(self, version: Version, query: str) -> Columns | None:
        with self._lock:
            kept = self._kept.get(query) if version == self._version else None
            if kept is None:
                return None
            self._used = self._clock()
            self._kept[query] = kept._replace(used=self._used)
            self._kept.move_to_end(query)
        return _unpacked(kept.frame)

    def keep(self, version: Version, query: str, columns: Columns) -> None:
        """Keeps a copy, if the version is still the one that is kept and there is room."""
        frame = _packed(columns)
        size = SMALL + len(query) + sum(SMALL + _size(value) for value in frame.values())
        with self._lock:
            if version == self._version and query not in self._kept and self._makes_room(size):
                self._used = self._clock()
                self._kept[query] = _Kept(frame, size, self._used)
                self.size += size
                self._watch()

    def expire(self) -> None:
        """Gives up everything if nothing was used for IDLE seconds."""
        with self._lock:
            self._timer = None
            if self._clock() - self._used >= IDLE:
                self._clear()
            self._watch()

    def _makes_room(self, size: int) -> bool:
        """Gives up what was not used recently, from the longest unused on, until there is room."""
        while self._kept and self.size + size > self.limit:
            query, oldest = next(iter(self._kept.items()))
            if self._clock() - oldest.used < RECENT:
                return False
            del self._kept[query]
            self.size -= oldest.size
        return self.size + size <= self.limit

    def _clear(self) -> None:
        self._kept.clear()
        self.size = 0

    def _watch(self) -> None:
        """While something is kept, a thread looks whether it is still used."""
        if self._kept and self._timer is None:
            self._timer = threading.Timer(max(self._used + IDLE - self._clock(), SOON), self.expire)
            self._timer.daemon = True
            self._timer.name = "frames"
            self._timer.start()


class Shelf:
    """The frames at the moment that a connection reads; `version_of` reads the version of all rows there."""

    def __init__(self, frames: Frames, version_of: Callable[[Connection], Version]) -> None:
        self._frames, self._version_of = frames, version_of
        self._version: Version | None = None

    def find(self, connection: Connection, query: Select[Any]) -> tuple[str | None, Columns | None]:
        """The text of the query, and what is kept of it. The text is None if the query cannot be told from others by one."""
        if self._version is None:
            self._version = self._version_of(connection)
            self._frames.begin(self._version)
        text = _text(connection, query)
        return text, None if text is None else self._frames.find(self._version, text)

    def keep(self, query: str, columns: Columns) -> None:
        assert self._version is not None, "the query was looked for"
        self._frames.keep(self._version, query, columns)


def shelve(connection: Connection, frames: Frames, version_of: Callable[[Connection], Version]) -> None:
    """From now on, what is read on this connection is looked up in these frames. All its queries must see one moment."""
    if frames.limit:
        connection.execution_options(**{OPTION: Shelf(frames, version_of)})


def shelf_of(connection: Connection) -> Shelf | None:
    found: Shelf | None = connection.get_execution_options().get(OPTION)
    return found


def _text(connection: Connection, query: Select[Any]) -> str | None:
    compiled = query.compile(dialect=connection.dialect)
    values = sorted(compiled.params.items())
    return f"{compiled}\n{values!r}" if all(_is_plain(value) for _, value in values) else None


def _is_plain(value: Any) -> bool:
    """Whether its text says all about it."""
    if isinstance(value, list | tuple):
        return all(map(_is_plain, value))
    return isinstance(value, PLAIN)


def _packed(columns: Columns) -> Frame:
    return {name: _copied(values) for name, values in columns.items()}


def _copied(values: Any) -> Any:
    if isinstance(values, list):
        return "\0".join(values)
    return values if isinstance(values, bytes) else values.copy()


def _unpacked(frame: Frame) -> Columns:
    """Columns that the caller may change."""
    return {name: values.split("\0") if isinstance(values, str) else _copied(values) for name, values in frame.items()}


def _size(value: NDArray[Any] | str | bytes) -> int:
    if isinstance(value, str):
        # A text in Chinese takes two bytes for a character.
        return len(value) * (1 if value.isascii() else 2)
    return len(value) if isinstance(value, bytes) else value.nbytes

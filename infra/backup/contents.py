"""What a backup contains, in a form that is the same for every engine, and what proves that nothing of it is missing.

A backup has two files. `events` has the log, with personal data sealed; `keys` has the keys that open them, wrapped with the
master key. Each file is a sequence of frames: a header, the tables in their order, and a manifest. A frame is the length of its
content (4 bytes, big-endian) and the content, a MessagePack pair (name, rows) with at most AT_ONCE rows. The manifest has the
number of rows of each table and the SHA-256 of its frames. A key that is derived from the store's secret seals the manifest, so
nobody can make a backup without the master key, even though everyone may know the recipient that files are encrypted for.

Ids are 16 bytes, and times are whole seconds since 1970. Rows are in the order of their primary keys, texts by their bytes.
"""

from __future__ import annotations

import hmac
import struct
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from hashlib import sha256
from itertools import islice
from typing import Any, Literal

import msgspec

from domain.shared.ids import keyed_digest

FORMAT = 1
AT_ONCE = 100
LENGTH = struct.Struct(">I")
HEADER, MANIFEST = "header", "manifest"

Kind = Literal["events", "keys"]
Row = tuple[Any, ...]

TABLES: Mapping[Kind, tuple[str, ...]] = {
    "keys": ("markers", "subject_keys"),
    "events": ("subject_links", "claims", "counters", "receipts", "stored_events"),
}
"""The tables of each file, in the order in which they are written. The index of the log is made again from the events."""

_encode = msgspec.msgpack.Encoder().encode


class Header(msgspec.Struct, frozen=True, array_like=True):
    """The first frame. `backup` is the random id of the backup: the two files of one backup have the same."""

    format: int
    kind: Kind
    backup: str


class Counted(msgspec.Struct, frozen=True):
    """How many rows a table has, and the SHA-256 of its frames (hexadecimal)."""

    rows: int
    digest: str


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """The last frame: what the file has, and of which moment.

    `store` and `epoch` say which log it is. `head` is the position of its last event, and `given` the highest position that the
    store had given out. `master_keys` are the ids of the master keys that wrap keys of this backup.
    """

    format: int
    kind: Kind
    backup: str
    store: str
    epoch: int
    made_at: datetime
    head: int
    given: int
    master_keys: tuple[str, ...]
    tables: dict[str, Counted]
    seal: str = ""

    def sealed(self, secret: bytes) -> Manifest:
        return msgspec.structs.replace(self, seal=self._seal(secret))

    def is_sealed_with(self, secret: bytes) -> bool:
        return hmac.compare_digest(self.seal, self._seal(secret))

    def _seal(self, secret: bytes) -> str:
        return keyed_digest(secret, "backup", _encode(msgspec.structs.replace(self, seal=""))).hex()


class Counting:
    """Counts the rows of tables, and computes their digests, frame by frame."""

    def __init__(self) -> None:
        self._rows: dict[str, int] = {}
        self._digests: dict[str, Any] = {}

    def add(self, name: str, rows: int, content: bytes) -> None:
        """The next frame of the table `name`; its content has so many rows."""
        self._rows[name] = self._rows.get(name, 0) + rows
        self._digests.setdefault(name, sha256()).update(content)

    def counted(self, names: Iterable[str]) -> dict[str, Counted]:
        """The result for each of these tables. A table without a frame is empty."""
        return {name: Counted(self._rows.get(name, 0), self._digests.get(name, sha256()).hexdigest()) for name in names}


def framed(name: str, content: Any) -> bytes:
    return _with_length(_encode((name, content)))


def frames(name: str, rows: Iterable[Row], counting: Counting) -> Iterator[bytes]:
    """The frames of a table. Equal rows give equal frames, also if they come from another engine."""
    following = iter(rows)
    while some := list(islice(following, AT_ONCE)):
        content = _encode((name, some))
        counting.add(name, len(some), content)
        yield _with_length(content)


def counted(name: str, rows: Iterable[Row]) -> Counted:
    """What the manifest says of a table with these rows."""
    counting = Counting()
    for _ in frames(name, rows, counting):
        pass
    return counting.counted([name])[name]


def _with_length(content: bytes) -> bytes:
    return LENGTH.pack(len(content)) + content

"""Reads the two files of a backup, and checks everything about them before anyone relies on it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from infra.backup.contents import FORMAT, HEADER, MANIFEST, TABLES, Counting, Header, Kind, Manifest, Row
from infra.backup.sealed_files import BadFile, Identity, read
from infra.event_store import rotation
from infra.event_store.rows import SECRET_MARKER, master_key_marker
from infra.event_store.store_format import MARKER, refuse_other
from infra.event_store.vault import Vault, WrongMasterKey

Take = Callable[[str, Sequence[Row]], None]


class Pair(NamedTuple):
    """The two files of one backup."""

    events: Path
    keys: Path

    def files(self) -> Mapping[Kind, Path]:
        """In the order in which they are read."""
        return {"keys": self.keys, "events": self.events}


class Checked(NamedTuple):
    """A backup of which both files are whole, belong together, and were made by somebody with the master key."""

    events: Manifest
    keys: Manifest
    secret: bytes
    """The store's secret."""
    last_erasure: int
    """The position of the last event that erased a subject; 0 if there is none."""


def check(pair: Pair, identities: Sequence[Identity], vault: Vault, erases: Callable[[str], bool]) -> Checked:
    """Reads both files to their end. `erases` says whether events of a type erase their subjects.

    Raises BadFile, OtherFormat, and MasterKeyMissing, which names the master key that is needed.
    """
    markers: dict[str, bytes] = {}
    keys = read_file(pair.keys, "keys", identities, _only("markers", markers.update))
    secret = _secret(pair.keys, keys, markers, vault)
    refuse_other(markers.get(MARKER))
    erasures = [0]

    def note(rows: Sequence[Row]) -> None:
        erasures.extend(row[0] for row in rows if erases(row[3]))
        del erasures[:-1]

    events = read_file(pair.events, "events", identities, _only("stored_events", note))
    if events.backup != keys.backup:
        raise BadFile(
            f"{pair.keys}: it belongs to another backup, of {keys.made_at:%Y-%m-%d %H:%M:%S} UTC; {pair.events} is of"
            f" {events.made_at:%Y-%m-%d %H:%M:%S} UTC. The two files of one backup have the same name up to .events and .keys"
        )
    for path, manifest in ((pair.keys, keys), (pair.events, events)):
        if not manifest.is_sealed_with(secret):
            raise BadFile(f"{path}: it was not made by a holder of the store's master key")
    return Checked(events, keys, secret, erasures[0])


def read_file(path: Path, kind: Kind, identities: Sequence[Identity], take: Take) -> Manifest:
    """Calls `take` with the name and the next rows of each table. Raises BadFile, if need be only at the end."""
    contents = _Contents(path, kind, take)
    read(path, identities, contents.add)
    return contents.manifest()


class _Contents:
    """The frames of one file, compared with what its manifest says."""

    def __init__(self, path: Path, kind: Kind, take: Take) -> None:
        self._path, self._kind, self._take = path, kind, take
        self._tables, self._counting = TABLES[kind], Counting()
        self._at, self._header, self._manifest = 0, None, None  # type: int, Header | None, Manifest | None

    def add(self, name: str, rows: Any, content: bytes) -> None:
        if self._header is None:
            self._header = self._begun(name, rows)
        elif self._manifest is not None:
            raise self._bad("it goes on after its end")
        elif name == MANIFEST:
            self._manifest = self._as(Manifest, rows)
        elif name not in self._tables[self._at :] or not isinstance(rows, list):
            raise self._bad(f"its part {name} is not in its place")
        else:
            self._at = self._tables.index(name)
            self._counting.add(name, len(rows), content)
            self._take(name, rows)

    def manifest(self) -> Manifest:
        found, header = self._manifest, self._header
        if found is None or header is None:
            raise self._bad("it was cut off")
        if (found.format, found.kind, found.backup) != (header.format, header.kind, header.backup):
            raise self._bad("its beginning and its end are of different backups")
        if found.tables != self._counting.counted(self._tables):
            raise self._bad("it has not what its manifest says")
        return found

    def _begun(self, name: str, content: Any) -> Header:
        if name != HEADER:
            raise self._bad("it is not a file of a backup")
        header: Header = self._as(Header, content)
        if header.format != FORMAT:
            raise self._bad(f"it has format {header.format}; this version of Recount reads format {FORMAT}")
        if header.kind != self._kind:
            raise self._bad(f"it is the {header.kind} file, and the {self._kind} file is needed here")
        return header

    def _as(self, type: Any, content: Any) -> Any:
        try:
            return msgspec.convert(content, type)
        except msgspec.ValidationError:
            raise self._bad("it is not a file of a backup") from None

    def _bad(self, why: str) -> BadFile:
        return BadFile(f"{self._path}: {why}")


def _only(wanted: str, take: Callable[[Sequence[Row]], None]) -> Take:
    return lambda name, rows: take(rows) if name == wanted else None


def _secret(path: Path, keys: Manifest, markers: Mapping[str, bytes], vault: Vault) -> bytes:
    """The store's secret. Raises MasterKeyMissing unless the process has every master key that wraps a key of the backup."""
    wrapped = markers.get(SECRET_MARKER, b"")
    for id in map(bytes.fromhex, keys.master_keys):
        # An id that the store does not know is damage of a key, which a backup keeps as it is.
        if id in vault.ids or master_key_marker(id) in markers:
            vault.master_key(id)
    try:
        return vault.unwrapped(rotation.SECRET_OWNER, wrapped)
    except WrongMasterKey:
        raise BadFile(f"{path}: the store's secret in it is damaged, or is not wrapped with this master key") from None

"""Makes a backup while everything else goes on.

The keys and the other tables that change are read at one moment, which takes seconds. The log up to that moment never changes
any more, so it is read afterwards, in portions. What happens later is in neither file: an erasure of after that moment is in
the list of erasures (infra/backup/erasures.py), and a rotation of the master key changes only which master keys are needed.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from infra.backup.contents import FORMAT, HEADER, MANIFEST, TABLES, Counting, Header, Kind, Manifest, Row, framed, frames
from infra.backup.sealed_files import Recipient, Unfinished, remove_unfinished
from infra.backup.tables import Moment, Source
from infra.event_store import identity, rotation
from infra.event_store.rows import RESTORING_MARKER, SECRET_MARKER, RestoreUnfinished
from infra.event_store.vault import KEY_ID, MasterKeyMissing, Vault, WrongMasterKey

Progress = Callable[[int, int], None]

UPDATE_EVERY = 1000


class Folders(NamedTuple):
    """Where the two files go."""

    events: Path
    keys: Path


class Made(NamedTuple):
    """The two files of a backup, and their manifests."""

    events_file: Path
    keys_file: Path
    events: Manifest
    keys: Manifest


def make(source: Source, vault: Vault, folders: Folders, recipients: Sequence[Recipient], progress: Progress) -> Made:
    """Write both files, encrypted for the recipients. Both are whole and on disk before one of them gets its name.

    Raises Damaged, RestoreUnfinished, WrongMasterKey, OtherFormat, StoreUnavailable and OSError.
    """
    for folder in set(folders):
        remove_unfinished(folder)
    with ExitStack() as stack, ExitStack() as until_the_log:
        moment = until_the_log.enter_context(source.moment())
        making = _Making(moment, vault)
        name = f"recount-{making.made_at:%Y%m%dT%H%M%SZ}-{making.backup[:8]}"
        events_file, keys_file = folders.events / f"{name}.events.age", folders.keys / f"{name}.keys.age"
        events, keys = Unfinished(events_file), Unfinished(keys_file)
        stack.callback(events.discard)
        stack.callback(keys.discard)
        keys.write(recipients, making.keys_frames())
        log = _watched(source, moment.head, until_the_log.close, progress)
        events.write(recipients, making.events_frames(log))
        keys.publish()
        events.publish()
    return Made(events_file, keys_file, making.manifests["events"], making.manifests["keys"])


class _Making:
    """The frames of the two files of one backup."""

    def __init__(self, moment: Moment, vault: Vault) -> None:
        self.backup, self.made_at = secrets.token_hex(16), datetime.now(UTC)
        self.manifests: dict[Kind, Manifest] = {}
        self._moment, self._head, self._given = moment, moment.head, moment.given
        markers = moment.markers
        if RESTORING_MARKER in markers:
            raise RestoreUnfinished("a backup was not restored to its end here: run the same recount restore again")
        self._identity = identity.read(markers)
        wrapped = markers.get(SECRET_MARKER, b"")
        try:
            self._secret = vault.unwrapped(rotation.SECRET_OWNER, wrapped)
        except MasterKeyMissing as error:
            raise WrongMasterKey(str(error)) from None
        self._master_keys = {wrapped[:KEY_ID]}

    def keys_frames(self) -> Iterator[bytes]:
        def subject_keys() -> Iterator[Row]:
            for row in self._moment.rows("subject_keys"):
                self._master_keys.add(row[1][:KEY_ID])
                yield row

        return self._frames("keys", [self._moment.rows("markers"), subject_keys()])

    def events_frames(self, log: Iterable[Row]) -> Iterator[bytes]:
        *others, _ = TABLES["events"]
        return self._frames("events", [*map(self._moment.rows, others), log])

    def _frames(self, kind: Kind, tables: Sequence[Iterable[Row]]) -> Iterator[bytes]:
        yield framed(HEADER, Header(FORMAT, kind, self.backup))
        counting = Counting()
        for name, rows in zip(TABLES[kind], tables, strict=True):
            yield from frames(name, rows, counting)
        manifest = Manifest(
            format=FORMAT,
            kind=kind,
            backup=self.backup,
            store=self._identity.store,
            epoch=self._identity.epoch,
            made_at=self.made_at,
            head=self._head,
            given=self._given,
            master_keys=tuple(sorted(id.hex() for id in self._master_keys)),
            tables=counting.counted(TABLES[kind]),
        )
        self.manifests[kind] = manifest.sealed(self._secret)
        yield framed(MANIFEST, self.manifests[kind])


def _watched(source: Source, head: int, begin: Callable[[], None], progress: Progress) -> Iterator[Row]:
    """The log up to `head`. Calls `begin` before the first read."""
    begin()
    for count, row in enumerate(source.events(head)):
        if count % UPDATE_EVERY == 0:
            progress(row[0], head)
        yield row
    progress(head, head)

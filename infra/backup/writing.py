"""Writes a checked backup into an empty place, and proves that the place has all of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from uuid import UUID

from infra.backup.contents import Row, counted
from infra.backup.reading import Checked, Pair, read_file
from infra.backup.sealed_files import BadFile, Identity
from infra.backup.tables import Target
from infra.event_store.mapper import Stored, metadata_of
from infra.event_store.rows import RESTORING_MARKER
from infra.event_store.terms import Term, terms_of, terms_of_type

Progress = Callable[[int, int], None]


class NotProven(Exception):
    """What the database reads is not what the backup has. Nothing was kept."""


def write(
    pair: Pair,
    checked: Checked,
    identities: Sequence[Identity],
    target: Target,
    progress: Progress,
) -> None:
    """Fill the target and finish it. It is marked as not yet restored: nothing else opens it until the erasures were applied.

    Raises BadFile and NotProven; then the place is as empty as before.
    """
    read = {kind: read_file(path, kind, identities, _into(target, checked, progress)) for kind, path in pair.files().items()}
    if (read["events"], read["keys"]) != (checked.events, checked.keys):
        raise BadFile(f"{pair.events} or {pair.keys} changed while it was read")
    for manifest in read.values():
        for table, expected in manifest.tables.items():
            if (found := counted(table, target.rows(table))) != expected:
                raise NotProven(f"{table} has {found.rows} rows where the backup has {expected.rows}, or other ones")
    target.insert("markers", [(RESTORING_MARKER, checked.events.backup.encode())])
    target.finish()


def _into(target: Target, checked: Checked, progress: Progress) -> Callable[[str, Sequence[Row]], None]:
    def take(table: str, rows: Sequence[Row]) -> None:
        target.insert(table, rows)
        if table == "stored_events":
            target.insert_terms([(row[0], _terms(row)) for row in rows])
            progress(rows[-1][0], checked.events.head)

    return take


def _terms(row: Row) -> Sequence[Term]:
    position, stream, version, type, state = row
    metadata = metadata_of(Stored(position, UUID(bytes=stream), version, type, state))
    return terms_of_type(type) if metadata is None else terms_of(type, metadata)

"""Applies listed erasures again, to a store that was restored to a moment before them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID, uuid4

from msgspec.structs import replace

from commands.shared.commit import Commit, NewEvent
from domain.shared.events import Recorded
from infra.backup.erasures import ErasureReceipt, receipts
from infra.event_store.store import EventStore
from infra.wiring import mapper

AT_ONCE = 100


def erase_again(store: EventStore, erasures: Sequence[ErasureReceipt]) -> int:
    """Record each erasure again, unless there is no key that it would destroy. Returns how many subjects had a key.

    The links between subjects become those of the time of the erasure, so that it destroys neither more nor fewer keys.
    """
    gone: set[UUID] = set()
    for start in range(0, len(erasures), AT_ONCE):
        events: dict[UUID, NewEvent] = {}
        for receipt in erasures[start : start + AT_ONCE]:
            if found := store.subjects_with_keys([receipt.stream, *receipt.along]):
                gone |= found
                store.relink(receipt.stream, receipt.along, receipt.position)
                events |= {event.stream: event for event in _events(store, receipt)}
        if events:
            store.commit(Commit(uuid4(), list(events.values()), {}))
    return len(gone)


def come_back(store: EventStore, file: Path) -> list[ErasureReceipt]:
    """The listed erasures that the log does not have, of people who are in it as before them: a copy of the log was put back.

    Who was registered again since is not one of them. Raises BadList, if need be only after it has read much of the list.
    """
    listed = list(receipts(file, store.secret))
    lost = set[int]()
    for start in range(0, len(listed), AT_ONCE):
        lost |= {one.position for one in store.absent(receipt.stored() for receipt in listed[start : start + AT_ONCE])}
    return [receipt for receipt in listed if receipt.position in lost and _is_back(store, receipt)]


def _is_back(store: EventStore, receipt: ErasureReceipt) -> bool:
    found = store.subjects_with_keys([receipt.stream, *receipt.along])
    return any(first.position < receipt.position for subject in found for first in store.part(subject, 1, 1))


def _events(store: EventStore, receipt: ErasureReceipt) -> Iterator[NewEvent]:
    """The erasure as the next event of its stream, also if the backup does not have the stream's beginning.

    Customers and leads who went along with it get an erasure of their own if nothing in the backup links them to it: otherwise
    commands would still find them.
    """
    yield _recorded_again(store, receipt.stored().stream, store.decode_plain(receipt.stored()))
    erased = frozenset({receipt.stream, *receipt.along})
    for subject, recorded in store.plain_streams(receipt.along).items():
        name = ERASING.get(_kind(recorded[0].type))
        if name and not _belongs_to(recorded, erased):
            yield _recorded_again(store, subject, store.decode_plain(receipt.stored_as(name)))


def _belongs_to(recorded: Sequence[Recorded], erased: frozenset[UUID]) -> bool:
    """Whether the stream is linked to one of these subjects at its end, or was erased itself."""
    linked: set[UUID] = set()
    for one in recorded:
        linked = {*linked, *one.event.erased_with()} - {*one.event.parted_from()}
    return bool(linked & erased) or any(one.event.erases() for one in recorded)


def _recorded_again(store: EventStore, stream: UUID, erasure: Recorded) -> NewEvent:
    metadata = replace(erasure.metadata, subject=stream, recorded_at=datetime.now(UTC), concerns=())
    return NewEvent(stream, store.version(stream) + 1, erasure.event, metadata)


def _kind(type: str) -> str:
    """The type's aggregate, such as `crm.customer`."""
    return type.rsplit(".", 2)[0]


ERASING = {_kind(name): name for name in mapper().erasing_types}
"""By aggregate, the type of the event that erases it."""

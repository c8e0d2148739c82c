"""The one durable commit of a batch of commands, and its possible results."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple, Protocol
from uuid import UUID

import msgspec

from domain.shared.events import Event, Metadata, Recorded, Source

POLICY_SCOPE = "policy:"
"""The prefix of the scope of a policy's receipts. These receipts are kept permanently."""
SOURCE_SCOPE = "source:"
"""The prefix of the scope of facts of other systems. These receipts are kept permanently."""


class NewEvent(NamedTuple):
    stream: UUID
    version: int
    event: Event
    metadata: Metadata


class Claim(NamedTuple):
    """A number that its holder keeps permanently; it is unique within its register."""

    register: str
    number: str
    holder: UUID


ContactKey = tuple[str, str]
"""The kind and the value of a contact method, in the form in which values are compared."""


class ReceiptKey(NamedTuple):
    """A request: who sent it (`scope`), its idempotency key, and a digest of its content."""

    scope: str
    key: str
    digest: bytes


def source_fact(source: Source | None, target: UUID) -> tuple[ReceiptKey, ...]:
    """The key of the fact that a source states about `target`. None if the source gives no id of its event."""
    if source is None or source.event_id is None:
        return ()
    return (ReceiptKey(f"{SOURCE_SCOPE}{source.system}", f"{target.hex} {source.event_id}", b""),)


class NewReceipt(NamedTuple):
    """The answer to keep. Its position is that of the commit's event with the index `event`; with None, the log's head."""

    key: ReceiptKey
    event: int | None
    answer: bytes


class KeptReceipt(NamedTuple):
    digest: bytes
    position: int
    answer: bytes


class Commit(msgspec.Struct):
    """All data that a batch writes in one transaction. `read` has each stream that was only read, with the version seen.

    `asked` has each contact for which the batch asked who has it, with the customers it knows.
    """

    batch: UUID
    events: Sequence[NewEvent]
    read: Mapping[UUID, int]
    claims: Sequence[Claim] = ()
    receipts: Sequence[NewReceipt] = ()
    asked: Mapping[ContactKey, frozenset[UUID]] = {}


class Committed(NamedTuple):
    """The positions of the events, in order, and the head of the log at the commit."""

    positions: Sequence[int]
    head: int


class Stale(Exception):
    """Nothing was written: the versions of these streams are not those that the batch saw."""

    def __init__(self, streams: Mapping[UUID, int]) -> None:
        super().__init__(f"{len(streams)} streams have newer versions")
        self.streams = streams


class NumbersTaken(Exception):
    """Nothing was written: other aggregates hold these numbers."""

    def __init__(self, taken: Iterable[tuple[str, str]]) -> None:
        self.taken = frozenset(taken)
        super().__init__(f"{len(self.taken)} numbers are taken")


class ContactsHeld(Exception):
    """Nothing was written: other customers have the contacts for which the batch asked than it knew. `holders` are those."""

    def __init__(self, holders: Mapping[ContactKey, frozenset[UUID]]) -> None:
        super().__init__(f"{len(holders)} contacts have other holders")
        self.holders = holders


class ReceiptsTaken(Exception):
    """Nothing was written: another process answered one of these requests first."""


class Unreadable(Exception):
    """A recorded event, or the key of its subject, is damaged: what it says cannot be known, and nothing may be built on it."""


class StoreUnavailable(Exception):
    """The store did not answer. It is unknown whether the commit was written; sending it again shows that."""


class EventStore(Protocol):
    """The part of the event store that the executor uses."""

    def commit(self, commit: Commit) -> Committed:
        """Writes the batch once: the same batch id again returns the first result.

        Raises StoreUnavailable if the result is unknown. Raises Stale, NumbersTaken, ContactsHeld, ReceiptsTaken and every
        other exception with nothing written.
        """

    def streams(self, ids: Iterable[UUID]) -> Mapping[UUID, Sequence[Recorded]]:
        """The events of these streams in order; streams without events are left out."""

    def receipts(self, keys: Iterable[ReceiptKey]) -> Mapping[tuple[str, str], KeptReceipt]: ...

    def reserve_numbers(self, register: str, count: int) -> Sequence[int]:
        """At least one number, and about `count`, in order. Nobody holds these numbers, and no other caller gets them."""

    def head(self) -> int:
        """The position of the last event; 0 if there is none."""

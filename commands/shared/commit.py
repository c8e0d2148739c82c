"""The one durable commit of a batch of commands, and what can come of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple, Protocol
from uuid import UUID

import msgspec

from domain.shared.events import Event, Metadata, Recorded

POLICY_SCOPE = "policy:"
"""How the scope of a policy's receipts begins: they are kept for ever."""


class NewEvent(NamedTuple):
    stream: UUID
    version: int
    event: Event
    metadata: Metadata


class Claim(NamedTuple):
    """A number held for ever: unique within its register."""

    register: str
    number: str
    holder: UUID


class ReceiptKey(NamedTuple):
    """Whose request this is (`scope`), what they called it, and a digest of what it said."""

    scope: str
    key: str
    digest: bytes


class NewReceipt(NamedTuple):
    """The answer to keep. `event` is the index in the commit of the event whose position it names; None: the head."""

    key: ReceiptKey
    event: int | None
    answer: bytes


class KeptReceipt(NamedTuple):
    digest: bytes
    position: int
    answer: bytes


class Commit(msgspec.Struct):
    """Everything a batch writes, in one transaction. `read` is every stream it looked at, with the version seen."""

    batch: UUID
    events: Sequence[NewEvent]
    read: Mapping[UUID, int]
    claims: Sequence[Claim] = ()
    receipts: Sequence[NewReceipt] = ()


class Committed(NamedTuple):
    """Positions of the events, in order, and the head of the log as of the commit."""

    positions: Sequence[int]
    head: int


class Stale(Exception):
    """Nothing was written: these streams have other versions than the batch saw."""

    def __init__(self, streams: Mapping[UUID, int]) -> None:
        super().__init__(f"{len(streams)} streams have moved on")
        self.streams = streams


class NumbersTaken(Exception):
    """Nothing was written: these numbers are held by others."""

    def __init__(self, taken: Iterable[tuple[str, str]]) -> None:
        self.taken = frozenset(taken)
        super().__init__(f"{len(self.taken)} numbers are taken")


class ReceiptsTaken(Exception):
    """Nothing was written: another process answered one of these requests first."""


class StoreUnavailable(Exception):
    """The store did not answer. Whether the commit was written is not known; sending it again finds out."""


class EventStore(Protocol):
    """What the executor needs of the event store."""

    def commit(self, commit: Commit) -> Committed:
        """Write the batch, once: the same batch id again answers as the first time.

        Raises StoreUnavailable in doubt; Stale, NumbersTaken, ReceiptsTaken and all else with nothing written.
        """

    def streams(self, ids: Iterable[UUID]) -> Mapping[UUID, Sequence[Recorded]]:
        """The events of these streams in order; those without events are left out."""

    def receipts(self, keys: Iterable[ReceiptKey]) -> Mapping[tuple[str, str], KeptReceipt]: ...

    def reserve_numbers(self, register: str, count: int) -> Sequence[int]:
        """At least one number, and about `count`, that nobody holds and no one else will be given; in order."""

    def head(self) -> int:
        """The position of the last event; 0 where there is none."""

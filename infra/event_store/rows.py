"""The rows that one commit writes, ready for either engine, and the interface of an engine."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple, Protocol
from uuid import UUID

from commands.shared.commit import Claim, Committed, KeptReceipt, NewReceipt
from infra.event_store.mapper import Stored


class EventRow(NamedTuple):
    stream: UUID
    version: int
    type: str
    state: bytes
    terms: Sequence[int]


class CommitRows(NamedTuple):
    """The rows of one commit. The `terms` of each event are its rows in the index.

    `keys` are the wrapped keys of new subjects. A link (subject, other) in `links` means that erasing `other` also destroys
    the subject's key; `parted` are links that have ended. `erased` are the subjects to erase, each with the subjects that
    are erased with it, as far as the store knew.
    """

    batch: UUID
    events: Sequence[EventRow]
    read: Mapping[UUID, int]
    keys: Sequence[tuple[UUID, bytes]]
    links: Sequence[tuple[UUID, UUID]]
    parted: Sequence[tuple[UUID, UUID]]
    erased: Mapping[UUID, frozenset[UUID]]
    claims: Sequence[Claim]
    receipts: Sequence[NewReceipt]


class Recorder(Protocol):
    """A storage engine: one commit, and plain reads. Raises the errors that `commands.shared.commit` defines."""

    def create(self) -> None: ...
    def commit(self, rows: CommitRows) -> Committed: ...
    def streams(self, ids: Collection[UUID]) -> list[Stored]: ...
    def part(self, stream: UUID, first: int, last: int) -> list[Stored]:
        """The events of one stream from version `first` to version `last`, both included."""

    def version(self, stream: UUID) -> int:
        """The version of the stream's last event; 0 if there is none."""

    def log(
        self,
        after: int,
        limit: int,
        upto: int | None = None,
        types: Collection[str] | None = None,
        *,
        backwards: bool = False,
    ) -> list[Stored]:
        """The first `limit` events after `after` up to `upto`; `backwards`, the last ones, the latest first."""

    def indexed(self, terms: Collection[int], after: int, upto: int, each: int, *, backwards: bool) -> list[tuple[int, int]]:
        """(term, position) of the first `each` events of each term after `after` up to `upto`; `backwards`: the last ones."""

    def at(self, positions: Collection[int]) -> list[Stored]:
        """The events at these positions, in the order of positions."""

    def keys(self, subjects: Collection[UUID]) -> dict[UUID, bytes]: ...
    def taken_along(self, subject: UUID, parted: Sequence[tuple[UUID, UUID]] = ()) -> set[UUID]:
        """The subjects linked to this one, and those linked to them, and so on, without the links in `parted`."""

    def receipts(self, keys: Collection[tuple[str, str]]) -> dict[tuple[str, str], KeptReceipt]: ...
    def reserve_numbers(self, register: str, count: int) -> range: ...
    def claimed(self, register: str, numbers: Collection[str]) -> set[str]: ...
    def head(self) -> int: ...
    def marker(self, name: str, value: bytes) -> bytes:
        """The value stored under this name. The given value is stored if there was none before."""

    def prune(self, before_days: int) -> None:
        """Delete batch ids and receipts that are older than this. Receipts of policies are kept."""

    def close(self) -> None: ...

"""What one commit writes, as rows ready for either engine, and what an engine can do."""

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


class CommitRows(NamedTuple):
    """`keys` are new subjects' wrapped keys; `links` (subject, other) say whose erasure takes the subject's key along,
    `parted` which of them hold no more;
    `erased` are the subjects whose keys go, each with all that it takes along as far as the store knew."""

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
    """A storage engine: one commit, and plain reads. Raises what `commands.shared.commit` names."""

    def create(self) -> None: ...
    def commit(self, rows: CommitRows) -> Committed: ...
    def streams(self, ids: Collection[UUID]) -> list[Stored]: ...
    def log(self, after: int, limit: int, upto: int | None = None, types: Collection[str] | None = None) -> list[Stored]: ...
    def keys(self, subjects: Collection[UUID]) -> dict[UUID, bytes]: ...
    def taken_along(self, subject: UUID, parted: Sequence[tuple[UUID, UUID]] = ()) -> set[UUID]:
        """The subjects that are linked to this one, and those linked to them, by links that are not `parted`."""

    def receipts(self, keys: Collection[tuple[str, str]]) -> dict[tuple[str, str], KeptReceipt]: ...
    def reserve_numbers(self, register: str, count: int) -> range: ...
    def claimed(self, register: str, numbers: Collection[str]) -> set[str]: ...
    def head(self) -> int: ...
    def marker(self, name: str, value: bytes) -> bytes:
        """The value kept under this name: the given one, if there was none before."""

    def prune(self, before_days: int) -> None:
        """Forget batch ids and receipts that are older than this; what policies did is kept."""

    def close(self) -> None: ...

"""The event store, telling of each commit: who follows the log in this process need not wait for its next look."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from uuid import UUID

from commands.shared.commit import Commit, Committed, EventStore, KeptReceipt, ReceiptKey
from domain.shared.events import Recorded


class Announcing:
    """What the executor needs of the event store; `tell` is called after every commit that wrote something."""

    def __init__(self, store: EventStore, tell: Callable[[], None]) -> None:
        self._store, self._tell = store, tell

    def commit(self, commit: Commit) -> Committed:
        committed = self._store.commit(commit)
        if commit.events:
            self._tell()
        return committed

    def streams(self, ids: Iterable[UUID]) -> Mapping[UUID, Sequence[Recorded]]:
        return self._store.streams(ids)

    def receipts(self, keys: Iterable[ReceiptKey]) -> Mapping[tuple[str, str], KeptReceipt]:
        return self._store.receipts(keys)

    def reserve_numbers(self, register: str, count: int) -> Sequence[int]:
        return self._store.reserve_numbers(register, count)

    def head(self) -> int:
        return self._store.head()

"""The event store with a call after each commit, so that readers of the log in this process do not wait for their next poll."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from uuid import UUID

from commands.shared.commit import Commit, Committed, EventStore, KeptReceipt, ReceiptKey
from domain.shared.events import Recorded


class Announcing:
    """The part of the event store that the executor needs. `notify` is called after every commit that wrote events."""

    def __init__(self, store: EventStore, notify: Callable[[], None]) -> None:
        self._store, self._notify = store, notify

    def commit(self, commit: Commit) -> Committed:
        committed = self._store.commit(commit)
        if commit.events:
            self._notify()
        return committed

    def streams(self, ids: Iterable[UUID]) -> Mapping[UUID, Sequence[Recorded]]:
        return self._store.streams(ids)

    def receipts(self, keys: Iterable[ReceiptKey]) -> Mapping[tuple[str, str], KeptReceipt]:
        return self._store.receipts(keys)

    def reserve_numbers(self, register: str, count: int) -> Sequence[int]:
        return self._store.reserve_numbers(register, count)

    def head(self) -> int:
        return self._store.head()

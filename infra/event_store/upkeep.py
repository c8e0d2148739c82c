"""What processes need of the event store besides facts: its end, notes for each other, and the deletion of what is old."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from infra.event_store.recording_times import LOOK_BACK, Last, last_recorded
from infra.event_store.rows import Kept, Recorder


class Upkeep:
    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder

    def last(self) -> Last | None:
        """The last event of the log; None if the log is empty. If its time is damaged, that of an earlier event."""
        events = self._recorder.log(0, 1, backwards=True)
        if not events:
            return None
        known = last_recorded(event.state for event in events)
        before = () if known else self._recorder.log(0, LOOK_BACK, backwards=True)
        return Last(events[0].position, known or last_recorded(event.state for event in before))

    def read_marker(self, name: str) -> bytes | None:
        """What processes have stored under this name for each other."""
        return self._recorder.read_marker(name)

    def swap_marker(self, name: str, old: bytes | None, new: bytes) -> bool:
        """Stores `new` under this name. False if what is stored is not `old` (None: nothing): then nothing is changed."""
        return self._recorder.swap_marker(name, old, new)

    def relink(self, subject: UUID, others: Collection[UUID], at: int) -> None:
        """Make the erasure of `subject` destroy the keys of these others too, and of nobody else who began before `at`."""
        self._recorder.relink(subject, others, at)

    def prune(self, kind: Kept, before: int, after: int, limit: int) -> int | None:
        """See `Recorder.prune`."""
        return self._recorder.prune(kind, before, after, limit)

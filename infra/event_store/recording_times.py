"""`recorded_at` never falls from one event of the log to the next, whatever the clocks of the writers say.

A writer decides before it has the writers' lock, by its own clock. Inside the lock, the commit reads the last event of the log,
and gives its time to the events that would be earlier. What the events say, when their facts occurred, and what seals their
personal values do not depend on this time.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

import msgspec

from infra.event_store.mapper import DAMAGE
from infra.event_store.rows import CommitRows, EventRow

EARLIEST = datetime.min.replace(tzinfo=UTC)
LOOK_BACK = 1_000
"""So many events are read, from the end of the log, until one of them shows its time."""


class Last(NamedTuple):
    """The last event of the log: its position, and when it was recorded; None if no event near the end shows its time."""

    position: int
    recorded_at: datetime | None


class LastWritten(NamedTuple):
    """The last event that this process has written. While it is the last of the log too, nothing is read to know its time."""

    position: int = 0
    recorded_at: datetime | None = None

    def at(self, position: int) -> datetime | None:
        """When the event at this position was recorded; None if this process does not know."""
        return self.recorded_at if position == self.position else None

    def followed_by(self, events: Sequence[EventRow], position: int) -> LastWritten:
        """What it is after a commit of these events. `position` is that of the last one."""
        return LastWritten(position, events[-1].recorded_at) if events else self


class _Metadata(msgspec.Struct):
    recorded_at: datetime


class _Event(msgspec.Struct):
    metadata: _Metadata


_decode = msgspec.json.Decoder(_Event).decode
_encode = msgspec.json.Encoder().encode


def last_recorded(states: Iterable[bytes]) -> datetime | None:
    """The time of the first of these events that shows one. `states` are the last events of the log, the latest first."""
    for state in states:
        try:
            return _decode(state).metadata.recorded_at
        except DAMAGE:
            continue
    return None


def in_order(rows: CommitRows, last: datetime | None) -> CommitRows:
    """The rows of a commit, no event of them recorded before `last` or before the event in front of it."""
    latest = last or EARLIEST
    for event in rows.events:
        if event.recorded_at < latest:
            return rows._replace(events=_rising(rows.events, last or EARLIEST))
        latest = event.recorded_at
    return rows


def _rising(events: Sequence[EventRow], latest: datetime) -> Sequence[EventRow]:
    rising: list[EventRow] = []
    for event in events:
        rising.append(_recorded_again(event, latest) if event.recorded_at < latest else event)
        latest = rising[-1].recorded_at
    return rising


def _recorded_again(event: EventRow, at: datetime) -> EventRow:
    """The event with another time. In its JSON, metadata comes first, and only an id stands in front of the time."""
    before, after = (_encode({"recorded_at": moment})[1:-1] for moment in (event.recorded_at, at))
    return event._replace(recorded_at=at, state=event.state.replace(before, after, 1))

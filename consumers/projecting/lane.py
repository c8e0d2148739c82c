"""One read model on one partition: its position, and its next message."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal

from infra.routing import Held, Message
from projections.shared.projection import Projection

State = Literal["live", "retrying", "stopped", "outdated"]


class Lane:
    """The next message is the one whose `previous` is the lane's position. A message at or before the position is a duplicate.

    Any other message is early and is dropped: its sender sends it again in order. While the chain is broken, `early` is the
    early message with the highest position, and `broken_since` the time when the break was first seen. Times are those of a
    monotonic clock. `reported` is true after the break was logged.

    `chained` is whether `previous` follows from the log alone, and not from where its reader began. Then a message whose
    `previous` is before the lane's position shows that the lane has taken an event that the log no longer has: it is `forked`.
    """

    def __init__(self, projection: Projection, partition: int, held: Held, *, chained: bool = True) -> None:
        self.projection, self.partition, self.held, self._chained = projection, partition, held, chained
        self.state: State = "live"
        self.reason = ""
        self.failures = 0
        self.resumes_at = 0.0
        self.early: Message | None = None
        self.forked: Message | None = None
        self.broken_since = 0.0
        self.reported = False
        # Whether events for everyone may not have reached all rows yet.
        self.unsettled = projection.settling is not None
        self._waits_at = self._waits_since = -1.0

    @property
    def is_live(self) -> bool:
        return self.state == "live"

    def take(self, messages: Iterable[Message], now: float) -> list[Message]:
        """The messages that follow the lane's position, one after the other."""
        taken: list[Message] = []
        at, early = self.held.position, self.early
        for message in messages:
            position = message.stored.position
            if position <= at:
                continue
            if message.previous == at:
                taken.append(message)
                at = position
            elif message.previous < at and self._chained:
                self.forked = message
                return []
            elif early is None or position > early.stored.position:
                early = message
        self._note(early if early and early.stored.position > at else None, bool(taken), now)
        return taken

    def _note(self, early: Message | None, moved: bool, now: float) -> None:
        if early is None:
            self.reported = False
        elif self.early is None or moved:
            self.broken_since = now
        self.early = early

    def is_broken_for(self, patience: float, now: float) -> bool:
        return self.early is not None and now - self.broken_since >= patience

    def lacks(self, last: int, patience: float, now: float) -> bool:
        """Whether messages up to `last` were sent to the partition, but the lane has not moved for `patience` seconds."""
        if last <= self.held.position:
            return False
        if self._waits_at != self.held.position:
            self._waits_at, self._waits_since = self.held.position, now
        return now - self._waits_since >= patience

    def lags(self, messages: Sequence[Message]) -> bool:
        """Whether the last of these messages is not committed yet."""
        return self.held.position < messages[-1].stored.position

    def holds(self, held: Held) -> None:
        """Records that everything up to here is folded and committed."""
        self.held = held
        self.failures = 0

    def rest(self, state: State, reason: str, until: float) -> None:
        """Takes no messages until this time. Messages that arrive meanwhile are read again later."""
        self.state, self.reason, self.resumes_at = state, reason, until
        self.early = self.forked = None

    def resume(self, held: Held) -> None:
        self.state, self.reason, self.held, self.early = "live", "", held, None
        self.unsettled = self.projection.settling is not None


Taken = tuple[Lane, Sequence[Message]]
"""A lane, and the messages that it takes next."""

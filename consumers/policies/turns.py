"""Turns: what an event changes in a policy's answer about its aggregate.

A policy asks one question about an aggregate, such as "is this order paid?". Any event may change the answer, so the answer
just before an event is compared with the answer just after it. Both depend only on the stream up to that event. So a turn is
the same for every process and at every repetition, however far the log has grown in the meantime.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Generic, NamedTuple, Protocol, TypeVar
from uuid import UUID

from domain.shared.aggregate import Aggregate
from domain.shared.events import Recorded

A = TypeVar("A", bound=Aggregate)
S = TypeVar("S")

KEPT = 10_000


class Streams(Protocol):
    """The part of the event store that turns read."""

    def plain_streams(self, ids: Iterable[UUID]) -> Mapping[UUID, Sequence[Recorded]]:
        """The events of these streams in order, without personal data; streams without events are left out."""


class Turn(NamedTuple, Generic[A, S]):
    """The aggregate after an event, and the answers just before and just after that event."""

    aggregate: A
    before: S
    after: S


class _Known(NamedTuple, Generic[A, S]):
    """An aggregate after its event number `version`, with the answer then; None if nobody asks about this aggregate."""

    version: int
    aggregate: A | None
    answer: S


class Turns(Generic[A, S]):
    """Follows the aggregates of one kind along the log.

    `answer` gives the answer after an event, from the aggregate after it, the answer before it, and the event; `first` is the
    answer before the first event. `asked` says, after its first event, whether an aggregate is ever asked about. The aggregates
    of the latest events stay in memory, without personal data; any other is read from its stream again.
    """

    def __init__(
        self,
        kind: type[A],
        store: Streams,
        first: S,
        answer: Callable[[A, S, Recorded], S],
        asked: Callable[[A], bool] = lambda aggregate: True,
    ) -> None:
        self._kind, self._store, self._first, self._answer, self._asked = kind, store, first, answer, asked
        self._known: OrderedDict[UUID, _Known[A, S]] = OrderedDict()

    def turn(self, recorded: Recorded) -> Turn[A, S] | None:
        """What this event changes. None if it changes nothing."""
        known = self._known.pop(recorded.stream, None)
        if known is None or (known.aggregate is not None and known.version != recorded.version - 1):
            known = self._before(recorded)
        after = self._known[recorded.stream] = self._after(known, recorded)
        while len(self._known) > KEPT:
            self._known.popitem(last=False)
        if after.aggregate is None or known.answer == after.answer:
            return None
        return Turn(after.aggregate, known.answer, after.answer)

    def at(self, id: UUID, position: int) -> Turn[A, S] | None:
        """The aggregate and its answer at this position of the log, as a turn from the first answer. None if it has none."""
        events = [event for event in self._store.plain_streams([id]).get(id, ()) if event.position <= position]
        known = self._fold(id, events)
        return None if known.aggregate is None or not events else Turn(known.aggregate, self._first, known.answer)

    def _before(self, recorded: Recorded) -> _Known[A, S]:
        """The aggregate just before this event."""
        events: Sequence[Recorded] = ()
        if recorded.version > 1:
            events = self._store.plain_streams([recorded.stream]).get(recorded.stream, ())
        return self._fold(recorded.stream, events[: recorded.version - 1])

    def _fold(self, id: UUID, events: Iterable[Recorded]) -> _Known[A, S]:
        known = _Known(0, self._kind(id), self._first)
        for event in events:
            known = self._after(known, event)
        return known

    def _after(self, known: _Known[A, S], recorded: Recorded) -> _Known[A, S]:
        aggregate = known.aggregate
        if aggregate is None:
            return known
        aggregate.replay(recorded)
        if recorded.version == 1 and not self._asked(aggregate):
            return _Known(1, None, self._first)
        return _Known(recorded.version, aggregate, self._answer(aggregate, known.answer, recorded))

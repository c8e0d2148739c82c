"""Base of all aggregates. An aggregate decides, then records.

A decision is a method that may refuse and runs once. The events that it records are applied immediately, and again at every
replay. There are three kinds of rule, each written in one way:

* A broken integrity rule always refuses: `raise UnknownLine(...)`
* A fact from outside is always recorded; if it breaks a rule, it is flagged: `self.record(context, event, "payment-over-due")`
* A decision of our own is refused live and flagged on import: `flags = self.refuse(context, OrderNotConfirmed())`
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import wraps
from typing import ClassVar, Concatenate, ParamSpec, Self, TypeVar
from uuid import UUID

import msgspec

from domain.shared.events import Context, Event, Metadata, Recorded, Source
from domain.shared.personal import same
from domain.shared.refusals import InTheFuture, NotThere, Refusal

P = ParamSpec("P")
A = TypeVar("A", bound="Aggregate")

FUTURE_TOLERANCE = timedelta(minutes=5)
REPEATED = "repeated"

_encode = msgspec.json.Encoder(order="deterministic").encode


class Aggregate:
    """A stream's state: only what its decisions read. Subclasses set their state in `__init__` and list `events`."""

    name: ClassVar[str]
    events: ClassVar[Sequence[type[Event]]]

    def __init__(self, id: UUID) -> None:
        self.id = id
        self.version = 0
        self.subject = id
        self.pending: list[tuple[Event, Metadata]] = []
        self._facts: set[int] = set()
        self._sources: dict[tuple[str, str | None], UUID | None] = {}

    @property
    def exists(self) -> bool:
        return self.version > 0

    def require(self) -> Self:
        """Returns itself. Raises NotThere if its stream has no events."""
        if not self.exists:
            raise NotThere(f"There is no {self.name} {self.id}.", id=self.id)
        self.admit()
        return self

    def admit(self) -> None:
        """Raises if the aggregate accepts no further decisions, for example after erasure. By default it accepts all."""

    def record(self, context: Context, event: Event, *irregular: str) -> None:
        """Applies the event and keeps it for the commit. `irregular` are the flags to record with it."""
        subject = self.subject if self.exists else event.subject(self.id)
        metadata = context.metadata(subject, event, tuple(dict.fromkeys(irregular)))
        self.apply(event, metadata)
        self.pending.append((event, metadata))

    def record_first(self, context: Context, known: Event | None, event: Event, otherwise: type[Refusal], *flags: str) -> None:
        """Records the first fact of a stream. A repeat records nothing; raises `otherwise` if `known` has other values."""
        if known is None:
            self.record(context, event, *flags)
        elif not same(known, event):
            raise otherwise(id=self.id)

    def record_once(self, context: Context, event: Event, *flags: str) -> None:
        """Records a fact. Records nothing if the caller states a time and the same fact is already recorded at that time."""
        if not self.was_recorded(context, event):
            self.record(context, event, *flags)

    def record_status(self, context: Context, event: Event, since: datetime | None, *flags: str) -> None:
        """Records a status. `since` is the time since which the aggregate already has this status; None if it does not have it.

        A status that is already in force is recorded again, flagged as repeated, only if the caller states another time.
        """
        if since is None:
            self.record_once(context, event, *flags)
        elif context.names_another_time_than(since):
            self.record_once(context, event, *flags, REPEATED)

    def replay(self, recorded: Recorded) -> None:
        self.apply(recorded.event, recorded.metadata)

    def repeats(self, context: Context, event: Event) -> bool:
        """Whether the same fact, with the same values and the same time of occurrence, is already recorded.

        Always False for a distinct fact: only the same source event repeats it, and `knows_source` checks that.
        """
        return not context.distinct and _fingerprint(event, context.at.timestamp()) in self._facts

    def was_recorded(self, context: Context, event: Event) -> bool:
        """Whether the caller states a time and the fact is already recorded at exactly that time."""
        return context.occurred_at is not None and self.repeats(context, event)

    @staticmethod
    def refuse(context: Context, refusal: Refusal) -> tuple[str, ...]:
        """Live, raises the refusal. On import the decision was already taken: returns the flag to record with it."""
        if context.importing:
            return (refusal.rule,)
        raise refusal

    def knows_source(self, context: Context) -> bool:
        """Whether another command already decided this source event. One command may record several facts for it."""
        if context.decided:
            return True
        source = context.source
        if source is None or not self.names_source(source):
            return False
        return context.command_id is None or self._sources[source.system, source.event_id] != context.command_id

    def names_source(self, source: Source | None) -> bool:
        """Whether one of its events names this source event."""
        return source is not None and (source.system, source.event_id) in self._sources

    def apply(self, event: Event, metadata: Metadata) -> None:
        self.version += 1
        if self.version == 1:
            self.subject = metadata.subject
        self._facts.add(_fingerprint(event, metadata.occurred_at.timestamp()))
        if metadata.source and metadata.source.event_id:
            self._sources.setdefault((metadata.source.system, metadata.source.event_id), metadata.command_id)
        event.apply(self, metadata)


def decision(method: Callable[Concatenate[A, Context, P], None]) -> Callable[Concatenate[A, Context, P], None]:
    """Marks a method as a decision. It ignores a source event that was decided before, and raises InTheFuture."""

    @wraps(method)
    def decide(self: A, context: Context, /, *args: P.args, **kwargs: P.kwargs) -> None:
        self.admit()
        if self.knows_source(context):
            return
        if context.occurred_at is not None and context.occurred_at > context.now + FUTURE_TOLERANCE:
            raise InTheFuture(f"{context.occurred_at.isoformat()} is in the future.")
        method(self, context, *args, **kwargs)

    return decide


def _fingerprint(event: Event, occurred: float) -> int:
    return hash((_encode(event), occurred))


def replayed(kind: type[A], id: UUID, events: Sequence[Recorded]) -> A:
    """The aggregate after all `events` are applied."""
    aggregate = kind(id)
    for recorded in events:
        aggregate.replay(recorded)
    return aggregate

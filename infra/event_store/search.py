"""Search in the log itself, which is the source of truth: always complete and never behind.

The index leads to the events of one stream, subject, actor, correlation, cause, type or broken rule, and to those that several
of these have in common. The other criteria are compared with the events that were read: the version of a type, and times of
occurrence. `recorded_at` rises with the position, so a range of recording times is a range of positions.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from uuid import UUID

import msgspec

from domain.shared.aggregate import FUTURE_TOLERANCE
from domain.shared.events import Metadata
from infra.event_store.in_common import Group, Span, in_common
from infra.event_store.mapper import Stored, metadata_of
from infra.event_store.store import EventStore
from infra.event_store.terms import Kind, id_term, text_term, type_term

PORTION = 1_000
LOOK_BACK = 1_000
# In a log of earlier versions, `recorded_at` may fall by as much as the clocks of two workers differed.
CLOCKS = FUTURE_TOLERANCE


class Criteria(msgspec.Struct, frozen=True):
    """Which events to find; None and empty match all. Time ranges are half-open: start included, end excluded."""

    types: frozenset[str] = frozenset()
    subject: UUID | None = None
    stream: UUID | None = None
    actor: str | None = None
    irregular: str | None = None
    correlation: UUID | None = None
    causation: UUID | None = None
    recorded_from: datetime | None = None
    recorded_to: datetime | None = None
    occurred_from: datetime | None = None
    occurred_to: datetime | None = None

    def match(self, stored: Stored) -> bool:
        """Whether the event is wanted. Metadata that cannot be read does not hide an event: it is a fault to be seen."""
        if not self.wants_type(stored.type) or self.stream not in (None, stored.stream):
            return False
        metadata = metadata_of(stored)
        return metadata is None or self.wants(metadata)

    def wants(self, metadata: Metadata) -> bool:
        """Whether an event of a wanted type and stream is wanted, by its metadata."""
        return (
            (self.subject is None or self.subject in (metadata.subject, *metadata.concerns))
            and (self.actor is None or metadata.actor.id == self.actor)
            and (self.irregular is None or self.irregular in metadata.irregular)
            and (self.correlation is None or metadata.correlation_id == self.correlation)
            and (self.causation is None or metadata.causation_id == self.causation)
            and _within(metadata.recorded_at, self.recorded_from, self.recorded_to)
            and _within(metadata.occurred_at, self.occurred_from, self.occurred_to)
        )

    def wants_type(self, type: str) -> bool:
        """Whether the type is one of `types`, or matches one of them that ends in `.*`, such as `crm.order.*`."""
        return not self.types or any(
            type == wanted or (wanted.endswith(".*") and type.startswith(wanted[:-1])) for wanted in self.types
        )

    def groups(self) -> Sequence[Group]:
        """For each criterion that the index knows, its terms: each event that is wanted has one of them."""
        ids: dict[Kind, UUID | None] = {
            "correlation": self.correlation,
            "causation": self.causation,
            "subject": self.subject,
        }
        texts: dict[Kind, str | None] = {"irregular": self.irregular, "actor": self.actor}
        found: list[Group] = [[id_term(kind, id)] for kind, id in ids.items() if id is not None]
        found += [[text_term(kind, text)] for kind, text in texts.items() if text is not None]
        of_types = {type_term(type) for type in self.types}
        if of_types and None not in of_types:
            found.append([term for term in of_types if term is not None])
        return found


ALL = Criteria()


class Portion(NamedTuple):
    """Events that were found, and the position that the search has reached (`Span.reached`)."""

    reached: int
    events: list[Stored]


def search(
    store: EventStore, criteria: Criteria, after: int, upto: int, *, backwards: bool = False, first: int = PORTION
) -> Iterator[Portion]:
    """Searches the log after `after` up to `upto`, in the order of positions or backwards.

    Each portion reads at most 1,000 events, and the first one at most `first`. The last one has reached the end.
    """
    whole = Span(after, upto, backwards)
    left, limit = (whole if whole.ended else _recorded_within(store, criteria, whole)), first
    reached = whole
    while not reached.ended:
        events, left = _read(store, criteria, left, limit)
        reached = whole.nothing() if left.ended else left
        yield Portion(reached.reached, events if criteria == ALL else [one for one in events if criteria.match(one)])
        limit = PORTION


def _read(store: EventStore, criteria: Criteria, span: Span, limit: int) -> tuple[list[Stored], Span]:
    """At most `limit` events that may be wanted, and what is left of the span."""
    if span.ended:
        return [], span
    if criteria.stream is not None:
        return _of_stream(store, criteria.stream, span, limit)
    if groups := criteria.groups():
        positions, left = in_common(store, groups, span, limit)
        events = store.at(positions)
        return events[::-1] if span.backwards else events, left
    events = store.log(span.after, limit, span.upto, backwards=span.backwards)
    return events, span.past(events[-1].position) if len(events) == limit else span.nothing()


def _of_stream(store: EventStore, stream: UUID, span: Span, limit: int) -> tuple[list[Stored], Span]:
    """Versions rise with positions, so the place of the span in the stream is found by bisection."""
    last = store.version(stream)

    def position(version: int) -> int:
        return store.part(stream, version, version)[0].position

    versions = range(1, last + 1)
    if span.backwards:
        end = last if not last or position(last) <= span.upto else bisect_right(versions, span.upto, key=position)
        events = store.part(stream, max(1, end - limit + 1), end)[::-1]
        within = [one for one in events if one.position > span.after]
    else:
        start = 1 + bisect_right(versions, span.after, key=position) if span.after else 1
        events = store.part(stream, start, start + limit - 1)
        within = [one for one in events if one.position <= span.upto]
    return within, span.past(within[-1].position) if len(within) == limit else span.nothing()


def _recorded_within(store: EventStore, criteria: Criteria, span: Span) -> Span:
    """The part of the span that has all events recorded in the range.

    No fact occurs later than `FUTURE_TOLERANCE` after it is recorded, so `occurred_from` bounds it too.
    """
    if criteria.recorded_from is not None:
        span = span._replace(after=_before(store, criteria.recorded_from, -CLOCKS, span))
    if criteria.occurred_from is not None:
        span = span._replace(after=_before(store, criteria.occurred_from, -CLOCKS - FUTURE_TOLERANCE, span))
    if criteria.recorded_to is not None:
        span = span._replace(upto=_before(store, criteria.recorded_to, CLOCKS, span))
    return span


def last_before(store: EventStore, moment: datetime, span: Span) -> int:
    """A position of the span before everything that is recorded from this moment on, on any clock; near the last such one.

    `span.after` if that cannot be known, because an event on the way is damaged.
    """
    return _before(store, moment, -CLOCKS, span)


def recorded_by(store: EventStore, moment: datetime) -> int:
    """The last position before the first event that is recorded after this moment; 0 if there is none.

    If an event on the way cannot be read, that is not known: then it is the end of the log.
    """
    return _before(store, moment + timedelta.resolution, timedelta(), Span(0, store.head()))


def recorded_from(store: EventStore, moment: datetime, span: Span) -> int:
    """The last position of the span before everything recorded from this moment on, if times never fall in this log.

    `span.after` if that cannot be known, because an event on the way is damaged or the moment is beyond all dates.
    """
    return _before(store, moment, -timedelta.resolution, span)


def recorded_until(store: EventStore, position: int) -> datetime:
    """When the last event up to this position was recorded. An event whose time cannot be read is passed over.

    The beginning of 1970 if there is none.
    """
    for limit in (1, LOOK_BACK):
        for stored in store.log(0, limit, position, backwards=True):
            if metadata := metadata_of(stored):
                return metadata.recorded_at
    return datetime.fromtimestamp(0, UTC)


def _before(store: EventStore, moment: datetime, shift: timedelta, span: Span) -> int:
    """The last position of the span before everything that is recorded from this moment on."""

    def recorded(position: int) -> datetime:
        """When the first event after this position was recorded. An event whose metadata cannot be read ends the search."""
        [following] = store.log(position, 1)
        return _metadata(following).recorded_at

    try:
        bound = moment + shift
        return bisect_left(range(span.upto), bound, lo=span.after, hi=span.upto, key=recorded)
    except (OverflowError, msgspec.MsgspecError):
        return span.after if shift < timedelta() else span.upto


def _metadata(stored: Stored) -> Metadata:
    if metadata := metadata_of(stored):
        return metadata
    raise msgspec.DecodeError(f"The metadata of {stored.position} cannot be read.")


def _within(moment: datetime, start: datetime | None, end: datetime | None) -> bool:
    return (start is None or moment >= start) and (end is None or moment < end)

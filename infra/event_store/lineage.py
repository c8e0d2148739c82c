"""What an event belongs to: what its command recorded with it, what caused that command, and what the command caused.

An event names its own command and the command that caused it, not the events of that one. Effects are found by the index of
causes. A cause is found by what the index does know of it (its correlation, its subjects) and by the time that its id has,
because an index of all commands would cost every event a row (decision 0097). All of it is bounded, and says if there is more.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator
from datetime import UTC, datetime
from itertools import takewhile
from typing import NamedTuple
from uuid import UUID

from domain.shared.events import Metadata
from infra.event_store.in_common import Span
from infra.event_store.mapper import Stored, metadata_of
from infra.event_store.search import recorded_from
from infra.event_store.store import EventStore
from infra.event_store.terms import Term, id_term

MOST = 100
"""Events that each answer has at most."""
LEVELS = 10
"""How far causes and effects are followed."""
LOOKED_AT = 500
"""Events that are read at most in each of the places where a cause may be."""
FIRST = 8
# The first 48 bits of a UUIDv7 are milliseconds since 1970 (RFC 9562, section 5.7).
BITS_BEHIND_TIME = 80


class Relative(NamedTuple):
    """An event, and how many commands lie between: 1 is a direct cause or effect."""

    event: Stored
    distance: int


class Related(NamedTuple):
    """`more`: there are others, which are left out. `missing`: a cause that was not found in the log."""

    events: list[Relative]
    more: bool = False
    missing: UUID | None = None


NONE = Related([])


def recorded_together(store: EventStore, event: Stored) -> Related:
    """The other events of the same command, in the order of positions."""
    metadata = metadata_of(event)
    if metadata is None or metadata.command_id is None:
        return NONE
    found, more = _around(store, event, metadata.command_id)
    return Related([Relative(one, 0) for one in found if one.position != event.position], more)


def causes(store: EventStore, event: Stored) -> Related:
    """The events of the command that caused the event's command, then those of the command that caused that one, and so on.

    The first cause of what an import recorded is its start. `missing` is a command whose events were not found: another system
    named it, or it was recorded by a command that recorded nothing, or it lies beyond the bound of the search.
    """
    found: list[Relative] = []
    for distance in range(1, LEVELS + 1):
        metadata = metadata_of(event)
        if metadata is None:
            return Related(found)
        if metadata.causation_id is None:
            return Related(found + [Relative(one, distance) for one in _start_of_import(store, metadata)])
        caused = _of_command(store, metadata.causation_id, metadata, event.position)
        if not caused:
            return Related(found, missing=metadata.causation_id)
        room = MOST - len(found)
        found += [Relative(one, distance) for one in caused[:room]]
        if len(caused) > room:
            return Related(found, more=True)
        event = caused[0]
    return Related(found, more=True)


def effects(store: EventStore, event: Stored) -> Related:
    """The events of the commands that the event's command caused, then those that these caused, and so on.

    The effects of an import's start are what its rows recorded.
    """
    metadata, upto = metadata_of(event), store.head()
    found: dict[int, Relative] = {}
    asked: set[Term] = set()
    wanted = set() if metadata is None else _terms_of_effects(event, metadata)
    for distance in range(1, LEVELS + 1):
        if not wanted:
            return Related(list(found.values()))
        room = MOST - len(found)
        indexed = store.indexed(wanted, event.position, upto, room + 1, backwards=False)
        positions = sorted({position for _, position in indexed} - found.keys())
        caused = [one for one in store.at(positions[:room]) if _has_one_of(one, wanted)]
        found |= {one.position: Relative(one, distance) for one in caused}
        if len(positions) > room or max(Counter(term for term, _ in indexed).values(), default=0) > room:
            return Related(list(found.values()), more=True)
        asked |= wanted
        wanted = {term for one in caused for term in _term_of_causation(metadata_of(one))} - asked
    return Related(list(found.values()), more=bool(wanted))


def _terms_of_effects(event: Stored, metadata: Metadata) -> set[Term]:
    own = {id_term("correlation", event.stream)} if event.version == 1 and event.type.startswith("crm.import.") else set()
    return own | _term_of_causation(metadata)


def _term_of_causation(metadata: Metadata | None) -> set[Term]:
    return set() if metadata is None or metadata.command_id is None else {id_term("causation", metadata.command_id)}


def _has_one_of(stored: Stored, wanted: Collection[Term]) -> bool:
    """Whether one of these terms names the direct cause. That of a row is its import; that of a row's effects is the row."""
    metadata = metadata_of(stored)
    if metadata is None:
        return False
    if metadata.causation_id is not None:
        return id_term("causation", metadata.causation_id) in wanted
    run = _import_of(metadata)
    return run is not None and id_term("correlation", run) in wanted


def _start_of_import(store: EventStore, metadata: Metadata) -> list[Stored]:
    run = _import_of(metadata)
    return [] if run is None else store.part(run, 1, 1)


def _import_of(metadata: Metadata) -> UUID | None:
    """The import that a row of a file was imported by."""
    return metadata.source.import_id if metadata.source else None


def _of_command(store: EventStore, command: UUID, caused: Metadata, before: int) -> list[Stored]:
    """The events of the command, at most `MOST` on each side of the one that is found first. Empty if none is found."""
    for place in _places(store, command, caused, before):
        for event in place:
            if _is_of(event, command):
                found, _ = _around(store, event, command)
                return found
    return []


def _places(store: EventStore, command: UUID, caused: Metadata, before: int) -> Iterator[list[Stored]]:
    """Where an event of the command may be. Each place is read only if the ones before it do not have it.

    What a policy records has the correlation of its cause, and mostly one of its subjects. The id of a request has the time
    of the request, and the event is recorded soon after; that of a policy's command has no time, but such a command always has
    a correlation, and its effects come soon after it.
    """
    end = before - 1
    start = _time_of(store, command, end)
    terms = [id_term("subject", subject) for subject in caused.subjects]
    if caused.correlation_id not in (None, command):
        terms.insert(0, id_term("correlation", caused.correlation_id or command))
    for term in terms:
        known = store.indexed([term], start or 0, end, LOOKED_AT, backwards=start is None)
        yield store.at([position for _, position in known])
    if start is not None:
        yield store.log(start, LOOKED_AT, end)


def _time_of(store: EventStore, command: UUID, end: int) -> int | None:
    """The position after which the command's events are, by the time in its id. None if the id has no time."""
    if command.version != 7:
        return None
    try:
        moment = datetime.fromtimestamp((command.int >> BITS_BEHIND_TIME) / 1000, UTC)
    except (OverflowError, ValueError):
        return None
    return recorded_from(store, moment, Span(0, max(0, end)))


def _around(store: EventStore, event: Stored, command: UUID) -> tuple[list[Stored], bool]:
    """The events of the command that this event is of, in the order of positions, and whether some were left out.

    They lie side by side: a commit has the events of one command after those of another.
    """
    before, more_before = _neighbours(store, event.position, command, backwards=True)
    after, more_after = _neighbours(store, event.position, command, backwards=False)
    return [*before[::-1], event, *after], more_before or more_after


def _neighbours(store: EventStore, position: int, command: UUID, *, backwards: bool) -> tuple[list[Stored], bool]:
    """At most `MOST` events of the command directly before or after a position, nearest first, and whether there are more."""
    found: list[Stored] = []
    for limit in (FIRST, MOST + 1 - FIRST):
        at = found[-1].position if found else position
        portion = store.log(0, limit, at - 1, backwards=True) if backwards else store.log(at, limit)
        same = list(takewhile(lambda one: _is_of(one, command), portion))
        found += same
        if len(same) < limit:
            return found, False
    return found[:MOST], True


def _is_of(stored: Stored, command: UUID) -> bool:
    metadata = metadata_of(stored)
    return metadata is not None and metadata.command_id == command

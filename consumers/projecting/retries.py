"""Retries of waiting events, for one subject alone: its rows become the same as after a rebuild.

A retry locks the position, so that the projector waits. The events that were set aside are folded together with the events
for everyone that the subject missed, in the order of the log.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, Row, delete, func, or_, select, update

from commands.shared.commit import Unreadable
from consumers.projecting.arrivals import decode
from consumers.projecting.faults import frames_of, is_transient, name_of
from consumers.projecting.global_events import EventsForEveryone
from consumers.projecting.set_aside import WAITS
from infra.event_store.mapper import Stored, UnknownEventType, metadata_of
from infra.event_store.store import EventStore
from infra.read_models.database import ReadModels
from infra.read_models.positions import EVERYONE, dead_letters, outdate, positions, registered, require_current
from projections.shared.projection import Delivery, Projection
from projections.shared.rows import Rows


class Retried(NamedTuple):
    """The number of events that were folded, and of those that still wait."""

    folded: int
    waiting: int

    def plus(self, other: Retried) -> Retried:
        return Retried(self.folded + other.folded, self.waiting + other.waiting)


class Retries:
    """Folds each dead letter with the events for everyone up to the next one. If it fails, it and all later ones still wait."""

    def __init__(self, projection: Projection, store: EventStore, read_models: ReadModels, partitions: int) -> None:
        self._projection, self._store = projection, store
        self._read_models, self._partitions = read_models, partitions
        self._for_everyone = EventsForEveryone(projection, store)

    def fold(self, subject: UUID, partition: int, discarding: int | None = None) -> Retried:
        """Folds the waiting events of this subject; the event at `discarding` is discarded. Raises Outdated."""
        self._read_ahead(subject)
        with self._locked(partition) as (connection, held):
            if discarding is not None:
                self._discard(connection, subject, discarding)
            return Retried(0, 0) if subject == EVERYONE else self._fold(connection, subject, held, discarding)

    def _read_ahead(self, subject: UUID) -> None:
        """Reads the log before the lock is taken, so that the projector waits less: few events arrive before the lock."""
        first = select(func.min(dead_letters.c.position)).where(*self._where_subject(subject), dead_letters.c.discarded == 0)
        with self._read_models.reader.connect() as connection:
            position: int | None = connection.execute(first).scalar()
        if position is not None and subject != EVERYONE:
            self._for_everyone.between(position - 1, self._store.head())

    @contextmanager
    def _locked(self, partition: int) -> Iterator[tuple[Connection, int]]:
        """A transaction in which no other process moves the position or folds here. Yields its connection and the position."""
        name, version = self._projection.name, self._projection.version
        here = (positions.c.projection == name, positions.c.partition == partition)
        with self._read_models.writer.begin() as connection:
            held = connection.execute(select(positions.c.position).where(*here).with_for_update()).scalar_one()
            require_current(registered(connection, name), name, version, self._partitions)
            yield connection, held

    def _discard(self, connection: Connection, subject: UUID, position: int) -> None:
        here = (*self._where_subject(subject), dead_letters.c.position == position)
        connection.execute(update(dead_letters).where(*here).values(discarded=1))

    def _fold(self, connection: Connection, subject: UUID, held: int, discarding: int | None) -> Retried:
        rows = Rows(connection).only(subject)
        letters = self._letters(connection, subject, discarding)
        ends = [*(letter.position - 1 for letter in letters[1:]), held]
        for done, (letter, end) in enumerate(zip(letters, ends, strict=True)):
            if self._lacks_for_all(letter):
                outdate(connection, self._projection.name)
                return Retried(_undiscarded(letters[:done]), _undiscarded(letters[done:]))
            if error := self._try(letter, self._missed(connection, letter, end), rows):
                self._keep(connection, letter, error)
                return Retried(_undiscarded(letters[:done]), _undiscarded(letters[done:]) + letter.discarded)
            if not letter.discarded:
                connection.execute(delete(dead_letters).where(*self._where_letter(letter)))
        if self._projection.settling:
            # Portions have passed over the subject while it waited.
            self._projection.settling.whole(rows, 0, held + 1)
        return Retried(_undiscarded(letters), 0)

    def _lacks_for_all(self, letter: Row[Any]) -> bool:
        """Whether other subjects too lack the event.

        While nobody knew it, only its own subject was set aside, because the read model folded no events for everyone. Now it
        does.
        """
        if letter.discarded or not letter.error.startswith(UnknownEventType.__name__):
            return False
        for stored in self._store.at([letter.position]):
            metadata = metadata_of(stored)
            return metadata is not None and metadata.everyone and self._projection.wants(stored.type)
        return False

    def _letters(self, connection: Connection, subject: UUID, discarding: int | None) -> Sequence[Row[Any]]:
        """The waiting letters, and the letter just discarded, because the events for everyone after it must be folded too."""
        counts = or_(dead_letters.c.discarded == 0, dead_letters.c.position == discarding)
        query = select(dead_letters).where(*self._where_subject(subject), counts)
        return connection.execute(query.order_by(dead_letters.c.position)).all()

    def _missed(self, connection: Connection, letter: Row[Any], end: int) -> list[Stored]:
        """The events for everyone after the letter, without discarded ones."""
        after = letter.position - 1 if letter.discarded else letter.position
        discarded = select(dead_letters.c.position).where(*self._where_subject(EVERYONE), dead_letters.c.discarded == 1)
        skipped = set(connection.execute(discarded).scalars())
        return [one for one in self._for_everyone.between(after, end) if one.position not in skipped]

    def _try(self, letter: Row[Any], missed: Sequence[Stored], rows: Rows) -> Exception | None:
        """Folds the letter and the missed events. Returns the error of the projection or of decoding; raises transient ones."""
        own = [] if letter.discarded else self._store.log(letter.position - 1, 1, letter.position)
        stored = [*own, *missed]
        decoded = decode(self._store, stored)
        deliveries = []
        for one in stored:
            recorded = decoded[one.position]
            if isinstance(recorded, Exception):
                return recorded
            here = {letter.subject} if one.position == letter.position and own else ()
            # A type that was unknown may turn out to be one that the read model does not read.
            if self._projection.wants(one.type):
                deliveries.append(Delivery(recorded, frozenset(here)))
        try:
            with rows.connection.begin_nested():
                if deliveries:
                    self._projection.apply(deliveries, rows)
        except Exception as error:
            if is_transient(error):
                raise
            return error
        return None

    def _keep(self, connection: Connection, letter: Row[Any], error: Exception) -> None:
        name = name_of(error)
        if letter.error == WAITS and isinstance(error, Unreadable):
            # It could be read when it came, so the others do not lack it. See `_lacks_for_all`.
            name = f"{Unreadable.__name__} now, from {name}"
        again = {"tries": letter.tries + 1, "error": name, "traceback": frames_of(error), "discarded": 0}
        connection.execute(update(dead_letters).where(*self._where_letter(letter)).values(again))

    def _where_letter(self, letter: Row[Any]) -> tuple[ColumnElement[bool], ...]:
        return (*self._where_subject(letter.subject), dead_letters.c.position == letter.position)

    def _where_subject(self, subject: UUID) -> tuple[ColumnElement[bool], ...]:
        return (dead_letters.c.projection == self._projection.name, dead_letters.c.subject == subject)


def _undiscarded(letters: Sequence[Row[Any]]) -> int:
    return sum(not letter.discarded for letter in letters)

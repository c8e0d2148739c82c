"""What read models could not fold: to be looked at, tried again, or discarded by a person.

Trying again takes the lock of the position, so that the projector waits. It folds the subject's events in order. Events
for everyone that were folded meanwhile do not come again in their place: where rows depend on those, a rebuild puts
the subject right.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, Row, delete, select, update

from consumers.arrivals import Arrival, arrival, decode
from consumers.faults import frames_of, is_transient, name_of
from consumers.folding import rows_on
from infra.event_store import EventStore
from infra.read_models.database import ReadModels
from infra.read_models.positions import EVERYONE, dead_letters, positions, registered, require_current
from projections.projection import Delivery, Projection
from projections.rows import Rows


class DeadLetter(NamedTuple):
    """An event that waits, or was discarded, for one subject; for all where the subject is the nil id."""

    projection: str
    position: int
    partition: int
    subject: UUID
    type: str
    error: str
    traceback: str
    tries: int
    since: datetime
    discarded: bool


class Retried(NamedTuple):
    """How many events were folded, and how many still wait."""

    folded: int
    waiting: int

    def plus(self, other: Retried) -> Retried:
        return Retried(self.folded + other.folded, self.waiting + other.waiting)


def listed(read_models: ReadModels, projection: str | None = None, limit: int = 1000) -> list[DeadLetter]:
    """Dead letters in the order of the log, discarded ones too."""
    query = select(dead_letters).order_by(dead_letters.c.projection, dead_letters.c.position).limit(limit)
    if projection is not None:
        query = query.where(dead_letters.c.projection == projection)
    with read_models.reader.connect() as connection:
        return [DeadLetter(*row)._replace(discarded=bool(row.discarded)) for row in connection.execute(query)]


def retry(
    projection: Projection, store: EventStore, read_models: ReadModels, partitions: int, subject: UUID | None = None
) -> Retried:
    """Fold what waits, of one subject or of all. What stopped the projection, the projector tries again by itself.

    Raises Outdated where the read model waits for a rebuild, and what the databases raise.
    """
    waiting = [dead_letters.c.subject != EVERYONE, *([] if subject is None else [dead_letters.c.subject == subject])]
    total = Retried(0, 0)
    for one, partition in _places(read_models, projection.name, *waiting):
        with _locked(read_models, projection, partition, partitions) as connection:
            total = total.plus(_retry(connection, projection, store, partitions, one, partition))
    return total


def discard(
    projection: Projection, store: EventStore, read_models: ReadModels, partitions: int, position: int
) -> Retried | None:
    """The event at this position counts as never sent, in rebuilds too; what waited for it is folded.

    None where nothing waits at this position. Raises like `retry`.
    """
    places = _places(read_models, projection.name, dead_letters.c.position == position)
    total = Retried(0, 0)
    for subject, partition in places:
        with _locked(read_models, projection, partition, partitions) as connection:
            here = (dead_letters.c.position == position, dead_letters.c.subject == subject)
            connection.execute(update(dead_letters).where(*_of(projection.name), *here).values(discarded=1))
            if subject != EVERYONE:
                total = total.plus(_retry(connection, projection, store, partitions, subject, partition))
    return total if places else None


def _of(projection: str) -> tuple[ColumnElement[bool], ...]:
    return (dead_letters.c.projection == projection,)


def _places(read_models: ReadModels, projection: str, *where: ColumnElement[bool]) -> Sequence[tuple[UUID, int]]:
    """Subjects with something that waits, and the partitions they live on."""
    subject, partition = dead_letters.c.subject, dead_letters.c.partition
    query = select(subject, partition).where(*_of(projection), dead_letters.c.discarded == 0, *where)
    with read_models.reader.connect() as connection:
        rows = connection.execute(query.distinct().order_by(partition, subject))
        return [(row.subject, row.partition) for row in rows]


@contextmanager
def _locked(read_models: ReadModels, projection: Projection, partition: int, partitions: int) -> Iterator[Connection]:
    """A transaction in which nobody else moves the position, or folds on this partition."""
    here = (positions.c.projection == projection.name, positions.c.partition == partition)
    with read_models.writer.begin() as connection:
        connection.execute(select(positions.c.position).where(*here).with_for_update()).one()
        require_current(registered(connection, projection.name), projection.name, projection.version, partitions)
        yield connection


def _retry(
    connection: Connection, projection: Projection, store: EventStore, partitions: int, subject: UUID, partition: int
) -> Retried:
    query = (
        select(dead_letters)
        .where(*_of(projection.name), dead_letters.c.subject == subject, dead_letters.c.discarded == 0)
        .order_by(dead_letters.c.position)
    )
    letters = connection.execute(query).all()
    rows = rows_on(connection, partition, partitions)
    for folded, letter in enumerate(letters):
        error = _try(_read(store, letter, partitions), projection, rows, subject)
        if error is not None:
            _keep(connection, letter, error)
            return Retried(folded, len(letters) - folded)
        connection.execute(delete(dead_letters).where(*_this(letter)))
    return Retried(len(letters), 0)


def _read(store: EventStore, letter: Row[Any], partitions: int) -> Arrival:
    [stored] = store.log(letter.position - 1, 1, letter.position)
    return arrival(stored, decode(store, [stored])[stored.position], letter.partition, partitions)


def _try(arrival: Arrival, projection: Projection, rows: Rows, subject: UUID) -> Exception | None:
    """What the projection raises; errors that may pass come out."""
    if arrival.delivery is None:
        return arrival.error
    try:
        with rows.connection.begin_nested():
            projection.apply([Delivery(arrival.delivery.recorded, frozenset({subject}))], rows)
    except Exception as error:
        if is_transient(error):
            raise
        return error
    return None


def _keep(connection: Connection, letter: Row[Any], error: Exception) -> None:
    again = {"tries": letter.tries + 1, "error": name_of(error), "traceback": frames_of(error)}
    connection.execute(update(dead_letters).where(*_this(letter)).values(again))


def _this(letter: Row[Any]) -> tuple[ColumnElement[bool], ...]:
    return (
        *_of(letter.projection),
        dead_letters.c.position == letter.position,
        dead_letters.c.subject == letter.subject,
    )

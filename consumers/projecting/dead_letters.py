"""Dead letters: the events that a read model could not fold. A person can list, retry or discard them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, func, or_, select

from commands.shared.commit import Unreadable
from consumers.projecting.retries import Retried, Retries
from infra.event_store.mapper import BrokenEvent, BrokenSeal, MisnamedEvent, UnknownEventType
from infra.event_store.store import EventStore
from infra.read_models.database import ReadModels
from infra.read_models.positions import EVERYONE, dead_letters
from projections.shared.projection import Projection

UNREADABLE = (BrokenSeal, BrokenEvent, MisnamedEvent, UnknownEventType, Unreadable)
# Positions of unreadable events that the status shows.
FIRST = 10


class DeadLetter(NamedTuple):
    """An event that waits for one subject, or was discarded for it. The nil id as subject means everyone."""

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


def listed(read_models: ReadModels, projection: str | None = None, limit: int = 1000) -> list[DeadLetter]:
    """The dead letters in the order of the log, including discarded ones."""
    query = select(dead_letters).order_by(dead_letters.c.projection, dead_letters.c.position).limit(limit)
    if projection is not None:
        query = query.where(dead_letters.c.projection == projection)
    with read_models.reader.connect() as connection:
        return [DeadLetter(*row)._replace(discarded=bool(row.discarded)) for row in connection.execute(query)]


class UnreadableEvents(NamedTuple):
    """Events that a read model set aside because they, or a seal in them, are damaged. `first` are the lowest positions."""

    number: int
    first: Sequence[int]


def unreadable(read_models: ReadModels) -> UnreadableEvents:
    """The unreadable events that nobody has discarded. Every event reaches a read model, so none is missed."""
    damaged = or_(*(dead_letters.c.error.startswith(kind.__name__) for kind in UNREADABLE))
    positions = select(dead_letters.c.position).where(dead_letters.c.discarded == 0, damaged).distinct()
    with read_models.reader.connect() as connection:
        first = connection.scalars(positions.order_by(dead_letters.c.position).limit(FIRST)).all()
        count = connection.scalar(select(func.count()).select_from(positions.subquery())) if len(first) == FIRST else len(first)
    return UnreadableEvents(count or 0, first)


def retry(
    projection: Projection, store: EventStore, read_models: ReadModels, partitions: int, subject: UUID | None = None
) -> Retried:
    """Folds the waiting events, of one subject or of all. An event that stopped the projection is retried by the projector.

    Raises Outdated if the read model waits for a rebuild, and the errors of the databases.
    """
    waiting = [dead_letters.c.subject != EVERYONE, *([] if subject is None else [dead_letters.c.subject == subject])]
    retries = Retries(projection, store, read_models, partitions)
    total = Retried(0, 0)
    for one, partition in _places(read_models, projection.name, *waiting):
        total = total.plus(retries.fold(one, partition))
    return total


def discard(
    projection: Projection, store: EventStore, read_models: ReadModels, partitions: int, position: int
) -> Retried | None:
    """Discards the event at this position, for rebuilds too, and folds the events that waited for it.

    Returns None if nothing waits at this position. The event keeps waiting if the events for everyone that follow it cannot be
    folded either. Raises like `retry`.
    """
    places = _places(read_models, projection.name, dead_letters.c.position == position)
    retries = Retries(projection, store, read_models, partitions)
    total = Retried(0, 0)
    for subject, partition in places:
        total = total.plus(retries.fold(subject, partition, discarding=position))
    return total if places else None


def _places(read_models: ReadModels, projection: str, *where: ColumnElement[bool]) -> Sequence[tuple[UUID, int]]:
    """The subjects with waiting events, and their partitions."""
    subject, partition = dead_letters.c.subject, dead_letters.c.partition
    waits = (dead_letters.c.projection == projection, dead_letters.c.discarded == 0)
    query = select(subject, partition).where(*waits, *where)
    with read_models.reader.connect() as connection:
        rows = connection.execute(query.distinct().order_by(partition, subject))
        return [(row.subject, row.partition) for row in rows]

"""What read models could not fold: to be looked at, tried again, or discarded by a person."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, select

from consumers.projecting.retries import Retried, Retries
from infra.event_store.store import EventStore
from infra.read_models.database import ReadModels
from infra.read_models.positions import EVERYONE, dead_letters
from projections.shared.projection import Projection


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
    retries = Retries(projection, store, read_models, partitions)
    total = Retried(0, 0)
    for one, partition in _places(read_models, projection.name, *waiting):
        total = total.plus(retries.fold(one, partition))
    return total


def discard(
    projection: Projection, store: EventStore, read_models: ReadModels, partitions: int, position: int
) -> Retried | None:
    """The event at this position counts as never sent, in rebuilds too; what waited for it is folded.

    None where nothing waits at this position. It goes on waiting where not even the events for everyone after it can be
    folded. Raises like `retry`.
    """
    places = _places(read_models, projection.name, dead_letters.c.position == position)
    retries = Retries(projection, store, read_models, partitions)
    total = Retried(0, 0)
    for subject, partition in places:
        total = total.plus(retries.fold(subject, partition, discarding=position))
    return total if places else None


def _places(read_models: ReadModels, projection: str, *where: ColumnElement[bool]) -> Sequence[tuple[UUID, int]]:
    """Subjects with something that waits, and the partitions they live on."""
    subject, partition = dead_letters.c.subject, dead_letters.c.partition
    waits = (dead_letters.c.projection == projection, dead_letters.c.discarded == 0)
    query = select(subject, partition).where(*waits, *where)
    with read_models.reader.connect() as connection:
        rows = connection.execute(query.distinct().order_by(partition, subject))
        return [(row.subject, row.partition) for row in rows]

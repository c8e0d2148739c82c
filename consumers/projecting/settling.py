"""Lets events for everyone reach the rows of all subjects, in portions that commit alone.

So one event that changes a million rows holds up no other event, and no query. Each portion is stored with the place of the
walk, so a walk that was interrupted continues. See `projections.shared.projection.Settling`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from uuid import UUID

from sqlalchemy import Connection, select

from consumers.projecting.folding import rows_on
from consumers.projecting.lane import Lane
from consumers.projecting.resting import Resting
from infra.read_models import settled
from infra.read_models.database import ReadModels
from infra.read_models.positions import EVERYONE, dead_letters, positions, registered, require_current
from infra.read_models.settled import Walk
from projections.shared.projection import Projection
from projections.shared.rows import Rows


class Walks:
    def __init__(self, read_models: ReadModels, partitions: int) -> None:
        self._read_models, self._partitions = read_models, partitions

    def turn(self, lanes: Iterable[Lane], resting: Resting) -> None:
        """One portion of each lane, so that new messages have their turn between two portions."""
        for lane in unsettled(lanes):
            with resting.after_errors([lane]):
                lane.unsettled = self.go_on(lane.projection, lane.partition)

    def go_on(self, projection: Projection, partition: int) -> bool:
        """One portion of a partition, in a transaction. Returns whether there is more to do. Raises Outdated.

        The position of the partition is locked, so no other process folds here meanwhile.
        """
        assert projection.settling is not None
        name = projection.name
        here = (positions.c.projection == name, positions.c.partition == partition)
        with self._read_models.writer.begin() as connection:
            held = connection.execute(select(positions.c.position).where(*here).with_for_update()).scalar_one()
            known = require_current(registered(connection, name), name, projection.version, self._partitions)
            walk = settled.walks(connection, name)[partition]
            rows = rows_on(connection, [partition], self._partitions)
            if walk.target is None and not projection.settling.lacks(rows, walk.upto, held + 1):
                settled.save(connection, name, partition, Walk(held))
                return False
            if known.has_dead_letters:
                rows = rows.without(_waiting(connection, name))
            target = held if walk.target is None else walk.target
            cursor = projection.settling.portion(rows, walk.upto, held + 1, walk.cursor)
            settled.save(connection, name, partition, Walk(target) if cursor is None else Walk(walk.upto, target, cursor))
        return True

    def is_done(self, connection: Connection, projection: Projection) -> bool:
        """Whether events for everyone have reached all rows, as this connection sees them."""
        assert projection.settling is not None
        there = select(positions.c.partition, positions.c.position).where(positions.c.projection == projection.name)
        known = settled.walks(connection, projection.name)
        return not any(
            projection.settling.lacks(Rows(connection), known[partition].upto, held + 1)
            for partition, held in connection.execute(there)
        )


def unsettled(lanes: Iterable[Lane]) -> Iterator[Lane]:
    """The lanes with rows that an event for everyone may not have reached yet."""
    return (lane for lane in lanes if lane.is_live and lane.unsettled)


def _waiting(connection: Connection, name: str) -> set[UUID]:
    """The subjects that wait. What events for everyone change for them, a retry folds."""
    query = select(dead_letters.c.subject).where(dead_letters.c.projection == name, dead_letters.c.discarded == 0)
    return set(connection.execute(query.where(dead_letters.c.subject != EVERYONE).distinct()).scalars())

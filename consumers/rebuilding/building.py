"""A read model under construction: its shadow tables, and the position of each partition in them.

The positions are stored in the database with the rows and are read again in every transaction. So nothing is folded twice,
even if a process is killed or another process builds the same read model.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from operator import itemgetter
from typing import NamedTuple

from sqlalchemy import Connection, bindparam, delete, exists, insert, select, update

from consumers.projecting.arrivals import Arrival, arrival, decode
from consumers.projecting.folding import fold, rows_on
from consumers.projecting.set_aside import SetAside
from domain.shared.events import Recorded
from infra.event_store.mapper import metadata_of
from infra.event_store.store import EventStore
from infra.read_models import shadows
from infra.read_models.positions import Superseded, dead_letters, held, positions, projections, registered
from infra.read_models.tables import create_tables
from infra.routing import partition_of, partitions_of
from projections.shared.projection import Projection
from projections.shared.rows import Rows

# A pseudo-partition: the log was read for all partitions up to the position that is stored under it.
READ = -1
# To fold an event for all its subjects together, they are seen as one partition (number 0) of a log with one partition.
ONLY, ALL = 0, 1


class Routed(NamedTuple):
    """An event and its partitions. `arrival`, for all its subjects, is None if the projection does not want the event."""

    position: int
    partitions: Sequence[int]
    arrival: Arrival | None


class Place(NamedTuple):
    """The positions of a rebuild. Up to `read`, every event is folded on all its partitions; `at` is by partition."""

    read: int
    at: Mapping[int, int]

    def is_further_than(self, targets: Mapping[int, int]) -> bool:
        """Whether a partition was folded beyond its target."""
        return any(self.at[partition] > position for partition, position in targets.items())


def read_page(store: EventStore, projection: Projection, partitions: int, after: int, limit: int, upto: int) -> list[Routed]:
    """The next events of the log, decoded where the projection wants them. Raises StoreUnavailable."""
    stored = store.log(after, limit, upto)
    wants = {type: projection.wants(type) for type in {one.type for one in stored}}
    strange = store.not_understood(one for one in stored if not wants[one.type])
    decoded = decode(store, [*(one for one in stored if wants[one.type]), *strange])
    page = []
    for one in stored:
        found = decoded.get(one.position)
        metadata = found.metadata if isinstance(found, Recorded) else metadata_of(one)
        route = range(partitions) if metadata is None else partitions_of(metadata, partitions)
        seen = None if found is None else arrival(one, found, ONLY, ALL)
        given = seen if seen and (wants[one.type] or not seen.understood) else None
        page.append(Routed(one.position, route, given))
    return page


class Building:
    def __init__(self, projection: Projection, partitions: int, types_for_everyone: frozenset[str]) -> None:
        self.projection, self.partitions = projection, partitions
        self._folds_for_everyone = projection.wants_any(types_for_everyone)
        self.name = f"{projection.name}/rebuild"
        self.shadows = shadows.shadows_of(projection.tables)

    def open(self, connection: Connection) -> None:
        """Continues a rebuild that the same version of the code started, or starts a new one."""
        known = registered(connection, self.name)
        if known is not None and known[:2] == (self.projection.version, self.partitions):
            return
        self.drop(connection)
        create_tables(connection, self.shadows.values())
        row = {"name": self.name, "version": self.projection.version, "partitions": self.partitions}
        connection.execute(insert(projections).values(row))
        places = (READ, *range(self.partitions))
        rows = [{"projection": self.name, "partition": p, "position": 0, "next_offset": 0, "topic_id": ""} for p in places]
        connection.execute(insert(positions), rows)

    def drop(self, connection: Connection) -> None:
        shadows.drop(connection, self.shadows)
        connection.execute(delete(dead_letters).where(dead_letters.c.projection == self.name))
        self.forget(connection)

    def forget(self, connection: Connection) -> None:
        """Deletes the positions and the registration of the rebuild."""
        connection.execute(delete(positions).where(positions.c.projection == self.name))
        connection.execute(delete(projections).where(projections.c.name == self.name))

    def place(self, connection: Connection) -> Place:
        """The stored positions. Raises Superseded if another process has finished or dropped the rebuild."""
        at = {partition: place.position for partition, place in held(connection, self.name).items()}
        if not at:
            raise Superseded(f"another process has ended the rebuild of {self.projection.name}")
        return Place(at.pop(READ), at)

    def fold(self, connection: Connection, page: Sequence[Routed], targets: Mapping[int, int], *, one_by_one: bool) -> Place:
        """Folds the page's events on each partition, from its position up to its target, and stores the positions.

        Raises ForEveryone if an event for everyone cannot be folded, and Superseded.
        """
        mine = select(positions).where(positions.c.projection == self.name)
        connection.execute(mine.order_by(positions.c.partition).with_for_update())
        before = self.place(connection)
        due, after = _due(page, before, targets, self.partitions)
        self._fold(connection, due, one_by_one)
        self._save(connection, before, after)
        return after

    def _fold(self, connection: Connection, due: list[tuple[int | None, Arrival]], one_by_one: bool) -> None:
        aside = SetAside(
            connection,
            self.name,
            self.partitions,
            folds_for_everyone=self._folds_for_everyone,
            discards_of=self.projection.name,
        )
        if due and self._has_dead_letters(connection):
            aside.load([arrival for _, arrival in due])
        for partition, run in groupby(due, itemgetter(0)):
            arrivals = [arrival for _, arrival in run]
            stop = fold(self.projection, self._rows(connection, partition), arrivals, aside, one_by_one=one_by_one)
            if stop:
                raise stop

    def _rows(self, connection: Connection, partition: int | None) -> Rows:
        if partition is None:
            return Rows(connection, self.shadows)
        return rows_on(connection, [partition], self.partitions, self.shadows)

    def _has_dead_letters(self, connection: Connection) -> bool:
        names = (self.name, self.projection.name)
        return bool(connection.execute(select(exists().where(dead_letters.c.projection.in_(names)))).scalar())

    def _save(self, connection: Connection, before: Place, after: Place) -> None:
        moved = {p: position for p, position in after.at.items() if position != before.at[p]}
        if after.read != before.read:
            moved[READ] = after.read
        here = (positions.c.projection == self.name, positions.c.partition == bindparam("on"))
        if moved:
            statement = update(positions).where(*here).values(position=bindparam("to"))
            connection.execute(statement, [{"on": partition, "to": position} for partition, position in moved.items()])


def _due(
    page: Sequence[Routed], before: Place, targets: Mapping[int, int], partitions: int
) -> tuple[list[tuple[int | None, Arrival]], Place]:
    """The events to fold, and the positions after them.

    Each event is for one partition or, if all its partitions are to fold it now, for all of them together (None).
    """
    at, read, whole = dict(before.at), before.read, True
    due: list[tuple[int | None, Arrival]] = []
    for position, route, wanted in page:
        ready = [p for p in route if at[p] < position <= targets[p]]
        if wanted is not None and ready:
            due += [(None, wanted)] if len(ready) == len(route) else _parts(wanted, ready, partitions)
        at.update(dict.fromkeys(ready, position))
        whole = whole and all(position <= targets[p] for p in route)
        if whole:
            read = max(read, position)
    return due, Place(read, at)


def _parts(arrival: Arrival, ready: Sequence[int], partitions: int) -> Iterator[tuple[int, Arrival]]:
    """The event as each of these partitions sees it."""
    for partition in ready:
        here = frozenset(subject for subject in arrival.here if partition_of(subject, partitions) == partition)
        delivery = arrival.delivery and arrival.delivery._replace(here=here)
        yield partition, arrival._replace(here=here, delivery=delivery)

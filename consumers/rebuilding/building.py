"""A read model under construction: its shadow tables, and the position of each partition in them.

The positions are stored in the database with the rows and are read again in every transaction. So nothing is folded twice,
even if a process is killed or another process builds the same read model.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby
from operator import itemgetter

from sqlalchemy import Connection, bindparam, delete, exists, insert, select, update

from consumers.projecting.folding import fold, rows_on
from consumers.projecting.set_aside import SetAside
from consumers.rebuilding.page import Due, Page, Place
from infra.read_models import shadows
from infra.read_models.positions import Superseded, dead_letters, held, positions, projections, registered
from infra.read_models.tables import create_tables
from projections.shared.projection import Projection
from projections.shared.rows import Rows

# A pseudo-partition: the log was read for all partitions up to the position that is stored under it.
READ = -1


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

    def fold(self, connection: Connection, page: Page, targets: Mapping[int, int], *, one_by_one: bool) -> Place:
        """Folds the page's events on each partition, from its position up to its target, and stores the positions.

        Raises ForEveryone if an event for everyone cannot be folded, and Superseded.
        """
        mine = select(positions).where(positions.c.projection == self.name)
        connection.execute(mine.order_by(positions.c.partition).with_for_update())
        before = self.place(connection)
        due = page.due(self.projection, before.at, targets)
        after = page.reached(before, targets)
        self._fold(connection, due, one_by_one)
        self._save(connection, before, after)
        return after

    def _fold(self, connection: Connection, due: Sequence[Due], one_by_one: bool) -> None:
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
            rows = self._rows(connection, partition)
            # Nobody reads these rows yet, so events for everyone reach all of them with each page.
            rows.settled = arrivals[0].position - 1
            stop = fold(self.projection, rows, arrivals, aside, one_by_one=one_by_one, settle=True)
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

"""How far events for everyone have reached all rows of a read model, by partition.

Up to `upto` they have reached every row. A walk through the rows, in the order of their subjects, lets the later ones reach
them in portions. It is at `cursor`, and at its end `upto` is `target`. Stored in the transaction of each portion.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import Connection, func, insert, select, update

from infra.read_models.positions import positions, settled


class Walk(NamedTuple):
    """`target` is None while there is no walk."""

    upto: int
    target: int | None = None
    cursor: UUID | None = None


def walks(connection: Connection, projection: str) -> dict[int, Walk]:
    """The walk of each partition."""
    rows = connection.execute(select(settled).where(settled.c.projection == projection))
    return {row.partition: Walk(row.upto, row.target, row.cursor) for row in rows}


def save(connection: Connection, projection: str, partition: int, walk: Walk) -> None:
    here = (settled.c.projection == projection, settled.c.partition == partition)
    connection.execute(update(settled).where(*here).values(walk._asdict()))


def settled_upto(connection: Connection, projection: str, partitions: Collection[int] | None = None) -> int:
    """The position up to which events for everyone have reached the rows of these partitions, or of all; 0 if never begun."""
    query = select(func.min(settled.c.upto)).where(settled.c.projection == projection)
    if partitions is not None:
        query = query.where(settled.c.partition.in_(partitions))
    upto: int | None = connection.execute(query).scalar()
    return upto or 0


def fill(connection: Connection) -> None:
    """For rows that were made before there were walks: every event for everyone has reached them."""
    there = select(positions.c.projection, positions.c.partition, positions.c.position)
    connection.execute(insert(settled).from_select(["projection", "partition", "upto"], there))

"""Events that a follower could not understand when it met them. It goes on, and comes back to them once they can be read."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import Connection, delete, select

from infra.read_models.database import insert
from infra.read_models.positions import postponed


def add(connection: Connection, name: str, positions: Collection[int]) -> None:
    """Note that the follower must come back to these events."""
    if positions:
        rows = [{"name": name, "position": position} for position in positions]
        connection.execute(insert(connection, postponed).values(rows).on_conflict_do_nothing())


def of(connection: Connection, name: str, after: int, limit: int) -> Sequence[int]:
    """The next positions after `after`, in order."""
    mine = select(postponed.c.position).where(postponed.c.name == name, postponed.c.position > after)
    return connection.execute(mine.order_by(postponed.c.position).limit(limit)).scalars().all()


def remove(connection: Connection, name: str, positions: Collection[int]) -> None:
    connection.execute(delete(postponed).where(postponed.c.name == name, postponed.c.position.in_(positions)))

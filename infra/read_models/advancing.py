"""The positions of read models move: on any number of partitions, and only from the places that are expected."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import ARRAY, Column, ColumnElement, Connection, Text, Update, bindparam, func, select, update

from infra.read_models.positions import Superseded, positions
from infra.routing import Held

PLACE = Held._fields
Moves = Mapping[int, tuple[Held, Held]]
"""By partition, the old place and the new one."""


def advance(connection: Connection, names: Collection[str], moves: Moves) -> None:
    """Move all these read models on all these partitions, in one statement.

    Raises Superseded if another process has moved one of them. They are locked in the order of partitions, as by everyone who
    locks several, so nobody waits for each other.
    """
    move_all = _advanced_together if connection.dialect.name == "postgresql" else _advanced_in_turn
    if move_all(connection, sorted(names), moves) != len(names) * len(moves):
        raise Superseded(f"one of {', '.join(sorted(names))} has moved on one of the partitions {sorted(moves)}")


def _advanced_together(connection: Connection, names: Sequence[str], moves: Moves) -> int:
    old, new = zip(*moves.values(), strict=True)
    arrays: dict[str, list[Any]] = {
        "names": list(names),
        "on": list(moves),
        "old_position": [held.position for held in old],
        "old_topic_id": [held.topic_id for held in old],
        "new_position": [held.position for held in new],
        "new_next_offset": [held.next_offset for held in new],
        "new_topic_id": [held.topic_id for held in new],
    }
    return connection.execute(_TOGETHER, arrays).rowcount


def _together() -> Update:
    place = positions.c

    def array(name: str, column: Column[Any]) -> ColumnElement[Any]:
        return func.unnest(bindparam(name, type_=ARRAY(column.type))).label(name)

    old = (array("old_position", place.position), array("old_topic_id", place.topic_id))
    new = tuple(array(f"new_{name}", place[name]) for name in PLACE)
    move = select(array("on", place.partition), *old, *new).subquery().c
    there = (place.partition == move.on, place.position == move.old_position, place.topic_id == move.old_topic_id)
    named = place.projection == func.any(bindparam("names", type_=ARRAY(Text)))
    moved = select(place.projection, place.partition, *(move[f"new_{name}"] for name in PLACE)).where(named, *there)
    locked = moved.order_by(place.partition, place.projection).with_for_update(of=positions).subquery().c
    same = (place.projection == locked.projection, place.partition == locked.partition)
    return update(positions).where(*same).values({name: locked[f"new_{name}"] for name in PLACE})


_TOGETHER = _together()


def _advanced_in_turn(connection: Connection, names: Sequence[str], moves: Moves) -> int:
    """The same for SQLite, which has no arrays; one partition is all that it has."""
    place, moved = positions.c, 0
    for partition, (old, new) in moves.items():
        there = (place.partition == partition, place.position == old.position, place.topic_id == old.topic_id)
        moving = update(positions).where(place.projection.in_(names), *there).values(new._asdict())
        moved += connection.execute(moving).rowcount
    return moved

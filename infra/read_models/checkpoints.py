"""How far the log was sent to a topic. Saved after every acknowledged window; an update checks the old value."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import msgspec
from sqlalchemy import Connection, insert, select, update

from infra.read_models.positions import Superseded, checkpoints


class Checkpoint(NamedTuple):
    """Every event up to position `routed` was sent. `last` is the last position sent to each partition, absent if none."""

    topic_id: str
    partitions: int
    routed: int
    last: Mapping[int, int]


def load(connection: Connection, topic: str) -> Checkpoint | None:
    """The checkpoint of the topic with this name; None if nothing was ever sent to it."""
    row = connection.execute(select(checkpoints).where(checkpoints.c.topic == topic)).one_or_none()
    if row is None:
        return None
    return Checkpoint(row.topic_id, row.partitions, row.routed, msgspec.json.decode(row.last, type=dict[int, int]))


def begin(connection: Connection, topic: str, new: Checkpoint) -> None:
    """Save the first checkpoint of a topic. Raises IntegrityError if there is one."""
    connection.execute(insert(checkpoints).values(topic=topic, **_columns(new)))


def advance(connection: Connection, topic: str, old: Checkpoint, new: Checkpoint) -> None:
    """Move from `old` to `new`. Raises Superseded if another relay has moved it."""
    moved = connection.execute(
        update(checkpoints)
        .where(checkpoints.c.topic == topic, checkpoints.c.topic_id == old.topic_id, checkpoints.c.routed == old.routed)
        .values(_columns(new))
    )
    if moved.rowcount != 1:
        raise Superseded(f"another relay has sent more to {topic} after position {old.routed}")


def _columns(checkpoint: Checkpoint) -> dict[str, object]:
    return {**checkpoint._asdict(), "last": msgspec.json.encode(checkpoint.last).decode()}

"""Which log the read models were made from, and whether anything here is ahead of it.

A log that was restored to an earlier moment gives positions to new events that read models believe they have. So the identity
of the log is kept here, and some of its events, the anchors: while the log has the same events at their positions, it is the
log that was followed. A rebuild never changes this.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from hashlib import sha256
from typing import NamedTuple

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Integer,
    MetaData,
    Table,
    Text,
    delete,
    func,
    insert,
    literal,
    select,
    union_all,
    update,
)

from infra.event_store.identity import Identity
from infra.event_store.mapper import Stored, metadata_of
from infra.read_models.positions import checkpoints, dead_letters, deliveries, followed, positions

metadata = MetaData()

ground = Table(
    "ground",
    metadata,
    Column("only", Integer, primary_key=True),
    Column("store", Text, nullable=False),
    Column("epoch", Integer, nullable=False),
    Column("sound", BigInteger),
)
anchors = Table(
    "anchors",
    metadata,
    Column("position", BigInteger, primary_key=True, autoincrement=False),
    Column("digest", Text, nullable=False),
)
ONLY = 1
SOUND = select(ground.c.sound).scalar_subquery()
"""For other queries: no answer is complete beyond this position. Null if nothing is ahead of the log."""
_FURTHEST = union_all(
    select(literal("read model ").concat(positions.c.projection), func.max(positions.c.position)).group_by(
        positions.c.projection
    ),
    select(literal("relay to ").concat(checkpoints.c.topic), checkpoints.c.routed),
    select(literal("follower ").concat(followed.c.name), followed.c.position),
    select(literal("dead letters of ").concat(dead_letters.c.projection), func.max(dead_letters.c.position)).group_by(
        dead_letters.c.projection
    ),
)
_DELIVERED = select(deliveries.c.webhook_id, deliveries.c.position, deliveries.c.redelivered_to)


class Ground(NamedTuple):
    """`anchors` are digests of events, by position.

    `sound` is None while all is well. Otherwise no answer claims to be complete beyond it, until a repair.
    """

    identity: Identity
    anchors: Mapping[int, str]
    sound: int | None = None

    @property
    def last(self) -> int:
        """The position of the last anchor; 0 if there is none."""
        return max(self.anchors, default=0)


def load(connection: Connection) -> Ground | None:
    """None if no process has compared anything with a log yet."""
    row = connection.execute(select(ground)).one_or_none()
    if row is None:
        return None
    found = connection.execute(select(anchors.c.position, anchors.c.digest))
    return Ground(Identity(row.store, row.epoch), {row.position: row.digest for row in found}, row.sound)


def begin(connection: Connection, identity: Identity) -> None:
    """Keep the identity of the log, unless one is kept. The caller has the lock of `wait_for_others`."""
    if load(connection) is None:
        connection.execute(insert(ground).values(only=ONLY, store=identity.store, epoch=identity.epoch, sound=None))


def save(connection: Connection, new: Mapping[int, str]) -> None:
    """Replace the anchors. The caller has the lock of `wait_for_others`."""
    connection.execute(delete(anchors))
    if new:
        connection.execute(insert(anchors), [{"position": at, "digest": digest} for at, digest in new.items()])


def found_again(connection: Connection, identity: Identity) -> None:
    """What was followed is this log again: the end of a repair."""
    connection.execute(update(ground).values(store=identity.store, epoch=identity.epoch, sound=None))


def mark(connection: Connection, sound: int) -> None:
    """From now on no answer is complete beyond `sound`. A mark only goes down until a repair removes it."""
    lower = func.coalesce(ground.c.sound, sound) >= sound
    connection.execute(update(ground).where(lower).values(sound=sound))


def furthest(connection: Connection) -> dict[str, int]:
    """The highest position that each part has seen, by a name for people."""
    found = {row[0]: row[1] for row in connection.execute(_FURTHEST)}
    for id, delivered, again in connection.execute(_DELIVERED):
        found |= {f"webhook {id}": delivered, f"redelivery to webhook {id}": again}
    return found


def digest_of(stored: Stored) -> str | None:
    """A digest of what no other event has. None if the event is damaged: it may be the same one.

    It is stored, so it must not change: neither with the code nor with fields that metadata get later.
    """
    metadata = metadata_of(stored)
    if metadata is None:
        return None
    own = f"{stored.stream} {stored.version} {metadata.recorded_at.isoformat()} {metadata.command_id}"
    return sha256(own.encode()).hexdigest()


def with_anchor(known: Mapping[int, str], event: Stored) -> dict[int, str]:
    """The anchors, with this last event of the log. Those far back are kept less densely: at most 64 in all."""
    digest = digest_of(event)
    if digest is None:
        return dict(known)
    by_distance = {(event.position - at).bit_length(): at for at in sorted(known)}
    return {**{at: known[at] for at in by_distance.values()}, event.position: digest}


def in_the_log(known: Mapping[int, str], found: Iterable[Stored]) -> dict[int, str]:
    """The anchors whose events are in the log; `found` is what the log has at their positions."""
    digests = {stored.position: digest_of(stored) for stored in found}
    return {at: digest for at, digest in known.items() if at in digests and digests[at] in (None, digest)}

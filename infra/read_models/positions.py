"""How far each read model is on each partition. Stored with its rows; an update checks the old value.

`checkpoints` is the relay's side: every event up to `routed` was sent, and `last` holds the last position sent to each
partition. A read model is complete up to `routed` on a partition if it holds at least that partition's last position.
`followed` is how far others, such as the policies, have read the log, and `postponed` are the events that they come back to.
`deliveries` is how far each webhook's events were delivered. `settled` is how far events for everyone have reached all rows.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Integer,
    MetaData,
    Row,
    Table,
    Text,
    Uuid,
    bindparam,
    delete,
    exists,
    insert,
    select,
    update,
)

from infra.routing import Held
from projections.shared.rows import Instant

metadata = MetaData()

EVERYONE = UUID(int=0)
NEVER = 0
"""No read model has this version."""

positions = Table(
    "positions",
    metadata,
    Column("projection", Text, primary_key=True),
    Column("partition", Integer, primary_key=True),
    Column("position", BigInteger, nullable=False),
    Column("next_offset", BigInteger, nullable=False),
    Column("topic_id", Text, nullable=False),
)
checkpoints = Table(
    "checkpoints",
    metadata,
    Column("topic", Text, primary_key=True),
    Column("topic_id", Text, nullable=False),
    Column("partitions", Integer, nullable=False),
    Column("routed", BigInteger, nullable=False),
    Column("last", Text, nullable=False),
)
followed = Table(
    "followed",
    metadata,
    Column("name", Text, primary_key=True),
    Column("position", BigInteger, nullable=False),
)
postponed = Table(
    "postponed",
    metadata,
    Column("name", Text, primary_key=True),
    Column("position", BigInteger, primary_key=True),
)
deliveries = Table(
    "deliveries",
    metadata,
    Column("webhook_id", Uuid, primary_key=True),
    Column("position", BigInteger, nullable=False),
    Column("version", Integer, nullable=False),
    Column("failures", Integer, nullable=False),
    Column("failing_since", Instant),
    Column("due", Instant),
    Column("last_error", Text),
    Column("holder", Uuid),
    Column("held_until", Instant),
    Column("redelivered", Integer, nullable=False),
    Column("redelivered_to", BigInteger, nullable=False),
)
settled = Table(
    "settled",
    metadata,
    Column("projection", Text, primary_key=True),
    Column("partition", Integer, primary_key=True),
    Column("upto", BigInteger, nullable=False),
    Column("target", BigInteger),
    Column("cursor", Uuid),
)
projections = Table(
    "projections",
    metadata,
    Column("name", Text, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("partitions", Integer, nullable=False),
)
dead_letters = Table(
    "dead_letters",
    metadata,
    Column("projection", Text, primary_key=True),
    Column("position", BigInteger, primary_key=True),
    Column("partition", Integer, primary_key=True),
    Column("subject", Uuid, primary_key=True, index=True),
    Column("type", Text, nullable=False),
    Column("error", Text, nullable=False),
    Column("traceback", Text, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("since", Instant, nullable=False),
    Column("discarded", Integer, nullable=False, server_default="0"),
)


_REGISTERED = select(
    projections.c.name,
    projections.c.version,
    projections.c.partitions,
    exists().where(dead_letters.c.projection == projections.c.name).label("has_dead_letters"),
)
_REGISTERED_AS = _REGISTERED.where(projections.c.name == bindparam("name", type_=Text()))


class Registered(NamedTuple):
    """The code version and number of partitions with which a read model's rows were made, and whether it has dead letters."""

    version: int
    partitions: int
    has_dead_letters: bool


class Outdated(Exception):
    """The rows were made by another version of the code or for another number of partitions, and wait for a rebuild."""


class Superseded(Exception):
    """Another process has advanced this position and owns the partition now. This process wrote nothing."""


def held(connection: Connection, projection: str) -> dict[int, Held]:
    """The position that the projection holds, by partition."""
    rows = connection.execute(select(positions).where(positions.c.projection == projection))
    return {row.partition: Held(row.position, row.next_offset, row.topic_id) for row in rows}


def all_held(connection: Connection) -> dict[str, dict[int, Held]]:
    """The same for every projection, by name."""
    places: dict[str, dict[int, Held]] = defaultdict(dict)
    for row in connection.execute(select(positions)):
        places[row.projection][row.partition] = Held(row.position, row.next_offset, row.topic_id)
    return places


def registered(connection: Connection, projection: str) -> Registered | None:
    """The version, partitions and dead letters of a read model; None if it was never started."""
    row = connection.execute(_REGISTERED_AS, {"name": projection}).one_or_none()
    return None if row is None else _registered(row)


def all_registered(connection: Connection) -> dict[str, Registered]:
    """The same for every read model that was ever started, by name."""
    return {row.name: _registered(row) for row in connection.execute(_REGISTERED)}


def _registered(row: Row[Any]) -> Registered:
    return Registered(row.version, row.partitions, bool(row.has_dead_letters))


def require_current(known: Registered | None, projection: str, version: int, partitions: int) -> Registered:
    """Raises Outdated if the rows were made with another version or number of partitions."""
    if known is None:
        raise Outdated(f"{projection} was never started")
    if known.version == NEVER:
        raise Outdated(f"{projection} waits for a rebuild: its rows are not those that the log gives")
    if known[:2] != (version, partitions):
        raise Outdated(
            f"{projection} was made by version {known.version} for {known.partitions} partitions; the code now has version"
            f" {version} for {partitions}, so it waits for a rebuild"
        )
    return known


def begin(connection: Connection, projection: str, version: int, partitions: int, topic_id: str) -> None:
    """Store the positions of a read model that starts at the beginning of the log."""
    connection.execute(insert(projections).values(name=projection, version=version, partitions=partitions))
    fresh = [
        {"projection": projection, "partition": p, "position": 0, "next_offset": 0, "topic_id": topic_id}
        for p in range(partitions)
    ]
    connection.execute(insert(positions), fresh)
    settle_at(connection, projection, dict.fromkeys(range(partitions), 0))


def settle_at(connection: Connection, projection: str, at: Mapping[int, int]) -> None:
    """From now on, all rows of each partition have what events for everyone up to its position change."""
    connection.execute(delete(settled).where(settled.c.projection == projection))
    rows = [{"projection": projection, "partition": p, "upto": upto, "target": None, "cursor": None} for p, upto in at.items()]
    connection.execute(insert(settled), rows)


def outdate(connection: Connection, *names: str) -> None:
    """From now on these read models wait for a rebuild: their rows are not those of the log."""
    connection.execute(update(projections).where(projections.c.name.in_(names)).values(version=NEVER))

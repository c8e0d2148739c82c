"""The health of the read models, for people and for probes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import msgspec
from sqlalchemy import Connection, func, select

from consumers.projecting.lane import Lane, State
from infra.event_store.store import EventStore
from infra.read_models.completeness import Completeness
from infra.read_models.database import ReadModels
from infra.read_models.positions import dead_letters, registered
from projections.shared.projection import Projection

WORST_FIRST: tuple[State, ...] = ("stopped", "outdated", "retrying", "live")


class ProjectionStatus(msgspec.Struct, frozen=True):
    """The status of a read model.

    `lag` is the head of the log minus the position up to which all rows are complete. `broken` are the partitions whose chain
    has been broken for too long.
    """

    name: str
    state: State
    reason: str
    positions: dict[int, int]
    complete_to: int
    lag: int
    dead_letters: int
    broken: tuple[int, ...] = ()

    @property
    def healthy(self) -> bool:
        return self.state == "live" and not self.dead_letters and not self.broken


class Status(msgspec.Struct, frozen=True):
    head: int
    projections: tuple[ProjectionStatus, ...]

    @property
    def healthy(self) -> bool:
        return all(each.healthy for each in self.projections)


def status(
    projections: Sequence[Projection],
    lanes: Iterable[Lane],
    store: EventStore,
    read_models: ReadModels,
    completeness: Completeness,
    partitions: int,
) -> Status:
    """The status from the stored positions and from the lanes of this process. Raises the errors of the databases."""
    head = store.head()
    # Before a connection is taken: one that waits for a second one keeps it from others, and enough of them wait for ever.
    reached = {projection.name: completeness.up_to(projection.name) for projection in projections}
    by_name: dict[str, list[Lane]] = {}
    for lane in lanes:
        by_name.setdefault(lane.projection.name, []).append(lane)
    with read_models.reader.connect() as connection:
        letters = _dead_letters(connection)
        return Status(
            head,
            tuple(
                _status(connection, projection, by_name.get(projection.name, []), head, letters, reached, partitions)
                for projection in projections
            ),
        )


def _status(
    connection: Connection,
    projection: Projection,
    lanes: list[Lane],
    head: int,
    letters: dict[str, int],
    reached: Mapping[str, int],
    partitions: int,
) -> ProjectionStatus:
    complete_to = reached[projection.name]
    state, reason = _state(lanes)
    known = registered(connection, projection.name)
    if known and known[:2] != (projection.version, partitions):
        state, reason = "outdated", reason or "waits for a rebuild"
    return ProjectionStatus(
        projection.name,
        state,
        reason,
        {lane.partition: lane.held.position for lane in lanes},
        complete_to,
        max(0, head - complete_to),
        letters.get(projection.name, 0),
        tuple(lane.partition for lane in lanes if lane.reported),
    )


def _state(lanes: list[Lane]) -> tuple[State, str]:
    worst = min(lanes, key=lambda lane: WORST_FIRST.index(lane.state), default=None)
    return (worst.state, worst.reason) if worst else ("live", "")


def _dead_letters(connection: Connection) -> dict[str, int]:
    query = (
        select(dead_letters.c.projection, func.count()).where(dead_letters.c.discarded == 0).group_by(dead_letters.c.projection)
    )
    return {row[0]: row[1] for row in connection.execute(query)}

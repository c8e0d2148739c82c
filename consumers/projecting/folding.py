"""Folds events into a read model; if that fails, finds the event that causes the failure."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from sqlalchemy import Connection, Table

from consumers.projecting.arrivals import Arrival
from consumers.projecting.faults import is_transient
from consumers.projecting.set_aside import ForEveryone, SetAside
from infra.routing import OnPartitions
from projections.shared.projection import Delivery, Projection
from projections.shared.rows import Rows


class Unfoldable(Exception):
    """A batch contains an event that cannot be folded. Fold the batch again, one event at a time."""


def rows_on(
    connection: Connection, here: Collection[int], partitions: int, shadows: Mapping[Table, Table] | None = None
) -> Rows:
    """The rows that a projection may change on these partitions."""
    return Rows(connection, shadows, OnPartitions(here, partitions))


def fold(
    projection: Projection,
    rows: Rows,
    arrivals: Sequence[Arrival],
    aside: SetAside,
    *,
    one_by_one: bool = False,
    settle: bool = False,
) -> ForEveryone | None:
    """Folds the events together, or each in its own savepoint, so that only a failing event is set aside.

    Returns the event that stops the read model, if there is one: every event before it was folded, and none after it. With
    `settle`, events for everyone reach all rows, and not later in portions. Raises Unfoldable if the events are folded
    together, and transient errors in both cases.
    """
    rows = rows.without(aside.waiting)
    ready: list[Delivery] = []
    stop = None
    try:
        for arrival in arrivals:
            if ready and arrival.delivery is None:
                # From here on the subjects of this event wait and skip events for everyone. Earlier events must still
                # reach these subjects, so they are folded first.
                _apply(projection, ready, rows)
                ready = []
            delivery = aside.admit(arrival)
            if delivery is None:
                continue
            if one_by_one:
                _try(projection, rows, arrival._replace(here=delivery.here, delivery=delivery), aside)
            else:
                ready.append(delivery)
    except ForEveryone as everyone:
        stop = everyone
    if ready:
        _apply(projection, ready, rows)
    if settle and projection.settling and any(arrival.everyone for arrival in arrivals):
        projection.settling.whole(rows, rows.settled, arrivals[-1].position + 1)
    return stop


def _apply(projection: Projection, deliveries: Sequence[Delivery], rows: Rows) -> None:
    try:
        projection.apply(deliveries, rows)
    except Exception as error:
        if is_transient(error):
            raise
        raise Unfoldable(f"{projection.name} cannot fold one of {len(deliveries)} events") from error


def _try(projection: Projection, rows: Rows, arrival: Arrival, aside: SetAside) -> None:
    assert arrival.delivery is not None
    try:
        with rows.connection.begin_nested():
            projection.apply([arrival.delivery], rows)
    except Exception as error:
        if is_transient(error):
            raise
        aside.refuse(arrival, error)

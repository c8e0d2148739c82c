"""When things were recorded for a customer, and when they happened: few ticks for two tracks of a slider.

A tick is the last moment of a run of moments that follow each other, with the number of events in the run. So at each tick
everything that it counts was recorded, or had happened.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from projections.customers.timeline import ALL, By, moments, of_customers
from projections.shared.rows import Row

TICKS = 500
"""The ticks of a track, at most."""
_TIMES = (moments.c.position, moments.c.recorded_at, moments.c.occurred_at)


def ticks(connection: Connection, customer_ids: Collection[UUID], by: By = ALL) -> Row:
    """The ticks of the events that the timeline of these customers has, by `recorded` and by `occurred`.

    A tick of `recorded` has the `position` of its last event too.
    """
    rows = connection.execute(of_customers(customer_ids, _TIMES, *by.conditions()).order_by(moments.c.position)).all()
    # The events of one commit have one time: its last position stands for all of them.
    last = {row.recorded_at: row.position for row in rows}
    recorded = _track(row.recorded_at for row in rows)
    return {
        "events": len(rows),
        "recorded": [tick | {"position": last[tick["at"]]} for tick in recorded],
        "occurred": list(_track(row.occurred_at for row in rows)),
    }


def _track(times: Iterable[datetime]) -> Iterator[dict[str, Any]]:
    counted = sorted(Counter(times).items())
    run = -(-len(counted) // TICKS)
    for start in range(0, len(counted), run or 1):
        together = counted[start : start + run]
        yield {"at": together[-1][0], "events": sum(events for _, events in together)}

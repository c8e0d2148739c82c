"""Read models of a few streams, folded again in memory: the same code gives their answers as of any moment.

So a history can show a resource before and after each event, in the form of the usual answer.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from sqlalchemy import Connection, Engine, create_engine
from sqlalchemy.pool import StaticPool

from domain.shared.events import Recorded
from projections.shared.projection import Delivery, Projection
from projections.shared.raw_ids import store_raw_ids
from projections.shared.rows import Rows

IDLE = 2
"""Databases that wait for the next fold of the same read models, at most. Each takes some ten kilobytes for a table."""

_idle: defaultdict[tuple[str, ...], deque[Engine]] = defaultdict(deque)


class Fold:
    """The read models' tables in memory. They change with each event that is applied."""

    def __init__(self, projections: Sequence[Projection], connection: Connection) -> None:
        self._projections, self._rows = projections, Rows(connection)
        self.connection = connection

    def apply(self, events: Sequence[Recorded]) -> None:
        deliveries = [_delivered(event) for event in events]
        for projection in self._projections:
            if wanted := [delivery for delivery in deliveries if projection.wants(delivery.recorded.type)]:
                projection.apply(wanted, self._rows)


@contextmanager
def folded(*projections: Projection) -> Iterator[Fold]:
    """The read models before any event. What is folded is rolled back at the end, so the tables are made once for many."""
    waiting = _idle[tuple(projection.name for projection in projections)]
    try:
        engine = waiting.pop()
    except IndexError:
        engine = _with_tables(projections)
    reusable = False
    try:
        with engine.connect() as connection:
            yield Fold(projections, connection)
            connection.rollback()
            reusable = len(waiting) < IDLE
    finally:
        if reusable:
            waiting.append(engine)
        else:
            engine.dispose()


def _with_tables(projections: Sequence[Projection]) -> Engine:
    engine = create_engine("sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False})
    store_raw_ids(engine)
    with engine.begin() as connection:
        for projection in projections:
            for table in projection.tables:
                table.create(connection)
    return engine


def _delivered(event: Recorded) -> Delivery:
    return Delivery(event, frozenset((event.metadata.subject, *event.metadata.concerns)))

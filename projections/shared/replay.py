"""A read model of a few streams, folded again in memory: the same code gives its answer as of any moment.

So a history can show a resource before and after each event, in the form of the usual answer.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from sqlalchemy import Connection, create_engine
from sqlalchemy.pool import StaticPool

from domain.shared.events import Recorded
from projections.shared.projection import Delivery, Projection
from projections.shared.raw_ids import store_raw_ids
from projections.shared.rows import Rows


class Fold:
    """The read model's tables in memory. They change with each event that is applied."""

    def __init__(self, projection: Projection, connection: Connection) -> None:
        self._projection, self._rows = projection, Rows(connection)
        self.connection = connection

    def apply(self, events: Sequence[Recorded]) -> None:
        if events:
            self._projection.apply([_delivered(event) for event in events], self._rows)


@contextmanager
def folded(projection: Projection) -> Iterator[Fold]:
    """The read model before any event."""
    engine = create_engine("sqlite://", poolclass=StaticPool)
    store_raw_ids(engine)
    try:
        with engine.begin() as connection:
            for table in projection.tables:
                table.create(connection)
            yield Fold(projection, connection)
    finally:
        engine.dispose()


def _delivered(event: Recorded) -> Delivery:
    return Delivery(event, frozenset((event.metadata.subject, *event.metadata.concerns)))

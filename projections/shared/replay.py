"""A read model of a few streams, folded again in memory: the same code gives its answer as of any moment.

So a history can show a resource before and after each event, in the form of the usual answer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TypeVar

from sqlalchemy import Connection, create_engine
from sqlalchemy.pool import StaticPool

from domain.shared.events import Recorded
from projections.shared.projection import Delivery, Projection
from projections.shared.rows import Rows

T = TypeVar("T")


@contextmanager
def folded(projection: Projection, events: Sequence[Recorded] = ()) -> Iterator[Rows]:
    """The read model's tables in memory, after these events."""
    engine = create_engine("sqlite://", poolclass=StaticPool)
    try:
        with engine.begin() as connection:
            for table in projection.tables:
                table.create(connection)
            rows = Rows(connection)
            if events:
                projection.apply([_delivered(event) for event in events], rows)
            yield rows
    finally:
        engine.dispose()


def states(
    projection: Projection, events: Sequence[Recorded], query: Callable[[Connection], T]
) -> Iterator[tuple[Recorded, T, T]]:
    """Each event with the query's answer before and after it."""
    with folded(projection) as rows:
        before = query(rows.connection)
        for event in events:
            projection.apply([_delivered(event)], rows)
            after = query(rows.connection)
            yield event, before, after
            before = after


def _delivered(event: Recorded) -> Delivery:
    return Delivery(event, frozenset((event.metadata.subject, *event.metadata.concerns)))

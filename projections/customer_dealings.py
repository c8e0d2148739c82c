"""What we had to do with a customer of late, put together from other read models when asked.

Tickets, interactions and feedback stay with the subject they were recorded under, whoever they are given to later, so no row of
the customer holds a count of them.
"""

from __future__ import annotations

from collections.abc import Collection
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Select, Table, select

from projections import feedback, interactions
from projections.ratios import ratio
from projections.rows import Row
from projections.segment_labels import labels
from projections.segment_models import known
from projections.ticket_course import FINISHED
from projections.tickets import ticket_rows

READ = ("tickets", "interactions", "feedback", "segment_labels")
"""The read models it is made of."""
DEALINGS = ("tickets", "last_interaction", "last_feedback", "segments")

INTERACTION = ("channel", "direction", "agent", "occurred_at", "occurred_on")
FEEDBACK = ("kind", "status", "channel", "score", "submitted_at", "submitted_on")


def dealings_of(connection: Connection, customer_id: UUID, merged: Collection[UUID] = ()) -> Row:
    """Tickets, the last interaction and feedback of the customer and everyone merged into them; the customer's own labels."""
    everyone = (customer_id, *merged)
    return {
        "tickets": _tickets(connection, everyone),
        "last_interaction": _last_interaction(connection, everyone),
        "last_feedback": _last_feedback(connection, everyone),
        "segments": _segments(connection, customer_id),
    }


def _tickets(connection: Connection, customers: Collection[UUID]) -> Row:
    """Discarded ones are left out. A ticket that ended before it began, as sources say, has no processing time."""
    table = ticket_rows.c
    mine = select(table.status, table.opened_at, table.resolved_at).where(
        table.customer_id.in_(customers), table.discarded.is_(None)
    )
    found = connection.execute(mine).all()
    finished = [row for row in found if row.status in FINISHED]
    times = [row.resolved_at - row.opened_at for row in finished if row.resolved_at and row.resolved_at >= row.opened_at]
    seconds = sum((Decimal(str(time.total_seconds())) for time in times), Decimal(0))
    definition = "sum of (end - start) / tickets solved or closed, start = opened, end = last solved or closed"
    return {
        "open": len(found) - len(finished),
        "total": len(found),
        "processing_time": ratio(seconds, len(times), "seconds", definition, "no ticket was solved or closed"),
    }


def _last_interaction(connection: Connection, customers: Collection[UUID]) -> Row | None:
    """What was retracted is none."""
    rows = interactions.tables.rows
    mine = _shown(rows, INTERACTION).where(rows.c.customer_id.in_(customers), rows.c.retracted_at.is_(None))
    return _first(connection, mine.order_by(rows.c.occurred_at.desc(), rows.c.position.desc()))


def _last_feedback(connection: Connection, customers: Collection[UUID]) -> Row | None:
    """What was only asked for is none."""
    rows = feedback.tables.rows
    mine = _shown(rows, FEEDBACK).where(rows.c.customer_id.in_(customers), rows.c.submitted_at.is_not(None))
    return _first(connection, mine.order_by(rows.c.submitted_at.desc(), rows.c.position.desc()))


def _shown(table: Table, names: Collection[str]) -> Select[Any]:
    """The columns, without what is personal; the key is called `id`."""
    [key] = table.primary_key
    return select(key.label("id"), *(table.c[name] for name in names))


def _first(connection: Connection, query: Select[Any]) -> Row | None:
    row = connection.execute(query.limit(1)).mappings().first()
    return None if row is None else dict(row)


def _segments(connection: Connection, customer_id: UUID) -> dict[str, str | None]:
    """The label by each active model, by the model's name; None where the customer lacks a feature."""
    mine = select(labels.c.model_id, labels.c.cluster).where(labels.c.customer_id == customer_id)
    clusters = {row.model_id: row.cluster for row in connection.execute(mine)}
    models = [model for model in known(connection).active if model.model_id in clusters] if clusters else []
    return {
        model.fitted.name: None if (cluster := clusters[model.model_id]) is None else model.cluster_names[cluster]
        for model in models
    }

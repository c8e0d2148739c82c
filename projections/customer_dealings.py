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

from projections import customer_leads, feedback, interactions
from projections.merging import merged_into, same_customer
from projections.ratios import ratio
from projections.rows import Row
from projections.segment_labels import seen
from projections.segment_models import known
from projections.ticket_course import FINISHED
from projections.tickets import ticket_rows
from projections.whole_behaviour import whole

READ = (*customer_leads.READ, "tickets", "interactions", "feedback", "segment_labels")
"""The read models it is made of."""
DEALINGS = ("tickets", "last_interaction", "last_feedback", "segments")

INTERACTION = ("channel", "direction", "agent", "occurred_at", "occurred_on")
FEEDBACK = ("kind", "status", "channel", "score", "submitted_at", "submitted_on")


def dealings_of(connection: Connection, customer_id: UUID) -> Row:
    """Tickets, the last interaction and feedback, and labels, of the customer with everyone merged into them."""
    return {
        "tickets": _tickets(connection, customer_id),
        "last_interaction": _last_interaction(connection, customer_id),
        "last_feedback": _last_feedback(connection, customer_id),
        "segments": _segments(connection, customer_id),
    }


def _tickets(connection: Connection, customer_id: UUID) -> Row:
    """Discarded ones are left out. A ticket that ended before it began, as sources say, has no processing time."""
    table = ticket_rows.c
    mine = select(table.status, table.opened_at, table.resolved_at).where(
        table.customer_id.in_(same_customer(customer_id)), table.discarded.is_(None)
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


def _last_interaction(connection: Connection, customer_id: UUID) -> Row | None:
    """What was retracted is none."""
    rows = interactions.tables.rows
    mine = _shown(rows, INTERACTION).where(interactions.of_customer(customer_id), rows.c.retracted_at.is_(None))
    return _first(connection, mine.order_by(rows.c.occurred_at.desc(), rows.c.position.desc()))


def _last_feedback(connection: Connection, customer_id: UUID) -> Row | None:
    """What was only asked for is none."""
    rows = feedback.tables.rows
    mine = _shown(rows, FEEDBACK).where(feedback.of_customer(customer_id), rows.c.submitted_at.is_not(None))
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
    now = known(connection)
    behaviour = whole(connection, customer_id, merged_into(connection, customer_id)) if now.active else None
    if behaviour is None:
        return {}
    clusters = {model.model_id: seen(model, behaviour, now.ended).cluster for model in now.active}
    return {
        model.fitted.name: None if (cluster := clusters[model.model_id]) is None else model.cluster_names[cluster]
        for model in now.active
    }

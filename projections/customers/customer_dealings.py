"""Recent dealings with a customer, computed from other read models at query time.

Tickets, interactions and feedback stay with the subject they were recorded under, even if they are linked to another customer
later. So no row of the customer holds a count of them.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, CursorResult, Select, Table, select

from projections.customers import customer_leads, feedback, interactions
from projections.customers.merging import EVERYONE
from projections.customers.whole_behaviour import behaviour_of
from projections.marketing.segment_labels import seen
from projections.marketing.segment_models import known
from projections.service.ticket_course import FINISHED
from projections.service.tickets import ticket_rows
from projections.shared.ratios import ratio
from projections.shared.rows import Row

READ = (*customer_leads.READ, "tickets", "interactions", "feedback", "segment_labels")
"""The read models that the answer is computed from."""
DEALINGS = ("tickets", "last_interaction", "last_feedback", "segments")

INTERACTION = ("channel", "direction", "agent", "occurred_at", "occurred_on")
FEEDBACK = ("kind", "status", "channel", "score", "submitted_at", "submitted_on")


def dealings_of(connection: Connection, customer_id: UUID, merged: Sequence[UUID]) -> Row:
    """Ticket figures, last interaction, last feedback and labels of the customer and everyone `merged` into them."""
    everyone = {"everyone": [customer_id, *merged]}
    return {
        "tickets": _times(connection.execute(_TICKETS, everyone).all()),
        "last_interaction": _first(connection.execute(_LAST_INTERACTION, everyone)),
        "last_feedback": _first(connection.execute(_LAST_FEEDBACK, everyone)),
        "segments": _segments(connection, customer_id, merged),
    }


def _tickets(table: Table = ticket_rows) -> Select[Any]:
    """The customers' tickets, without discarded ones."""
    mine = select(table.c.status, table.c.opened_at, table.c.resolved_at)
    return mine.where(table.c.customer_id.in_(EVERYONE), table.c.discarded.is_(None))


def _times(found: Sequence[Any]) -> Row:
    """Counts and the mean processing time. A ticket that ended before it was opened, as some sources report, has none."""
    finished = [row for row in found if row.status in FINISHED]
    times = [row.resolved_at - row.opened_at for row in finished if row.resolved_at and row.resolved_at >= row.opened_at]
    seconds = sum((Decimal(str(time.total_seconds())) for time in times), Decimal(0))
    definition = "sum of (end - start) / tickets solved or closed, start = opened, end = last solved or closed"
    return {
        "open": len(found) - len(finished),
        "total": len(found),
        "processing_time": ratio(seconds, len(times), "seconds", definition, "no ticket was solved or closed"),
    }


def _last_interaction(rows: Table = interactions.tables.rows) -> Select[Any]:
    """The query for the last interaction; a retracted one does not count."""
    mine = _shown(rows, INTERACTION).where(interactions.of_customers(EVERYONE), rows.c.retracted_at.is_(None))
    return mine.order_by(rows.c.occurred_at.desc(), rows.c.position.desc()).limit(1)


def _last_feedback(rows: Table = feedback.tables.rows) -> Select[Any]:
    """The query for the last feedback; a request without a submission does not count."""
    mine = _shown(rows, FEEDBACK).where(feedback.of_customers(EVERYONE), rows.c.submitted_at.is_not(None))
    return mine.order_by(rows.c.submitted_at.desc(), rows.c.position.desc()).limit(1)


def _shown(table: Table, names: Collection[str]) -> Select[Any]:
    """These columns, none of which is personal; the key is called `id`."""
    [key] = table.primary_key
    return select(key.label("id"), *(table.c[name] for name in names))


# These queries run for every customer that is read. They are built once, because building one costs more than running it.
_TICKETS, _LAST_INTERACTION, _LAST_FEEDBACK = _tickets(), _last_interaction(), _last_feedback()


def _first(found: CursorResult[Any]) -> Row | None:
    row = found.mappings().first()
    return None if row is None else dict(row)


def _segments(connection: Connection, customer_id: UUID, merged: Sequence[UUID]) -> dict[str, str | None]:
    """The customer's label by each active model, by the model's name; None if the customer lacks a feature."""
    now = known(connection)
    behaviour = behaviour_of(connection, customer_id, merged) if now.active else None
    if behaviour is None:
        return {}
    clusters = {model.model_id: seen(model, behaviour, now.ended).cluster for model in now.active}
    return {
        model.fitted.name: None if (cluster := clusters[model.model_id]) is None else model.cluster_names[cluster]
        for model in now.active
    }

"""Recent dealings with a customer, computed from other read models at query time.

Tickets, interactions and feedback stay with the subject they were recorded under, even if they are linked to another customer
later. So no row of the customer holds a count of them.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, FromClause, Select, Table, select

from projections.customers import customer_leads, feedback, interactions
from projections.customers.customer_behaviour import Behaviour
from projections.customers.customer_leads import last_of_each
from projections.customers.merging import EVERYONE, AnyRow, Wholes, of_wholes
from projections.customers.whole_behaviour import behaviours_of
from projections.segmentation.segment_models import Model, known
from projections.segmentation.segment_moves import seen
from projections.service.ticket_course import FINISHED
from projections.service.tickets import ticket_rows
from projections.shared.ratios import ratio
from projections.shared.rows import Row

READ = (*customer_leads.READ, "tickets", "interactions", "feedback", "segment_labels")
"""The read models that the answer is computed from."""
DEALINGS = ("tickets", "last_interaction", "last_feedback", "segments")

INTERACTION = ("channel", "direction", "agent", "occurred_at", "occurred_on")
FEEDBACK = ("kind", "status", "channel", "score", "submitted_at", "submitted_on")


def dealings_of(connection: Connection, wholes: Wholes) -> dict[UUID, Row]:
    """By customer: ticket figures, last interaction, last feedback and labels of them and everyone merged into them."""
    tickets = of_wholes(connection, _TICKETS, wholes)
    spoken, said = of_wholes(connection, _LAST_INTERACTION, wholes), of_wholes(connection, _LAST_FEEDBACK, wholes)
    segments = _segments(connection, wholes)
    return {
        id: {
            "tickets": _times(tickets[id]),
            "last_interaction": _last(spoken[id], INTERACTION),
            "last_feedback": _last(said[id], FEEDBACK),
            "segments": segments[id],
        }
        for id in wholes
    }


def _tickets(table: Table = ticket_rows) -> Select[Any]:
    """The customers' tickets, without discarded ones."""
    mine = select(table.c.customer_id, table.c.status, table.c.opened_at, table.c.resolved_at)
    return mine.where(table.c.customer_id.in_(EVERYONE), table.c.discarded.is_(None))


def _times(found: Sequence[AnyRow]) -> Row:
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


def _counted_interaction(row: FromClause) -> ColumnElement[bool]:
    """A retracted interaction does not count."""
    return row.c.retracted_at.is_(None)


def _counted_feedback(row: FromClause) -> ColumnElement[bool]:
    """A request without a submission does not count. Once there is a submission, `occurred_at` is its time."""
    return row.c.submitted_at.is_not(None)


# These queries run for every customer that is read. They are built once, because building one costs more than running it.
_TICKETS = _tickets()
_LAST_INTERACTION = last_of_each(interactions.tables.rows, INTERACTION, _counted_interaction, interactions.of_lead)
_LAST_FEEDBACK = last_of_each(feedback.tables.rows, FEEDBACK, _counted_feedback, feedback.of_lead)


def _last(found: Sequence[AnyRow], names: Collection[str]) -> Row | None:
    """The last of these rows; the key is called `id`. None of the columns is personal."""
    if not found:
        return None
    last = max(found, key=lambda row: (row.at, row.position))
    return {name: getattr(last, name) for name in ("id", *names)}


def _segments(connection: Connection, wholes: Wholes) -> dict[UUID, dict[str, str | None]]:
    """By customer: their label by each active model, by the model's name; None if they lack a feature."""
    now = known(connection)
    behaviours = behaviours_of(connection, wholes) if now.active else {}
    return {id: _labels(now.active, behaviours[id], now.ended) if id in behaviours else {} for id in wholes}


def _labels(active: Sequence[Model], behaviour: Behaviour, ended: date | None) -> dict[str, str | None]:
    clusters = [(model, seen(model, behaviour, ended).cluster) for model in active]
    return {model.fitted.name: None if cluster is None else model.cluster_names[cluster] for model, cluster in clusters}

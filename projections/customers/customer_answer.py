"""One customer with everyone who was merged into them: who they are and what their orders came to, put together when asked."""

from __future__ import annotations

from datetime import UTC, date, tzinfo
from uuid import UUID

from sqlalchemy import Connection

from projections.customers.customer_money import money_of
from projections.customers.customers import profile_of
from projections.customers.merging import merged_into
from projections.shared.rows import Row


def get(connection: Connection, customer_id: UUID, today: date, zone: tzinfo = UTC) -> Row | None:
    """The customer's profile, who was merged into them, and under `money` by currency what the orders of all came to."""
    found = profile_of(connection, customer_id)
    if found is None:
        return None
    merged = merged_into(connection, customer_id)
    return found | {"merged_ids": merged, "money": money_of(connection, [customer_id, *merged], today, zone)}

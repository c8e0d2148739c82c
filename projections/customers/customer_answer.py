"""One customer with everyone merged into them: the profile and the sums of their orders, computed at query time."""

from __future__ import annotations

from datetime import UTC, date, tzinfo
from uuid import UUID

from sqlalchemy import Connection

from projections.customers.customer_money import money_of
from projections.customers.customers import profile_of
from projections.customers.merging import merged_into
from projections.shared.rows import Row


def get(connection: Connection, customer_id: UUID, today: date, zone: tzinfo = UTC) -> Row | None:
    """The customer's profile, the ids merged into them, and under `money` the sums of all their orders by currency."""
    found = profile_of(connection, customer_id)
    if found is None:
        return None
    merged = merged_into(connection, customer_id)
    return found | {"merged_ids": merged, "money": money_of(connection, [customer_id, *merged], today, zone)}

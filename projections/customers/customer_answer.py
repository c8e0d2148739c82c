"""One customer with everyone merged into them: the profile and the sums of their orders, computed at query time."""

from __future__ import annotations

from datetime import UTC, date, tzinfo
from uuid import UUID

from sqlalchemy import Connection

from projections.customers import customer_list
from projections.customers.customer_money import money_of
from projections.shared.rows import Row


def get(connection: Connection, customer_id: UUID, today: date, zone: tzinfo = UTC, *, survivor: bool = False) -> Row | None:
    """The customer's profile, the ids merged into them, and under `money` the sums of all their orders by currency.

    With `survivor`, a merged customer is replaced by the merge survivor.
    """
    found = (customer_list.get_survivor if survivor else customer_list.get)(connection, customer_id)
    if found is None:
        return None
    return found | {"money": money_of(connection, [found["customer_id"], *found["merged_ids"]], today, zone)}

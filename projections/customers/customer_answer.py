"""One customer with everyone merged into them: the profile, the sums of their orders, and recent dealings, at query time.

Several customers that are asked for at the same time are answered together: each query runs once for all of them.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import UTC, date, tzinfo
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import Connection

from projections.customers import customer_dealings, customer_list
from projections.customers.customer_dealings import dealings_of
from projections.customers.customer_money import money, orders_of
from projections.shared.rows import Row

READ = tuple(dict.fromkeys(("orders", *customer_dealings.READ)))
"""The read models that the answer is computed from."""
COMPUTED = ("money", *customer_dealings.DEALINGS)
"""The fields that are not the customer's own."""


class Asked(NamedTuple):
    """A customer who is asked for; with `survivor`, a merged customer is replaced by the merge survivor.

    `today` and the days of orders are those in `zone`.
    """

    customer_id: UUID
    today: date
    zone: tzinfo = UTC
    survivor: bool = False


def answers(connection: Connection, asked: Collection[Asked]) -> dict[Asked, Row]:
    """The answer for each customer who is asked for. Unknown customers are left out.

    It is the customer's profile, the ids merged into them, under `money` the sums of all their orders by currency, and
    recent dealings with them.
    """
    rows = customer_list.get_all(connection, {one.customer_id for one in asked})
    chosen = {one: one.customer_id for one in asked}
    while merged := {one: into for one in asked if one.survivor and (into := _merged_into(rows, chosen[one])) is not None}:
        chosen |= merged
        rows |= customer_list.get_all(connection, set(merged.values()) - rows.keys())
    wholes = {id: [id, *rows[id]["merged_ids"]] for id in chosen.values() if id in rows}
    orders, dealings = orders_of(connection, wholes), dealings_of(connection, wholes)
    return {
        one: {**rows[id], "money": money(orders[id], one.today, one.zone), **dealings[id]}
        for one, id in chosen.items()
        if id in rows
    }


def _merged_into(rows: Mapping[UUID, Row], id: UUID) -> UUID | None:
    into: UUID | None = rows[id]["merged_into"] if id in rows else None
    return into

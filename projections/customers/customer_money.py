"""The sums of a customer's orders by currency, computed from the rows of `orders` at query time.

Orders stay with the subject they were placed under, even if they are linked to another customer later. So no row of the
customer holds a sum.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import UTC, date, tzinfo
from decimal import Decimal
from uuid import UUID

from sqlalchemy import Connection, select

from domain.shared.money import from_minor_units
from projections.sales.orders import order_rows
from projections.shared.occurred import day_of
from projections.shared.rows import Row


def money_of(connection: Connection, customer_ids: Collection[UUID], today: date, zone: tzinfo = UTC) -> dict[str, Row]:
    """By currency: the number of orders and their sums, without test orders; the first and last day of an order in `zone`.

    The caller gives the ids of the customer and of everyone merged into them.
    """
    mine = select(order_rows).where(order_rows.c.customer_id.in_(customer_ids), order_rows.c.test.is_(False))
    by_currency: dict[str, list[Row]] = {}
    for row in connection.execute(mine).mappings():
        by_currency.setdefault(row["currency"], []).append(dict(row))
    return {currency: _sums(of, currency, today, zone) for currency, of in sorted(by_currency.items())}


def _sums(of: Sequence[Row], currency: str, today: date, zone: tzinfo) -> Row:
    days = sorted(day_of(row["placed_at"], row["placed_on"], zone) for row in of)
    sums: dict[str, Decimal] = {
        name: from_minor_units(sum(row[name] for row in of), currency) for name in ("gross", "refunded", "net")
    }
    return {
        "orders": len(of),
        **sums,
        "first_order_on": days[0],
        "last_order_on": days[-1],
        # An order keeps the day that it was recorded with; in a zone further east, that day may not have begun here.
        "days_since_last_order": max((today - days[-1]).days, 0),
    }

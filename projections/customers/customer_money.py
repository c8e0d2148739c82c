"""The sums of a customer's orders by currency, computed from the rows of `orders` at query time.

Orders stay with the subject they were placed under, even if they are linked to another customer later. So no row of the
customer holds a sum.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, date, tzinfo
from decimal import Decimal
from uuid import UUID

from sqlalchemy import Connection, select

from domain.shared.money import from_minor_units
from projections.customers.merging import EVERYONE, AnyRow, Wholes, of_wholes
from projections.sales.orders import order_rows
from projections.shared.occurred import day_of
from projections.shared.rows import Row

AMOUNTS = ("gross", "refunded", "net")

Order = AnyRow
"""An order's customer, currency, amounts and day."""

_ORDERS = select(*(order_rows.c[name] for name in ("customer_id", "currency", *AMOUNTS, "placed_at", "placed_on"))).where(
    order_rows.c.customer_id.in_(EVERYONE), order_rows.c.test.is_(False)
)


def orders_of(connection: Connection, wholes: Wholes) -> dict[UUID, list[Order]]:
    """The orders of each customer and everyone merged into them, without test orders."""
    return of_wholes(connection, _ORDERS, wholes)


def money(orders: Iterable[Order], today: date, zone: tzinfo = UTC) -> dict[str, Row]:
    """By currency: the number of orders and their sums; the first and last day of an order in `zone`."""
    by_currency: dict[str, list[Order]] = {}
    for order in orders:
        by_currency.setdefault(order.currency, []).append(order)
    return {currency: _sums(of, currency, today, zone) for currency, of in sorted(by_currency.items())}


def _sums(of: Sequence[Order], currency: str, today: date, zone: tzinfo) -> Row:
    days = [day_of(order.placed_at, order.placed_on, zone) for order in of]
    first, last = min(days), max(days)
    sums: dict[str, Decimal] = {name: from_minor_units(sum(getattr(order, name) for order in of), currency) for name in AMOUNTS}
    return {
        "orders": len(of),
        **sums,
        "first_order_on": first,
        "last_order_on": last,
        # An order keeps the day that it was recorded with; in a zone further east, that day may not have begun here.
        "days_since_last_order": max((today - last).days, 0),
    }

"""Customers who are looked at one after the other, while a change for everyone has not reached the rows of all of them.

No index can find those whose new label is the wanted one, so a page looks at a bounded number of customers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Select, select

from projections.customers.customer_features import customer_features
from projections.customers.merging import survivors
from projections.shared.pages import LIMIT, Order, Page, cursor_after, place_of
from projections.shared.rows import Row

AT_ONCE = 2000

Wanted = Callable[[Sequence[Row]], Sequence[bool]]
"""Which of these rows of `customer_features` are wanted."""


def scanned(connection: Connection, order: Order, wanted: Wanted, limit: int, cursor: str | None, at_most: int) -> Page:
    """At most `limit` of the wanted customers, as rows of `customer_features` in the order of their ids.

    After `at_most` customers the page ends, with the cursor of the next one, and may be empty. Raises MalformedCursor.
    """
    limit = max(1, min(limit, LIMIT))
    found: list[Row] = []
    looked_at = 0
    for customers in everyone(connection, None if cursor is None else place_of(order, cursor).id, limit + 1):
        found += [row for row, is_wanted in zip(customers, wanted(customers), strict=True) if is_wanted]
        looked_at += len(customers)
        if len(found) > limit:
            return Page(found[:limit], cursor_after(order, found[limit - 1]))
        if looked_at >= at_most:
            return Page(found, cursor_after(order, customers[-1]))
    return Page(found, None)


def everyone(connection: Connection, after: UUID | None = None, first: int = AT_ONCE) -> Iterator[list[Row]]:
    """The rows of all customers in the order of their ids, without erased and merged customers.

    The `first` portion may be small, if it may be the only one that is needed; the others grow.
    """
    query, size = _everyone(), min(first, AT_ONCE)
    while customers := [dict(row) for row in connection.execute(_after(query, after).limit(size)).mappings()]:
        yield customers
        if len(customers) < size:
            return
        after, size = customers[-1]["customer_id"], min(2 * size, AT_ONCE)


def _everyone() -> Select[Any]:
    features = customer_features.c
    there = (features.state.is_not(None), features.customer_id.not_in(select(survivors().c.customer_id)))
    return select(customer_features).where(*there).order_by(features.customer_id)


def _after(query: Select[Any], after: UUID | None) -> Select[Any]:
    return query if after is None else query.where(customer_features.c.customer_id > after)

"""product_sales: sales and returns of orders, by product and day.

One narrow row per event and product of an order whose figures the event changed, with the difference it made. So any period is
a sum, and an order's rows add up to its gross, discounts and returns in `channel_sales`. The definitions are the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from sqlalchemy import BigInteger, Boolean, Column, Date, Index, Integer, Text, Uuid

from domain.sales.order.placing import Placed
from domain.shared.events import Recorded
from domain.shared.money import RATE_DIGITS
from projections.sales.order_book import MOVE_GOODS, NO_GOODS, Book, Goods, Product, goods
from projections.sales.order_turns import states, turns
from projections.shared.projection import Delivery, Projection, own, types
from projections.shared.reports import dated
from projections.shared.rows import Row, Rows
from projections.shared.tables import columns, table

MILLION = 10**RATE_DIGITS
AMOUNTS = ("gross", "discounts", "returns")
NO_PRODUCTS: Mapping[Product, Goods] = {}

product_orders = states("product_orders")
product_sales_rows = table(
    "product_sales",
    Column("order_id", Uuid, primary_key=True),
    Column("position", BigInteger, primary_key=True),
    Column("part", Integer, primary_key=True),
    *columns(Text, "channel", "currency", nullable=False),
    # `product` is the SKU or, without one, the name. All three are null for amounts that belong to no line.
    *columns(Text, "product", "name", "category"),
    Column("quarter", BigInteger),
    Column("day", Date),
    # Whether the event is the one that placed the order.
    Column("placed", Boolean, nullable=False),
    # Units are split into whole units and millionths: all in millionths, a sum would not fit in one number.
    *(Column(name, BigInteger, nullable=False) for name in ("units", "units_part", "units_returned", "units_returned_part")),
    *(Column(name, BigInteger, nullable=False) for name in AMOUNTS),
)
Index("ix_product_sales_quarter", product_sales_rows.c.quarter)
Index("ix_product_sales_day", product_sales_rows.c.day)


class Change(NamedTuple):
    """How an event changed the figures of one product."""

    product: Product
    goods: Goods


def apply(batch: Sequence[Delivery], rows: Rows) -> None:
    changes: list[Row] = []
    for book, recorded, before, now in turns(product_orders, goods, NO_PRODUCTS, MOVE_GOODS, own(batch, MOVE_GOODS), rows):
        changes += _rows(book, recorded, _changes(before, now, every=isinstance(recorded.event, Placed)))
    rows.insert(product_sales_rows, changes)


def _changes(before: Mapping[Product, Goods], now: Mapping[Product, Goods], *, every: bool) -> Iterator[Change]:
    for product in dict.fromkeys((*before, *now)):
        difference = now.get(product, NO_GOODS).less(before.get(product, NO_GOODS))
        if every or difference != NO_GOODS:
            yield Change(product, difference)


def _rows(book: Book, recorded: Recorded, changes: Iterator[Change]) -> Iterator[Row]:
    for part, (product, difference) in enumerate(changes):
        units, units_part = divmod(difference.units, MILLION)
        units_returned, units_returned_part = divmod(difference.units_returned, MILLION)
        yield {
            "order_id": book.id,
            "position": recorded.position,
            "part": part,
            "channel": book.facts().channel,
            "currency": book.currency,
            "product": product.code,
            "name": product.name,
            "category": product.category,
            **dated(recorded.metadata),
            "placed": isinstance(recorded.event, Placed),
            "units": units,
            "units_part": units_part,
            "units_returned": units_returned,
            "units_returned_part": units_returned_part,
            **{name: getattr(difference, name) for name in AMOUNTS},
        }


product_sales = Projection(
    name="product_sales", version=4, tables=(product_orders, product_sales_rows), apply=apply, reads=types(*MOVE_GOODS)
)

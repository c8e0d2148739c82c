"""orders: the current state of every order, for lists and for single orders.

A row belongs to the order's subject: the customer who placed it, or the order itself if a guest placed it, also when it is
linked to a customer later. Addresses and other personal data are in a separate table and are deleted when their subject is
erased.
"""

from __future__ import annotations

from datetime import UTC, date, tzinfo
from typing import Literal
from uuid import UUID

import msgspec
from sqlalchemy import BigInteger, Boolean, Column, Connection, Date, Index, Integer, Text, Uuid

from domain.customers.customer.events import Erased
from domain.sales.order.axes import FulfilmentStatus, OrderStatus, PaymentStatus, ReturnStatus
from domain.shared.events import Recorded
from domain.shared.money import from_minor_units, minor_units
from projections.sales.order_book import ORDER_EVENTS, Book, figures
from projections.sales.order_states import STATE
from projections.shared import books
from projections.shared.occurred import own_day
from projections.shared.rows import Instant, Row
from projections.shared.search import SORTED_TEXT
from projections.shared.tables import SORTED, columns

AMOUNTS = ("gross", "discounts", "returns", "net", "tax", "charges", "total", "captured", "refunded", "charged_back")

OF_CUSTOMERS = ("customer_id", "placed_at", "order_id", "placed_on", "channel", "test")

ORDERS = books.book_tables(
    "order",
    "orders",
    Column("number", SORTED_TEXT, nullable=False, info=SORTED),
    Column("customer_id", Uuid),
    Column("lead_id", Uuid, index=True),
    Column("channel", Text, nullable=False),
    *columns(Text, "owner", "team"),
    *columns(Text, "currency", "order_status", "payment_status", "fulfilment_status", "return_status", nullable=False),
    *(Column(name, BigInteger, nullable=False) for name in AMOUNTS),
    Column("placed_at", Instant, nullable=False, info=SORTED),
    Column("placed_on", Date),
    Column("irregular", Integer, nullable=False),
    Column("test", Boolean, nullable=False),
    state=STATE,
)
order_rows = ORDERS.rows
# Reports on customers read these columns of all orders: an index has no other column, a row has the whole state of its order.
Index("ix_orders_customer_id", *(order_rows.c[name] for name in OF_CUSTOMERS))

# How events change it


def _placing(recorded: Recorded, before: Row | None) -> Row:
    """The order's id and when it was placed, from its first event. Later events do not change them."""
    metadata = recorded.metadata
    return before or {"order_id": recorded.stream, "placed_at": metadata.occurred_at, "placed_on": own_day(metadata)}


def _columns(book: Book) -> Row:
    placed, sums = book.facts(), figures(book)
    owner, team = book.assignment
    return {
        "number": placed.number,
        "customer_id": book.customer_id,
        "lead_id": placed.lead_id,
        "channel": placed.channel,
        "owner": owner,
        "team": team,
        "currency": book.currency,
        "order_status": book.status,
        "payment_status": book.payment_status,
        "fulfilment_status": book.fulfilment_status,
        "return_status": book.return_status,
        **sums._asdict(),
        "net": sums.net,
        "total": minor_units(book.total, book.currency),
        "test": placed.test,
        "state": book.dump(),
        "listed": books.dumped(_listed(book)),
    }


def _listed(book: Book) -> Row:
    """The details of an order that lists show too."""
    placed = book.facts()
    return {
        "attributes": book.plain_attributes,
        "prices_include_tax": book.terms.prices_include_tax,
        "campaign_id": placed.campaign_id,
        "deal_id": placed.deal_id,
    }


# How it is queried


class Filter(msgspec.Struct, frozen=True, kw_only=True):
    """Orders that match all of these; None matches any. Day ranges are half-open, in `zone`."""

    customer_id: UUID | None = None
    number: str | None = None
    channel: str | None = None
    owner: str | None = None
    team: str | None = None
    currency: str | None = None
    order_status: OrderStatus | None = None
    payment_status: PaymentStatus | None = None
    fulfilment_status: FulfilmentStatus | None = None
    return_status: ReturnStatus | None = None
    test: bool | None = None
    tag: str | None = None
    placed_from: date | None = None
    placed_to: date | None = None
    zone: tzinfo = UTC


Sort = Literal["placed_at", "position", "number"]


def _details(order_id: UUID, state: str, private: str | None) -> Row:
    """The parts of an order, as plain JSON values."""
    book = Book.load(order_id, state, private)
    return _listed(book) | {
        "tags": sorted(book.tags),
        "lines": msgspec.to_builtins(book.terms.lines),
        "order_discounts": msgspec.to_builtins(book.terms.discounts),
        "other_charges": msgspec.to_builtins(book.terms.charges),
        "cancelled": msgspec.to_builtins(book.cancelled),
        "money": msgspec.to_builtins(book.money),
        "shipments": msgspec.to_builtins(book.shipments),
        "returned": msgspec.to_builtins(book.returns),
        "returns_requested": sorted(book.requests),
    }


def _in_decimals(row: Row) -> Row:
    return row | {name: from_minor_units(row[name], row["currency"]) for name in AMOUNTS}


LISTED: books.BookListing[Filter, Sort] = books.BookListing(ORDERS, Filter, "placed_at", _details, show=_in_decimals)
get, listing = LISTED.get, LISTED.listing


def by_number(connection: Connection, number: str) -> Row | None:
    return LISTED.first(connection, order_rows.c.number == number)


orders = ORDERS.projection(6, ORDER_EVENTS, Book.load, _placing, _columns, Erased)

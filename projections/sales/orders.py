"""orders: every order as it stands, for lists and for one order at a time.

A row belongs to the order's own subject: its customer where it was placed by one, itself where a guest placed it, whoever it
is linked to later. Addresses and other personal data lie apart, and go when their subject is erased.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, tzinfo
from typing import Any, Literal
from uuid import UUID

import msgspec
from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    Date,
    Index,
    Integer,
    MetaData,
    Select,
    Table,
    Text,
    Uuid,
    select,
)

from domain.customers.customer.events import Erased
from domain.shared.events import Recorded, type_name
from domain.shared.money import from_minor_units, minor_units
from projections.customers.merging import same_customer
from projections.sales.order_book import ORDER_EVENTS, ORDER_TYPES, Book, figures
from projections.shared import books
from projections.shared.occurred import own_day, within
from projections.shared.pages import Order, Page, page
from projections.shared.projection import Delivery, Projection
from projections.shared.rows import Instant, Row, Rows
from projections.shared.search import SORTED_TEXT

metadata = MetaData()

AMOUNTS = ("gross", "discounts", "returns", "net", "tax", "charges", "total", "captured", "refunded", "charged_back")

order_rows = Table(
    "orders",
    metadata,
    Column("order_id", Uuid, primary_key=True),
    Column("subject", Uuid, nullable=False),
    Column("position", BigInteger, nullable=False, index=True),
    Column("version", Integer, nullable=False),
    Column("number", SORTED_TEXT, nullable=False, index=True),
    Column("customer_id", Uuid, index=True),
    Column("channel", Text, nullable=False),
    Column("owner", Text),
    Column("team", Text),
    Column("currency", Text, nullable=False),
    Column("order_status", Text, nullable=False),
    Column("payment_status", Text, nullable=False),
    Column("fulfilment_status", Text, nullable=False),
    Column("return_status", Text, nullable=False),
    *(Column(name, BigInteger, nullable=False) for name in AMOUNTS),
    Column("placed_at", Instant, nullable=False, index=True),
    Column("placed_on", Date),
    Column("irregular", Integer, nullable=False),
    Column("test", Boolean, nullable=False),
    Column("state", Text, nullable=False),
)
order_tags = Table(
    "order_tags",
    metadata,
    Column("order_id", Uuid, primary_key=True),
    Column("tag", Text, primary_key=True),
)
Index("ix_order_tags_tag", order_tags.c.tag, order_tags.c.order_id)
order_private = Table(
    "order_private",
    metadata,
    Column("order_id", Uuid, primary_key=True),
    Column("subject", Uuid, nullable=False, index=True),
    Column("private", Text, nullable=False),
)

KEPT = books.Kept(order_rows, order_tags, order_private)

# How events change it


def apply(batch: Sequence[Delivery], rows: Rows) -> None:
    books.apply_to(KEPT, ORDER_EVENTS, Book.taken_up, _told, _standing, batch, rows)


def _told(recorded: Recorded, before: Row | None) -> Row:
    """How the order was placed stays from the first event."""
    told = recorded.metadata
    return before or {"order_id": recorded.stream, "placed_at": told.occurred_at, "placed_on": own_day(told)}


def _standing(book: Book) -> Row:
    placed, sums = book.facts(), figures(book)
    owner, team = book.assignment
    return {
        "number": placed.number,
        "customer_id": book.customer_id,
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
        "state": book.put_down(),
    }


# How it is queried


class Filter(msgspec.Struct, frozen=True, kw_only=True):
    """Orders with all of these; None asks for any. Days are half-open, in `zone`."""

    customer_id: UUID | None = None
    number: str | None = None
    channel: str | None = None
    owner: str | None = None
    team: str | None = None
    currency: str | None = None
    order_status: str | None = None
    payment_status: str | None = None
    fulfilment_status: str | None = None
    return_status: str | None = None
    test: bool | None = None
    tag: str | None = None
    placed_from: date | None = None
    placed_to: date | None = None
    zone: tzinfo = UTC


Sort = Literal["placed_at", "position", "number"]
NOT_COLUMNS = ("customer_id", "tag", "placed_from", "placed_to", "zone")
_SUMMARY = [column for column in order_rows.c if column.name not in ("state", "subject")]


def listing(
    connection: Connection,
    filter: Filter,
    *,
    sort: Sort = "placed_at",
    descending: bool = True,
    limit: int = 50,
    cursor: str | None = None,
) -> Page:
    """Orders without lines and personal data, amounts as decimals. Raises MalformedCursor."""
    order = Order(order_rows.c[sort], order_rows.c.order_id, descending)
    found = page(connection, _filtered(filter), order, limit, cursor)
    tags = _tags(connection, [row["order_id"] for row in found.rows])
    return found._replace(rows=[_in_decimals(row) | {"tags": tags.get(row["order_id"], [])} for row in found.rows])


def get(connection: Connection, order_id: UUID) -> Row | None:
    """One order with its lines, payments, shipments and returns, and its personal data under `private`."""
    return _one(connection, select(order_rows).where(order_rows.c.order_id == order_id))


def by_number(connection: Connection, number: str) -> Row | None:
    return _one(connection, select(order_rows).where(order_rows.c.number == number))


def _filtered(filter: Filter) -> Select[Any]:
    query = select(*_SUMMARY).where(
        within(order_rows.c.placed_at, order_rows.c.placed_on, filter.placed_from, filter.placed_to, filter.zone)
    )
    for name, value in msgspec.structs.asdict(filter).items():
        if value is not None and name not in NOT_COLUMNS:
            query = query.where(order_rows.c[name] == value)
    if filter.customer_id is not None:
        query = query.where(order_rows.c.customer_id.in_(same_customer(filter.customer_id)))
    if filter.tag is not None:
        query = query.where(order_rows.c.order_id.in_(select(order_tags.c.order_id).where(order_tags.c.tag == filter.tag)))
    return query


def _tags(connection: Connection, ids: Sequence[UUID]) -> dict[UUID, list[str]]:
    found: dict[UUID, list[str]] = {}
    for row in connection.execute(select(order_tags).where(order_tags.c.order_id.in_(ids))):
        found.setdefault(row.order_id, []).append(row.tag)
    return {id: sorted(tags) for id, tags in found.items()}


def _one(connection: Connection, query: Select[Any]) -> Row | None:
    row = connection.execute(query).mappings().first()
    if row is None:
        return None
    private = connection.execute(select(order_private.c.private).where(order_private.c.order_id == row["order_id"])).scalar()
    book = Book.taken_up(row["order_id"], row["state"], private)
    summary = {column.name: row[column.name] for column in _SUMMARY}
    return _in_decimals(summary) | _details(book) | {"private": msgspec.json.decode(private) if private else None}


def _details(book: Book) -> Row:
    """The parts of an order, as plain JSON values."""
    placed = book.facts()
    return {
        "tags": sorted(book.tags),
        "attributes": book.plain_attributes,
        "prices_include_tax": book.terms.prices_include_tax,
        "lines": msgspec.to_builtins(book.terms.lines),
        "order_discounts": msgspec.to_builtins(book.terms.discounts),
        "other_charges": msgspec.to_builtins(book.terms.charges),
        "cancelled": msgspec.to_builtins(book.cancelled),
        "money": msgspec.to_builtins(book.money),
        "shipments": msgspec.to_builtins(book.shipments),
        "returned": msgspec.to_builtins(book.returns),
        "returns_requested": sorted(book.requests),
        "campaign_id": placed.campaign_id,
        "lead_id": placed.lead_id,
        "deal_id": placed.deal_id,
    }


def _in_decimals(row: Row) -> Row:
    return row | {name: from_minor_units(row[name], row["currency"]) for name in AMOUNTS}


orders = Projection(
    name="orders",
    version=2,
    tables=(order_rows, order_tags, order_private),
    apply=apply,
    reads=ORDER_TYPES | {type_name(Erased)},
)

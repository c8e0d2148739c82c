"""customer_view: the state of each customer, by their own events only, with their contact values and tags.

A row belongs to its customer. Erasure purges the row and leaves a tombstone with the time of the erasure. A merge
moves no rows: `customer_list` follows it at query time, so unmerging restores the earlier answers.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from uuid import UUID

from sqlalchemy import Boolean, Column, Date, Index, Text, Uuid

from domain.customers.customer.events import ContactMethod, Merged, Unmerged
from domain.shared.contact import comparable
from domain.shared.events import Recorded
from projections.customers.customer_book import CUSTOMER_EVENTS, CustomerBook
from projections.shared.occurred import own_day
from projections.shared.projection import Delivery, Projection, types
from projections.shared.rows import Instant, Row, Rows
from projections.shared.search import SORTED_TEXT, normalised
from projections.shared.tables import SORTED, aggregates, columns, several, table

customers = aggregates(
    "customer_view",
    "customer_id",
    Column("registered_at", Instant, nullable=False, info=SORTED),
    Column("registered_on", Date),
    Column("erased_at", Instant),
    *columns(Text, "kind", "name"),
    Column("search_name", SORTED_TEXT, nullable=False),
    *columns(Text, "owner", "team", "source_channel"),
    Column("archived", Boolean, nullable=False),
    Column("merged_into", Uuid),
    Column("state", Text),
    by_position=True,
)
Index("ix_customer_view_search_name", customers.c.search_name, customers.c.customer_id)
# A partial index of merged customers only: they are few, and a full index would be as long as the table.
_MERGED = customers.c.merged_into.is_not(None)
Index(
    "ix_customer_view_merged_into",
    customers.c.merged_into,
    customers.c.customer_id,
    sqlite_where=_MERGED,
    postgresql_where=_MERGED,
)
customer_contacts = table(
    "customer_contacts",
    Column("customer_id", Uuid, primary_key=True),
    Column("method_id", Uuid, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("value", SORTED_TEXT, nullable=False, index=True),
    # The value as it is searched, if that is another text. It rarely is, so its index is short.
    Column("search_value", SORTED_TEXT),
)
_FOLDED = customer_contacts.c.search_value.is_not(None)
Index("ix_customer_contacts_search_value", customer_contacts.c.search_value, sqlite_where=_FOLDED, postgresql_where=_FOLDED)
customer_tags = several("customer", "tag")

STAY = ("registered_on", "erased_at", "merged_into")
GONE = tuple(column.name for column in customers.c if column.nullable and column.name not in STAY)
"""The columns that are empty after the customer was erased: every nullable column except `STAY`."""

# How events change it

Contact = tuple[UUID, str, str, str | None]
Narrow = tuple[frozenset[Contact], frozenset[str]]


def apply(batch: Sequence[Delivery], rows: Rows) -> None:
    known = rows.load(customers, {id for delivery in batch for id in _customers(delivery)})
    books = {id: CustomerBook.load(id, row["state"]) for id, row in known.items()}
    before = {id: _narrow(book) for id, book in books.items()}
    made = dict(known)
    touched: dict[UUID, None] = {}
    for delivery in batch:
        recorded = delivery.recorded
        for id in _customers(delivery):
            if _is_own(recorded, id):
                _fold(books.setdefault(id, CustomerBook(id)), recorded, made.get(id))
            if id in books:
                made[id] = _row(made.get(id), id, recorded)
                touched[id] = None
    rows.save(customers, [made[id] | _columns(books[id], made[id]) for id in touched])
    changed = {id for id in touched if before.get(id) != _narrow(books[id])}
    for narrow in (customer_contacts, customer_tags):
        rows.delete(narrow, "customer_id", changed & known.keys())
    _insert_narrow(rows, books, changed)


def _customers(delivery: Delivery) -> Collection[UUID]:
    """The customers whose rows the event changes on this partition: its own customer; for an erasure, all it concerns."""
    if delivery.recorded.event.erases():
        return delivery.here
    is_own = delivery.at_home and isinstance(delivery.recorded.event, CUSTOMER_EVENTS)
    return (delivery.recorded.stream,) if is_own else ()


def _is_own(recorded: Recorded, id: UUID) -> bool:
    return recorded.stream == id and isinstance(recorded.event, CUSTOMER_EVENTS)


def _fold(book: CustomerBook, recorded: Recorded, before: Row | None) -> None:
    """Fold the event, unless the customer is erased already, by their own erasure or by that of a linked customer."""
    if before is None or before["erased_at"] is None:
        book.fold(recorded)


def _row(before: Row | None, id: UUID, recorded: Recorded) -> Row:
    metadata = recorded.metadata
    row = before or {
        "customer_id": id,
        "registered_at": metadata.occurred_at,
        "registered_on": own_day(metadata),
        "erased_at": None,
        "merged_into": None,
        "version": 0,
    }
    return row | {
        "position": recorded.position,
        "version": recorded.version if id == recorded.stream else row["version"],
        "erased_at": row["erased_at"] or (metadata.occurred_at if recorded.event.erases() else None),
        "merged_into": _survivor(row["merged_into"], recorded),
    }


def _survivor(before: UUID | None, recorded: Recorded) -> UUID | None:
    match recorded.event:
        case Merged(into=into):
            return into
        case Unmerged():
            return None
    return before


def _columns(book: CustomerBook, row: Row) -> Row:
    if row["erased_at"] is not None:
        book.forget()
        return dict.fromkeys(GONE) | {"search_name": "", "archived": False}
    owner, team = book.assignment
    name, source = book.details["name"], book.details["source"]
    return {
        "kind": book.details["kind"],
        "name": name,
        "search_name": normalised(name or ""),
        "owner": owner,
        "team": team,
        "source_channel": source and source.channel,
        "archived": book.archived,
        "state": book.dump(),
    }


def _narrow(book: CustomerBook) -> Narrow:
    """The values that have rows of their own: contact methods in their comparable and their searched form, and tags."""
    return frozenset(map(_contact, book.present_methods())), frozenset(book.tags)


def _contact(method: ContactMethod) -> Contact:
    value, folded = comparable(method.value or ""), normalised(method.value or "")
    return method.method_id, method.kind, value, None if folded == value else folded


def _insert_narrow(rows: Rows, books: dict[UUID, CustomerBook], changed: Collection[UUID]) -> None:
    contacts, tags = [], []
    for id in changed:
        methods, held = _narrow(books[id])
        contacts += [
            {"customer_id": id, "method_id": method_id, "kind": kind, "value": value, "search_value": folded}
            for method_id, kind, value, folded in methods
        ]
        tags += [{"customer_id": id, "tag": tag} for tag in held]
    rows.insert(customer_contacts, contacts)
    rows.insert(customer_tags, tags)


customer_view = Projection(
    name="customer_view",
    version=6,
    tables=(customers, customer_contacts, customer_tags),
    apply=apply,
    reads=types(*CUSTOMER_EVENTS),
)

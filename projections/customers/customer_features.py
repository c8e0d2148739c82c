"""How events change the behaviour of customers (`customer_behaviour`), and the orders and tickets that it counts.

A row belongs to the customer who was the subject of the order or ticket when it began. Erasing a customer deletes all of their
rows.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from uuid import UUID

import msgspec
from sqlalchemy import BigInteger, Column, Date, Integer, LargeBinary, Text, Uuid

from domain.customers.customer.events import ANNOTATIONS, Erased, PlainTextsSet, Registered
from domain.marketing import touchpoint
from domain.marketing.campaign_member.events import TOUCHES, TouchRetracted
from domain.sales.order import amending, placing, processing, returns
from domain.service.ticket import opening
from domain.service.ticket import processing as ticket
from domain.service.ticket.status import Moved, course
from domain.service.ticket.ticket import move_of
from domain.shared.annotations import AttributesSet
from domain.shared.events import Event, Recorded
from projections.customers.behaviour_figures import packed
from projections.customers.customer_behaviour import Behaviour, Spent, load
from projections.customers.purchase_days import packed_days
from projections.sales.order_book import Book, figures
from projections.sales.order_states import STATE
from projections.shared.projection import Delivery
from projections.shared.rows import Instant, Row, Rows
from projections.shared.tables import table

customer_features = table(
    "customer_features",
    Column("customer_id", Uuid, primary_key=True),
    Column("position", BigInteger, nullable=False),
    # None after the customer was erased; then no event counts for them any more.
    Column("state", Text),
    # What a report on all customers reads instead of the state.
    Column("figures", LargeBinary),
    Column("purchase_days", LargeBinary),
)
feature_orders = table(
    "feature_orders",
    Column("order_id", Uuid, primary_key=True),
    Column("customer_id", Uuid, nullable=False, index=True),
    Column("day", Date, nullable=False),
    # The order's part of its purchase day: 1 order and its net in minor units, or 0 and 0 if the order does not count.
    Column("orders", Integer, nullable=False),
    Column("net", BigInteger, nullable=False),
    Column("state", STATE, nullable=False),
)
feature_tickets = table(
    "feature_tickets",
    Column("ticket_id", Uuid, primary_key=True),
    Column("customer_id", Uuid, nullable=False, index=True),
    Column("opened_at", Instant, nullable=False),
    Column("counted", Integer, nullable=False),
    Column("moves", Text, nullable=False),
)
TABLES = (customer_features, feature_orders, feature_tickets)

CUSTOMER_EVENTS: tuple[type[Event], ...] = (Registered, ANNOTATIONS.attributes_set, PlainTextsSet)
ORDER_EVENTS: tuple[type[Event], ...] = (
    placing.Placed,
    amending.Amended,
    amending.LinesCancelled,
    processing.Cancelled,
    processing.Completed,
    processing.Reopened,
    returns.LinesReturned,
    returns.ReturnReversed,
)
# The events that open a ticket, or decide whether it is discarded.
TICKET_EVENTS: tuple[type[Event], ...] = (opening.Opened, ticket.Discarded, ticket.Reopened, ticket.MergedInto)
TOUCH_EVENTS: tuple[type[Event], ...] = (touchpoint.Recorded, *TOUCHES.values())
EVENTS: tuple[type[Event], ...] = (
    *CUSTOMER_EVENTS,
    *ORDER_EVENTS,
    *TICKET_EVENTS,
    *TOUCH_EVENTS,
    TouchRetracted,
    Erased,
)

_moves = msgspec.json.Decoder(list[Moved]).decode


def stored(behaviour: Behaviour | None) -> Row:
    """The columns with a customer's behaviour; None after an erasure."""
    return {
        "state": behaviour and behaviour.dump(),
        "figures": behaviour and packed(behaviour),
        "purchase_days": behaviour and packed_days(behaviour),
    }


class Features:
    """The behaviour of the customers of a batch: folded event by event, and written once.

    `of` holds the behaviour of every known customer, without those who were erased. `before` has the rows that were there.
    """

    def __init__(self, rows: Rows, batch: Sequence[Delivery]) -> None:
        customers = {id for delivery in batch for id in _customers(delivery)}
        self.before = known = rows.load(customer_features, customers)
        self._rows = rows
        self._known = set(known)
        self._orders = Orders(rows, _streams(batch, ORDER_EVENTS))
        self._tickets = Tickets(rows, _streams(batch, TICKET_EVENTS))
        self._moved: dict[UUID, int] = {}
        self._erased: set[UUID] = set()
        self.of = {id: load(row["state"]) for id, row in known.items() if row["state"] is not None}

    def fold(self, delivery: Delivery) -> Collection[UUID]:
        """The customers with features that the event may have changed, and the customers that it erased."""
        recorded = delivery.recorded
        if isinstance(recorded.event, Registered) and delivery.at_home and recorded.stream not in self._known:
            self._known.add(recorded.stream)
            self.of[recorded.stream] = Behaviour()
        moved = [id for id in _customers(delivery) if id in self.of]
        for id in moved:
            self._moved[id] = recorded.position
            if recorded.event.erases():
                self._erased.add(id)
                del self.of[id]
            else:
                self._count(self.of[id], recorded)
        return moved

    def save(self) -> None:
        self._orders.save(self._erased)
        self._tickets.save(self._erased)
        self._rows.save(customer_features, [self._row(id, position) for id, position in self._moved.items()])

    def _row(self, id: UUID, position: int) -> Row:
        return {"customer_id": id, "position": position, **stored(self.of.get(id))}

    def _count(self, behaviour: Behaviour, recorded: Recorded) -> None:
        event = recorded.event
        if isinstance(event, Registered):
            behaviour.set_numbers(event.numbers)
        elif isinstance(event, AttributesSet):
            behaviour.set_numbers(event.numbers, event.texts or ())
        elif isinstance(event, PlainTextsSet):
            behaviour.set_numbers({}, event.texts)
        elif isinstance(event, TOUCH_EVENTS):
            behaviour.touches += 1
        elif isinstance(event, TouchRetracted):
            behaviour.touches -= 1
        elif isinstance(event, TICKET_EVENTS):
            behaviour.tickets += self._tickets.fold(recorded)
        else:
            self._orders.fold(recorded, behaviour)


class Orders:
    """The orders of a batch, each with its part of its purchase day."""

    def __init__(self, rows: Rows, streams: Collection[UUID]) -> None:
        self._rows = rows
        self._known = rows.load(feature_orders, streams)
        self._books = {id: Book.load(id, row["state"]) for id, row in self._known.items()}

    def fold(self, recorded: Recorded, behaviour: Behaviour) -> None:
        """Change the order's purchase day by the difference that the event makes."""
        book = self._books.setdefault(recorded.stream, Book(recorded.stream))
        book.fold(recorded)
        before = self._known.get(book.id) or _uncounted(recorded)
        orders, net = _counted(book)
        behaviour.spend(book.currency, before["day"], orders - before["orders"], net - before["net"])
        self._known[book.id] = before | {"orders": orders, "net": net}

    def save(self, erased: Collection[UUID]) -> None:
        rows = [row | {"state": self._books[id].dump()} for id, row in self._known.items()]
        self._rows.delete(feature_orders, "customer_id", erased)
        self._rows.save(feature_orders, [row for row in rows if row["customer_id"] not in erased])


class Tickets:
    """The tickets of a batch; each counts unless it is discarded."""

    def __init__(self, rows: Rows, streams: Collection[UUID]) -> None:
        self._rows = rows
        self._known = rows.load(feature_tickets, streams)

    def fold(self, recorded: Recorded) -> int:
        """The change in the number of tickets that the event makes."""
        metadata = recorded.metadata
        before = self._known.get(recorded.stream) or {
            "ticket_id": recorded.stream,
            "customer_id": metadata.subject,
            "opened_at": metadata.occurred_at,
            "counted": 0,
            "moves": "[]",
        }
        moves = _moves(before["moves"])
        if (move := move_of(recorded.event)) is not None:
            moves = sorted([*moves, Moved(metadata.occurred_at, recorded.version, move)])
        counted = int(course(before["opened_at"], moves)[-1].by != "discarded")
        self._known[recorded.stream] = before | {"counted": counted, "moves": msgspec.json.encode(moves).decode()}
        return counted - int(before["counted"])

    def save(self, erased: Collection[UUID]) -> None:
        self._rows.delete(feature_tickets, "customer_id", erased)
        self._rows.save(feature_tickets, [row for row in self._known.values() if row["customer_id"] not in erased])


def _customers(delivery: Delivery) -> Collection[UUID]:
    """The customers of this partition whose features the event may change.

    That is the event's subject, unless the subject is an order, ticket or touchpoint without a known customer.
    """
    recorded, subject = delivery.recorded, delivery.recorded.metadata.subject
    if recorded.event.erases():
        return delivery.here
    is_customer = subject != recorded.stream or isinstance(recorded.event, CUSTOMER_EVENTS)
    return (subject,) if is_customer and delivery.at_home and isinstance(recorded.event, EVENTS) else ()


def _streams(batch: Sequence[Delivery], events: tuple[type[Event], ...]) -> set[UUID]:
    return {d.recorded.stream for d in batch if isinstance(d.recorded.event, events) and _customers(d)}


def _uncounted(placed: Recorded) -> Row:
    """An order's row before the order counts. Its day is the day on which it was placed, and never changes."""
    metadata = placed.metadata
    return {"order_id": placed.stream, "customer_id": metadata.subject, "day": metadata.day(), "orders": 0, "net": 0}


def _counted(book: Book) -> Spent:
    """The order's part of its purchase day; a cancelled order or a test order adds nothing."""
    cancelled = book.ended == "cancelled" or (book.cancelled and not any(map(book.due, book.line_ids)))
    return Spent(0, 0) if cancelled or book.facts().test else Spent(1, figures(book).net)

"""What a customer does, as numbers: the features that segments are made of, from facts under the customer's own subject.

Days are those of the facts themselves: the date a fact was told with, else its day in UTC. The definitions of frequency,
recency, T and monetary are those of RFM and "buy till you die" models (Fader, Hardie, Lee 2005), as `lifetimes`'
`summary_data_from_transaction_data` counts them:

* orders = orders placed, without tests, and without those that were cancelled as a whole. A day with one is a purchase day.
* frequency = purchase days − 1; recency = last − first purchase day; T = as-of day − first; days_since_last = as-of − last.
* total = net sales in one currency (gross − discounts − returns, as `order_book.figures` counts them) of these orders.
* monetary = mean net a purchase day in that currency, on the day of purchase, without the first; 0 where there is only one.
* attribute:<key> = the customer's own number; a flag is 0 or 1.

The as-of day is never before the last purchase day. Who never bought lacks frequency, recency, T, days_since_last and
monetary. An order that a guest placed and that was linked later stays the guest's, and is not counted.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import date
from typing import NamedTuple
from uuid import UUID

import msgspec
from sqlalchemy import BigInteger, Column, Connection, Date, Integer, MetaData, Table, Text, Uuid, select

from domain.annotations import Number
from domain.customer import AttributesSet, Erased, Registered
from domain.events import Event, Recorded, type_name
from domain.money import from_minor_units
from domain.order import Amended, Cancelled, Completed, LinesCancelled, LinesReturned, Placed, Reopened, ReturnReversed
from domain.segment_model import Feature
from projections.order_book import Book, figures
from projections.projection import Delivery
from projections.rows import Row, Rows

metadata = MetaData()

customer_features = Table(
    "customer_features",
    metadata,
    Column("customer_id", Uuid, primary_key=True),
    Column("position", BigInteger, nullable=False),
    # None once the customer was erased: nothing is counted any more.
    Column("state", Text),
)
feature_orders = Table(
    "feature_orders",
    metadata,
    Column("order_id", Uuid, primary_key=True),
    Column("customer_id", Uuid, nullable=False, index=True),
    Column("day", Date, nullable=False),
    # What of it is counted: 1 and its net in minor units, or twice nothing.
    Column("orders", Integer, nullable=False),
    Column("net", BigInteger, nullable=False),
    Column("state", Text, nullable=False),
)
TABLES = (customer_features, feature_orders)

CUSTOMER_EVENTS: tuple[type[Event], ...] = (Registered, AttributesSet)
ORDER_EVENTS: tuple[type[Event], ...] = (
    Placed,
    Amended,
    LinesCancelled,
    Cancelled,
    Completed,
    Reopened,
    LinesReturned,
    ReturnReversed,
)
EVENTS: tuple[type[Event], ...] = (*CUSTOMER_EVENTS, *ORDER_EVENTS, Erased)
TYPES = frozenset(map(type_name, EVENTS))

# What a customer's own facts come to


class Spent(NamedTuple):
    """A purchase day in one currency: orders, and what they come to in minor units."""

    orders: int
    net: int


class Behaviour(msgspec.Struct, omit_defaults=True):
    """All that a customer's features are computed from. `purchases` are by currency and day."""

    purchases: dict[str, dict[date, Spent]] = {}
    tickets: int = 0
    touches: int = 0
    numbers: dict[str, Number] = {}

    @property
    def last_day(self) -> date | None:
        """The last purchase day."""
        return max((max(days) for days in self.purchases.values()), default=None)

    def set_numbers(self, numbers: dict[str, Number | None], texts: Collection[str] = ()) -> None:
        """Merge the numbers; None removes, and so does a text in the place of a number."""
        self.numbers.update({key: value for key, value in numbers.items() if value is not None})
        for key in (*texts, *(key for key, value in numbers.items() if value is None)):
            self.numbers.pop(key, None)

    def spend(self, currency: str, day: date, orders: int, net: int) -> None:
        """Add to a day; one without an order left is no purchase day."""
        days = self.purchases.setdefault(currency, {})
        before = days.get(day, Spent(0, 0))
        days[day] = Spent(before.orders + orders, before.net + net)
        if not days[day].orders:
            del days[day]
        if not days:
            del self.purchases[currency]


_encode = msgspec.json.Encoder(order="deterministic").encode
_decode = msgspec.json.Decoder(Behaviour).decode


def behaviours(connection: Connection) -> Iterator[tuple[UUID, Behaviour]]:
    """Every customer that was not erased, in the order of their ids."""
    table = customer_features.c
    query = select(table.customer_id, table.state).where(table.state.is_not(None)).order_by(table.customer_id)
    for customer_id, state in connection.execute(query):
        yield customer_id, _decode(state)


def behaviour_of(state: str) -> Behaviour:
    return _decode(state)


# Features


def value(feature: Feature, behaviour: Behaviour, day: date) -> float | None:
    """The feature as of this day, which is not before the last purchase; None where the customer lacks it."""
    if feature.attribute is not None:
        number = behaviour.numbers.get(feature.attribute)
        return None if number is None else float(number)
    if feature.name in ("tickets", "touches"):
        return float(getattr(behaviour, feature.name))
    if feature.currency is not None:
        return _money(feature.name, feature.currency, behaviour.purchases.get(feature.currency, {}))
    return _timing(feature.name, behaviour.purchases, day)


def _money(name: str, currency: str, days: dict[date, Spent]) -> float | None:
    total = sum(spent.net for spent in days.values())
    if name == "total":
        return _in_units(total, currency)
    if not days:
        return None
    later = len(days) - 1
    return _in_units(total - days[min(days)].net, currency) / later if later else 0.0


def _in_units(net: int, currency: str) -> float:
    return float(from_minor_units(net, currency))


def _timing(name: str, purchases: dict[str, dict[date, Spent]], day: date) -> float | None:
    if name == "orders":
        return float(sum(spent.orders for days in purchases.values() for spent in days.values()))
    days: Collection[date] = set().union(*purchases.values()) if len(purchases) > 1 else next(iter(purchases.values()), ())
    if not days:
        return None
    match name:
        case "frequency":
            return float(len(days) - 1)
        case "recency":
            return float((max(days) - min(days)).days)
        case "T":
            return float((day - min(days)).days)
        case "days_since_last":
            return float((day - max(days)).days)
        case _:
            return None


def values(features: Iterable[Feature], behaviour: Behaviour, day: date) -> list[float | None]:
    """All of these features; the day is moved on to the customer's last purchase where it is before."""
    as_of = as_of_day(behaviour, day)
    return [value(feature, behaviour, as_of) for feature in features]


def as_of_day(behaviour: Behaviour, day: date) -> date:
    last = behaviour.last_day
    return day if last is None else max(day, last)


# How events change it


class Features:
    """The features of some customers in the course of a batch: folded event by event, and written once."""

    def __init__(self, rows: Rows, batch: Sequence[Delivery]) -> None:
        customers = {id for delivery in batch for id in _customers(delivery)}
        orders = {d.recorded.stream for d in batch if isinstance(d.recorded.event, ORDER_EVENTS) and _customers(d)}
        self._rows = rows
        self._states = {id: row["state"] for id, row in rows.load(customer_features, customers).items()}
        self._orders = rows.load(feature_orders, orders)
        self._books = {id: Book.taken_up(id, row["state"]) for id, row in self._orders.items()}
        self._moved: dict[UUID, int] = {}
        self._erased: set[UUID] = set()
        self.of = {id: _decode(state) for id, state in self._states.items() if state is not None}

    def fold(self, delivery: Delivery) -> Collection[UUID]:
        """The customers whose features the event may have moved. One who was erased has none in `of` any more."""
        recorded = delivery.recorded
        if isinstance(recorded.event, Registered) and delivery.at_home and recorded.stream not in self._states:
            self._states[recorded.stream], self.of[recorded.stream] = None, Behaviour()
        moved = [id for id in _customers(delivery) if id in self.of]
        for id in moved:
            self._moved[id] = recorded.position
            if recorded.event.erases():
                self._erase(id)
            else:
                self._count(id, recorded)
        return moved

    def save(self) -> None:
        orders = [row | {"state": self._books[id].put_down()} for id, row in self._orders.items() if id in self._books]
        self._rows.delete(feature_orders, "customer_id", self._erased)
        self._rows.save(feature_orders, orders)
        self._rows.save(customer_features, [self._row(id, position) for id, position in self._moved.items()])

    def _row(self, id: UUID, position: int) -> Row:
        behaviour = self.of.get(id)
        return {"customer_id": id, "position": position, "state": behaviour and _encode(behaviour).decode()}

    def _erase(self, id: UUID) -> None:
        self._erased.add(id)
        del self.of[id]
        for order_id in [order_id for order_id, row in self._orders.items() if row["customer_id"] == id]:
            del self._orders[order_id], self._books[order_id]

    def _count(self, id: UUID, recorded: Recorded) -> None:
        event = recorded.event
        if isinstance(event, Registered):
            self.of[id].set_numbers(event.numbers)
        elif isinstance(event, AttributesSet):
            self.of[id].set_numbers(event.numbers, event.texts or ())
        else:
            self._count_order(id, recorded)

    def _count_order(self, id: UUID, recorded: Recorded) -> None:
        """Move what the order adds to its day by the difference that the event makes."""
        book = self._books.setdefault(recorded.stream, Book(recorded.stream))
        book.fold(recorded)
        before = self._orders.get(book.id) or _uncounted(id, recorded)
        orders, net = _counted(book)
        self.of[id].spend(book.currency, before["day"], orders - before["orders"], net - before["net"])
        self._orders[book.id] = before | {"orders": orders, "net": net}


def _customers(delivery: Delivery) -> Collection[UUID]:
    """Those living here whose features the event may move; an order of a guest has none."""
    recorded, subject = delivery.recorded, delivery.recorded.metadata.subject
    if recorded.event.erases():
        return delivery.here
    ours = isinstance(recorded.event, CUSTOMER_EVENTS) or (
        isinstance(recorded.event, ORDER_EVENTS) and subject != recorded.stream
    )
    return (subject,) if ours and delivery.at_home else ()


def _uncounted(customer_id: UUID, placed: Recorded) -> Row:
    """An order's row before anything of it is counted. Its day stays the one on which it was placed."""
    return {"order_id": placed.stream, "customer_id": customer_id, "day": placed.metadata.day(), "orders": 0, "net": 0}


def _counted(book: Book) -> Spent:
    """What the order adds to its day."""
    cancelled = book.ended == "cancelled" or (book.cancelled and not any(map(book.due, book.line_ids)))
    return Spent(0, 0) if cancelled or book.facts().test else Spent(1, figures(book).net)

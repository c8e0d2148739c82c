"""An order as read models keep it between batches: its state, folded from its events, and the figures computed from it.

Events are folded with their own appliers, so that decisions and read models agree. Personal data (addresses, attributes that
are texts, external ids, tracking numbers) is kept apart from the rest of a book, so that it can be purged completely.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from operator import attrgetter
from typing import Literal, NamedTuple, get_args
from uuid import UUID

import msgspec
from msgspec.structs import replace

from domain.sales.order.amending import Amended, LinesCancelled
from domain.sales.order.discounts import ZERO
from domain.sales.order.fulfilment import Shipped
from domain.sales.order.order import Order
from domain.sales.order.payments import PaymentCaptured
from domain.sales.order.placing import Placed
from domain.sales.order.pricing import LineAmounts, part_of
from domain.sales.order.processing import Cancelled, Completed, Reopened
from domain.sales.order.refunds import PaymentChargedBack, PaymentRefunded, PaymentReversed
from domain.sales.order.returns import LinesReturned, ReturnReversed
from domain.sales.order.state import MoneyFact, Shipment, State
from domain.sales.order.terms import Terms
from domain.sales.order.values import Contact, ReturnedLine
from domain.shared.attributes import Number
from domain.shared.contact import Address
from domain.shared.events import Event, Recorded, type_name
from domain.shared.money import RATE_DIGITS, minor_units
from domain.shared.personal import personal_fields

ORDER_EVENTS: tuple[type[Event], ...] = tuple(Order.events)
MOVE_GOODS: tuple[type[Event], ...] = (Placed, Amended, LinesCancelled, Cancelled, Reopened, LinesReturned, ReturnReversed)
"""The events that change the `goods` of an order."""
MOVE_MONEY: tuple[type[Event], ...] = (PaymentCaptured, PaymentRefunded, PaymentChargedBack, PaymentReversed)
MOVE_FIGURES: tuple[type[Event], ...] = (*MOVE_GOODS, Completed, *MOVE_MONEY)
"""The events that change the `figures` of an order."""
MONEY: tuple[MoneyFact, ...] = get_args(MoneyFact)


class Kept(msgspec.Struct, omit_defaults=True):
    """The part of a book without personal data. Most orders have only a few of these."""

    placed: Placed
    terms: Terms
    total: Decimal
    customer_id: UUID | None = None
    tags: set[str] = set()
    cancelled: dict[str, Decimal] = {}
    confirmed_at: datetime | None = None
    ended: Literal["completed", "cancelled"] | None = None
    ended_at: datetime | None = None
    reopened_at: datetime | None = None
    voided: set[str] = set()
    shipments: dict[str, Shipment] = {}
    requests: set[str] = set()
    returns: dict[str, tuple[ReturnedLine, ...]] = {}
    known: set[str] = set()
    shipping_refunds: dict[str, Decimal] = {}
    plain_attributes: dict[str, str | Number] = {}
    # The assignment, and the money by fact, in the order of MONEY.
    owner: str | None = None
    team: str | None = None
    authorisation: dict[str, Decimal] = {}
    capture: dict[str, Decimal] = {}
    chargeback: dict[str, Decimal] = {}
    refund: dict[str, Decimal] = {}


class Recipient(msgspec.Struct, frozen=True, omit_defaults=True):
    billing_address: Address | None = None
    shipping_address: Address | None = None
    contact: Contact | None = None


class Private(msgspec.Struct, omit_defaults=True):
    """The part of a book with personal data."""

    recipient: Recipient = Recipient()
    attributes: dict[str, str] = {}
    external_ids: list[tuple[str, str | None]] = []
    tracking: dict[str, str] = {}


class Figures(NamedTuple):
    """An order's figures, in minor units of its currency.

    gross, discounts and returns are those of goods, without tax. charges are without tax and without their refunded part.
    """

    gross: int
    discounts: int
    returns: int
    tax: int
    charges: int
    captured: int
    refunded: int
    charged_back: int

    @property
    def net(self) -> int:
        return self.gross - self.discounts - self.returns

    def less(self, before: Figures) -> Figures:
        return Figures(*(now - then for now, then in zip(self, before, strict=True)))


NOTHING = Figures(0, 0, 0, 0, 0, 0, 0, 0)

AS_THEY_ARE = Kept.__struct_fields__[: Kept.__struct_fields__.index("plain_attributes")]
"""The fields that a book has under the same name, before all others."""

_as_they_are = attrgetter(*AS_THEY_ARE)
_encode = msgspec.json.Encoder(order="deterministic").encode
_decode_kept = msgspec.json.Decoder(Kept).decode
_decode_private = msgspec.json.Decoder(Private).decode


class Book(State):
    """An order's state, which can be folded, dumped and loaded again."""

    def __init__(self, id: UUID) -> None:
        super().__init__(id)
        self.known: set[str] = set()
        self.shipping_refunds: dict[str, Decimal] = {}
        self.tracking: dict[str, str] = {}

    @classmethod
    def load(cls, id: UUID, kept: str | None, private: str | None = None) -> Book:
        """The book that was dumped; an empty book if `kept` is None."""
        book = cls(id)
        if kept is not None:
            state = _decode_kept(kept)
            vars(book).update({field: getattr(state, field) for field in AS_THEY_ARE})
            book.assignment = (state.owner, state.team)
            book.money = {fact: getattr(state, fact) for fact in MONEY}
            book.take_up_attributes(state.plain_attributes, {})
        if private is not None:
            book._load_private(_decode_private(private))
        return book

    def fold(self, recorded: Recorded) -> None:
        event = recorded.event
        event.apply(self, recorded.metadata)
        if isinstance(event, Placed):
            self.placed = _plain(event)
        elif isinstance(event, Shipped) and event.tracking is not None:
            self.tracking[event.shipment_id] = event.tracking
        elif isinstance(event, PaymentRefunded):
            self.shipping_refunds[event.refund_id] = event.shipping_amount

    def forget(self) -> None:
        self._load_private(Private())

    def dump(self) -> str:
        money = (self.money[fact] for fact in MONEY)
        kept = Kept(*(*_as_they_are(self), self.plain_attributes, *self.assignment, *money))
        return _encode(kept).decode()

    def private(self) -> str | None:
        """The part with personal data; None if there is none."""
        ids = sorted(self.external_ids, key=str)
        private = Private(Recipient(**self.recipient), self.personal_attributes, ids, self.tracking)
        return None if private == Private() else _encode(private).decode()

    def remember(self, event: Event, *ids: str) -> None:
        self.known.add("/".join((type_name(type(event)), *ids)))

    def is_recorded(self, kind: type[Event], *ids: str) -> bool:
        return "/".join((type_name(kind), *ids)) in self.known

    def gone(self, line_id: str) -> Decimal:
        """The quantity of a line that was cancelled or came back; it may be more than the ordered quantity."""
        return self.cancelled.get(line_id, Decimal(0)) + self.returned(line_id)

    def facts(self) -> Placed:
        """How the order was placed, without its lines and without personal data."""
        if self.placed is None:
            raise LookupError(f"The first event of order {self.id} does not place it.")
        return self.placed

    def _load_private(self, private: Private) -> None:
        recipient = msgspec.structs.asdict(private.recipient)
        self.recipient = {name: value for name, value in recipient.items() if value is not None}
        self.take_up_attributes(self.plain_attributes, private.attributes)
        self.external_ids = set(private.external_ids)
        self.tracking = dict(private.tracking)


def figures(book: Book) -> Figures:
    """The order's figures now.

    gross = the amounts of its lines before discounts and tax. discounts = those on lines and on the whole order, without tax,
    but not those on shipping. returns = the net of goods that were cancelled or came back, for each line at most the ordered
    quantity. A cancelled order returns all that is left of it. A gift card is not a sale. The definitions are Shopify's
    (https://help.shopify.com/manual/reports-and-analytics/shopify-reports/report-types/sales-report).
    """
    gross = net = returns = tax = ZERO
    for line_id, line in book.terms.amounts().items():
        gross, net, tax = gross + line.gross, net + line.net, tax + line.tax
        if gone := book.gone(line_id):
            returns += part_of(line.net, gone, line.quantity, book.currency)
            tax -= part_of(line.tax, gone, line.quantity, book.currency)
    if book.ended == "cancelled":
        return _in_minor_units(book, gross, gross - net, net, ZERO, ZERO)
    charged = book.terms.charged()
    refunded = sum((book.shipping_refunds[id] for id in book.money["refund"]), ZERO)
    return _in_minor_units(book, gross, gross - net, returns, tax + charged.tax, charged.net - refunded)


class Product(NamedTuple):
    """The product of a line. `code` is its SKU or, without one, its name. All are None for amounts that belong to no line."""

    code: str | None
    name: str | None
    category: str | None


class Goods(NamedTuple):
    """An order's sales of one product, and the part of them that was cancelled or came back.

    Units are in millionths, amounts in minor units.
    """

    units: int
    units_returned: int
    gross: int
    discounts: int
    returns: int

    def plus(self, other: Goods) -> Goods:
        return Goods(*(mine + more for mine, more in zip(self, other, strict=True)))

    def less(self, before: Goods) -> Goods:
        return Goods(*(now - then for now, then in zip(self, before, strict=True)))


NO_GOODS = Goods(0, 0, 0, 0, 0)
NO_PRODUCT = Product(None, None, None)


def goods(book: Book) -> dict[Product, Goods]:
    """The order's sales by product, which add up to its `figures`. Discounts on the whole order are spread over its lines."""
    amounts = book.terms.amounts()
    found: dict[Product, Goods] = {}
    for line in book.terms.lines:
        product = Product(line.sku or line.name, line.name, line.category)
        found[product] = found.get(product, NO_GOODS).plus(_goods(book, line.line_id, amounts[line.line_id]))
    return found or {NO_PRODUCT: NO_GOODS}


def _goods(book: Book, line_id: str, line: LineAmounts) -> Goods:
    gone = line.quantity if book.ended == "cancelled" else min(book.gone(line_id), line.quantity)
    returns = part_of(line.net, gone, line.quantity, book.currency)
    amounts = (minor_units(amount, book.currency) for amount in (line.gross, line.gross - line.net, returns))
    return Goods(_millionths(line.quantity), _millionths(gone), *amounts)


def _millionths(quantity: Decimal) -> int:
    return int(quantity.scaleb(RATE_DIGITS))


def _in_minor_units(book: Book, *sales: Decimal) -> Figures:
    cash = (book.sum("capture"), book.sum("refund"), book.sum("chargeback"))
    currency = book.currency
    return Figures(*[minor_units(amount, currency) if amount else 0 for amount in (*sales, *cash)])


def _plain(placed: Placed) -> Placed:
    """The event without personal data and without the fields that `terms` holds."""
    return replace(placed, lines=(), discounts=(), charges=(), **PERSONAL)


PERSONAL: Mapping[str, None] = dict.fromkeys(personal_fields(Placed))

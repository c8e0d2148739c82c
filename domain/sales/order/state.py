"""The state that an order's decisions read, and the four status axes computed from it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Literal
from uuid import UUID

import msgspec

from domain.sales.order import axes
from domain.sales.order.terms import Terms
from domain.sales.order.values import LineQuantity, ReturnedLine
from domain.shared.aggregate import REPEATED
from domain.shared.annotations import Annotated
from domain.shared.events import Context, Event, type_name
from domain.shared.personal import same
from domain.shared.refusals import AlreadyThere, Refusal

if TYPE_CHECKING:
    from domain.sales.order.placing import Placed

Cancellation = tuple[datetime, tuple[tuple[str, Decimal], ...], str | None]
Standing = Literal["shipped", "delivered", "delivery_failed", "cancelled"]
MoneyFact = Literal["authorisation", "capture", "chargeback", "refund"]


class OrderNotOpen(Refusal):
    """The order is no longer open; it cannot be amended."""


class OrderNotConfirmed(Refusal):
    """The order is not confirmed."""


class OrderIsCompleted(Refusal):
    """The order is completed; reopen it first."""


class OrderIsCancelled(Refusal):
    """The order is cancelled; reopen it first."""


class OrderNotEnded(Refusal):
    """Only a completed or cancelled order can be reopened."""


class Shipment(msgspec.Struct):
    """A shipment; `standing` is its status since `at`."""

    lines: tuple[LineQuantity, ...]
    at: datetime
    standing: Standing = "shipped"


class State(Annotated):
    name = "order"

    def __init__(self, id: UUID) -> None:
        super().__init__(id)
        self.placed: Placed | None = None
        self.terms = Terms()
        self.total = Decimal(0)
        self.customer_id: UUID | None = None
        self.customers: set[tuple[UUID, datetime]] = set()
        self.recipient: dict[str, Any] = {}
        self.cancelled: dict[str, Decimal] = {}
        self.cancellations: set[Cancellation] = set()
        self.confirmed_at: datetime | None = None
        self.ended: Literal["completed", "cancelled"] | None = None
        self.ended_at: datetime | None = None
        self.reopened_at: datetime | None = None
        self.money: dict[MoneyFact, dict[str, Decimal]] = {"authorisation": {}, "capture": {}, "chargeback": {}, "refund": {}}
        self.voided: set[str] = set()
        self.shipments: dict[str, Shipment] = {}
        self.requests: set[str] = set()
        self.returns: dict[str, tuple[ReturnedLine, ...]] = {}
        self.recorded_facts: dict[tuple[str, ...], Event] = {}

    @property
    def number(self) -> str | None:
        return self.placed.number if self.placed else None

    @property
    def currency(self) -> str:
        return self.terms.currency

    @property
    def status(self) -> axes.OrderStatus:
        return axes.order_status(self.confirmed_at is not None, self.ended)

    @property
    def payment_status(self) -> axes.PaymentStatus:
        return axes.payment_status(
            self.total,
            authorised=self.sum("authorisation"),
            captured=self.sum("capture"),
            refunded=self.sum("refund"),
            charged_back=self.sum("chargeback"),
            voided=bool(self.voided),
        )

    @property
    def fulfilment_status(self) -> axes.FulfilmentStatus:
        return axes.fulfilment_status((self.due(id), self.shipped(id), self.delivered(id)) for id in self.line_ids)

    @property
    def return_status(self) -> axes.ReturnStatus:
        return axes.return_status(bool(self.requests), ((self.due(id), self.returned(id)) for id in self.line_ids))

    @property
    def line_ids(self) -> tuple[str, ...]:
        return tuple(line.line_id for line in self.terms.lines)

    @property
    def owed(self) -> Decimal:
        """The amount that the customer owes for the order: its total, or zero if it is cancelled."""
        return Decimal(0) if self.ended == "cancelled" else self.total

    @property
    def kept(self) -> Decimal:
        """The money that is captured and not refunded or charged back."""
        return self.sum("capture") - self.sum("refund") - self.sum("chargeback")

    def sum(self, fact: MoneyFact) -> Decimal:
        return sum(self.money[fact].values(), Decimal(0))

    def due(self, line_id: str) -> Decimal:
        """The quantity of a line to ship: ordered less cancelled."""
        return max(self.terms.ordered(line_id) - self.cancelled.get(line_id, Decimal(0)), Decimal(0))

    def shipped(self, line_id: str) -> Decimal:
        return _count((s.lines for s in self.shipments.values() if s.standing != "cancelled"), line_id)

    def delivered(self, line_id: str) -> Decimal:
        return _count((s.lines for s in self.shipments.values() if s.standing == "delivered"), line_id)

    def returned(self, line_id: str) -> Decimal:
        return _count(self.returns.values(), line_id)

    def knows(self, event: Event, otherwise: type[AlreadyThere], *ids: str) -> bool:
        """Whether the fact with these ids is already recorded. Raises `otherwise` if it is recorded with other values."""
        known = self.recorded_facts.get((type_name(type(event)), *ids))
        if known is None:
            return False
        if same(known, event):
            return True
        raise otherwise(f"{ids[-1]!r} is already recorded, with other values.", id=ids[-1])

    def is_recorded(self, kind: type[Event], *ids: str) -> bool:
        return (type_name(kind), *ids) in self.recorded_facts

    def remember(self, event: Event, *ids: str) -> None:
        self.recorded_facts[type_name(type(event)), *ids] = event

    def again(self, context: Context, event: Event, known: datetime | None) -> None:
        """Repeats the status in force since `known`. Records it, flagged, only if the caller states another time."""
        if context.names_another_time_than(known) and not self.was_recorded(context, event):
            self.record(context, event, REPEATED)

    def refuse_excess(self, context: Context, terms: Terms) -> tuple[str, ...]:
        """Raises DiscountTooLarge if a discount of the new terms takes more than there is (a flag if a source states it)."""
        excess = terms.excess(self.terms)
        if excess is None:
            return ()
        return (excess.rule,) if context.source else self.refuse(context, excess)

    def refuse_ended(self, context: Context) -> tuple[str, ...]:
        """Raises OrderIsCancelled or OrderIsCompleted if the order has ended (a flag on import)."""
        if self.ended is None:
            return ()
        return self.refuse(context, OrderIsCancelled() if self.ended == "cancelled" else OrderIsCompleted())


def _count(parcels: Iterable[Sequence[LineQuantity]], line_id: str) -> Decimal:
    return sum((line.quantity for lines in parcels for line in lines if line.line_id == line_id), Decimal(0))

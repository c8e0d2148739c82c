"""Shipments of an order, each with its own id: shipped, delivered, failed or cancelled."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from domain.sales.order.state import Shipment, Standing, State
from domain.sales.order.values import LineQuantity, check_codes, check_lines, check_reasons, free_text
from domain.shared.aggregate import decision
from domain.shared.events import Context, Event, Metadata
from domain.shared.personal import Personal
from domain.shared.refusals import AlreadyThere, NotThere

SHIPPED_BEFORE_CONFIRMATION = "shipped-before-confirmation"
SHIPPED_AFTER_CANCELLATION = "shipped-after-cancellation"
SHIPPED_BEYOND_ORDERED = "shipped-beyond-ordered"
DELIVERED_AFTER_CANCELLATION = "delivered-after-cancellation"
CANCELLED_AFTER_DELIVERY = "shipment-cancelled-after-delivery"


class ShipmentUnknown(NotThere):
    """The order has no such shipment."""


class ShipmentKnownOtherwise(AlreadyThere):
    """This shipment is already recorded, with other values."""


class Shipped(Event, frozen=True, tag="crm.order.shipped.v1"):
    shipment_id: str
    lines: tuple[LineQuantity, ...]
    carrier: str | None = None
    tracking: Personal[str] = None

    def apply(self, order: State, metadata: Metadata) -> None:
        order.remember(self, self.shipment_id)
        order.shipments[self.shipment_id] = Shipment(self.lines, metadata.occurred_at)


class ShipmentMoved(Event, frozen=True, tag="crm.order.shipment_moved"):
    """Base of the events that change the status of a shipment. It is never recorded itself."""

    standing: ClassVar[Standing]
    shipment_id: str

    def apply(self, order: State, metadata: Metadata) -> None:
        # A fold of what had happened by a moment may leave out the shipment, if it is dated after this event.
        if shipment := order.shipments.get(self.shipment_id):
            shipment.standing, shipment.at = self.standing, metadata.occurred_at


class Delivered(ShipmentMoved, frozen=True, tag="crm.order.delivered.v1"):
    standing = "delivered"


class DeliveryFailed(ShipmentMoved, frozen=True, tag="crm.order.delivery_failed.v1"):
    """An attempt to deliver failed; the goods are still in transit."""

    standing = "delivery_failed"
    reason: str | None = None


class ShipmentCancelled(ShipmentMoved, frozen=True, tag="crm.order.shipment_cancelled.v1"):
    """The shipment did not take place; its goods are due again."""

    standing = "cancelled"
    reason: str | None = None


class Fulfilment(State):
    @decision
    def ship(
        self,
        context: Context,
        shipment_id: str,
        lines: Sequence[LineQuantity],
        *,
        carrier: str | None = None,
        tracking: str | None = None,
    ) -> None:
        """Flagged if more is shipped than is due. Raises UnknownLine, Malformed, ShipmentKnownOtherwise."""
        check_codes(shipment_id, carrier)
        exact = check_lines(lines, self.line_ids)
        event = Shipped(shipment_id=shipment_id, lines=exact, carrier=carrier, tracking=free_text(tracking))
        if not self.knows(event, ShipmentKnownOtherwise, shipment_id):
            self.record(context, event, *self._irregular_shipment(exact))

    @decision
    def deliver(self, context: Context, shipment_id: str) -> None:
        self._move(context, Delivered(shipment_id=shipment_id), "cancelled", DELIVERED_AFTER_CANCELLATION)

    @decision
    def fail_delivery(self, context: Context, shipment_id: str, *, reason: str | None = None) -> None:
        check_reasons(reason)
        event = DeliveryFailed(shipment_id=shipment_id, reason=reason)
        self._move(context, event, "cancelled", DELIVERED_AFTER_CANCELLATION)

    @decision
    def cancel_shipment(self, context: Context, shipment_id: str, *, reason: str | None = None) -> None:
        check_reasons(reason)
        event = ShipmentCancelled(shipment_id=shipment_id, reason=reason)
        self._move(context, event, "delivered", CANCELLED_AFTER_DELIVERY)

    def _move(self, context: Context, event: ShipmentMoved, odd: Standing, flag: str) -> None:
        """Records a fact from outside. Adds `flag` if the shipment has the status `odd`, which does not allow the change."""
        shipment = self._shipment(event.shipment_id)
        if shipment.standing == event.standing:
            self.again(context, event, shipment.at)
        elif not self.was_recorded(context, event):
            self.record(context, event, *([flag] if shipment.standing == odd else []))

    def _shipment(self, shipment_id: str) -> Shipment:
        try:
            return self.shipments[shipment_id]
        except KeyError:
            raise ShipmentUnknown(shipment_id=shipment_id) from None

    def _irregular_shipment(self, lines: Sequence[LineQuantity]) -> list[str]:
        flags = []
        if self.status == "open":
            flags.append(SHIPPED_BEFORE_CONFIRMATION)
        if self.status == "cancelled":
            flags.append(SHIPPED_AFTER_CANCELLATION)
        if any(self.shipped(line.line_id) + line.quantity > self.due(line.line_id) for line in lines):
            flags.append(SHIPPED_BEYOND_ORDERED)
        return flags

"""Returns of goods: a return is requested, received or declined, and can be reversed."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from domain.sales.order.state import State
from domain.sales.order.values import LineQuantity, ReturnedLine, check_codes, check_lines, check_reasons, free_text
from domain.shared.aggregate import decision
from domain.shared.events import Context, Event, Metadata
from domain.shared.personal import Personal
from domain.shared.refusals import AlreadyThere, NotThere, Refusal

RETURN_BEYOND_SHIPPED = "return-beyond-shipped"
RETURN_AFTER_DECLINE = "return-after-decline"


class ReturnUnknown(NotThere):
    """The order has no such return."""


class ReturnKnownOtherwise(AlreadyThere):
    """This return is already recorded, with other values."""


class ReturnIsReceived(Refusal):
    """A received return cannot be declined; reverse it instead."""


class ReturnRequested(Event, frozen=True, tag="crm.order.return_requested.v1"):
    return_id: str
    lines: tuple[ReturnedLine, ...]
    note: Personal[str] = None

    def apply(self, order: State, metadata: Metadata) -> None:
        order.remember(self, self.return_id)
        if not order.is_recorded(LinesReturned, self.return_id) and not order.is_recorded(ReturnDeclined, self.return_id):
            order.requests.add(self.return_id)


class LinesReturned(Event, frozen=True, tag="crm.order.lines_returned.v1"):
    """Goods were received back. `exchange_order_id` is the order that replaces them."""

    return_id: str
    lines: tuple[ReturnedLine, ...]
    exchange_order_id: UUID | None = None

    def apply(self, order: State, metadata: Metadata) -> None:
        order.remember(self, self.return_id)
        order.requests.discard(self.return_id)
        order.returns[self.return_id] = self.lines


class ReturnDeclined(Event, frozen=True, tag="crm.order.return_declined.v1"):
    return_id: str
    reason: str | None = None
    note: Personal[str] = None

    def apply(self, order: State, metadata: Metadata) -> None:
        order.remember(self, self.return_id)
        order.requests.discard(self.return_id)


class ReturnReversed(Event, frozen=True, tag="crm.order.return_reversed.v1"):
    """The goods were not received back."""

    return_id: str
    reason: str | None = None

    def apply(self, order: State, metadata: Metadata) -> None:
        order.remember(self, self.return_id)
        order.returns.pop(self.return_id, None)


class Returns(State):
    @decision
    def request_return(
        self, context: Context, return_id: str, lines: Sequence[ReturnedLine], *, note: str | None = None
    ) -> None:
        event = ReturnRequested(return_id=return_id, lines=self._returned_lines(return_id, lines), note=free_text(note))
        if not self.knows(event, ReturnKnownOtherwise, return_id):
            self.record(context, event, *self._beyond(event.lines))

    @decision
    def receive_return(
        self, context: Context, return_id: str, lines: Sequence[ReturnedLine], *, exchange_order_id: UUID | None = None
    ) -> None:
        """A return need not be requested first. Flagged if more is returned than was shipped. Raises UnknownLine, Malformed."""
        exact = self._returned_lines(return_id, lines)
        event = LinesReturned(return_id=return_id, lines=exact, exchange_order_id=exchange_order_id)
        if not self.knows(event, ReturnKnownOtherwise, return_id):
            declined = self.is_recorded(ReturnDeclined, return_id)
            self.record(context, event, *self._beyond(exact), *([RETURN_AFTER_DECLINE] if declined else []))

    @decision
    def decline_return(self, context: Context, return_id: str, *, reason: str | None = None, note: str | None = None) -> None:
        """Our own decision on a requested return. Raises ReturnUnknown; ReturnIsReceived (a flag on import)."""
        check_reasons(reason)
        if not self.is_recorded(ReturnRequested, return_id):
            raise ReturnUnknown(return_id=return_id)
        event = ReturnDeclined(return_id=return_id, reason=reason, note=free_text(note))
        if not self.knows(event, ReturnKnownOtherwise, return_id):
            received = self.is_recorded(LinesReturned, return_id)
            self.record(context, event, *(self.refuse(context, ReturnIsReceived()) if received else ()))

    @decision
    def reverse_return(self, context: Context, return_id: str, *, reason: str | None = None) -> None:
        check_reasons(reason)
        if not self.is_recorded(LinesReturned, return_id):
            raise ReturnUnknown(return_id=return_id)
        event = ReturnReversed(return_id=return_id, reason=reason)
        if not self.knows(event, ReturnKnownOtherwise, return_id):
            self.record(context, event)

    def _returned_lines(self, return_id: str, lines: Sequence[ReturnedLine]) -> tuple[ReturnedLine, ...]:
        check_codes(return_id)
        check_reasons(*(line.reason for line in lines))
        return check_lines(lines, self.line_ids)

    def _beyond(self, lines: Sequence[LineQuantity]) -> list[str]:
        """The flag if more is returned than was shipped. Without shipments (in a shop) the due quantities count as shipped."""
        known = self.shipped if self.shipments else self.due
        beyond = any(self.returned(line.line_id) + line.quantity > known(line.line_id) for line in lines)
        return [RETURN_BEYOND_SHIPPED] if beyond else []

"""The order status: open, confirmed, completed or cancelled; reopening restores the status before the end."""

from __future__ import annotations

from domain.sales.order.state import OrderIsCancelled, OrderIsCompleted, OrderNotConfirmed, OrderNotEnded, State
from domain.sales.order.values import check_reasons, free_text
from domain.shared.aggregate import decision
from domain.shared.events import Context, Event, Metadata
from domain.shared.personal import Personal

CANCELLED_AFTER_SHIPMENT = "cancelled-after-shipment"


class Confirmed(Event, frozen=True, tag="crm.order.confirmed.v1"):
    def apply(self, order: State, metadata: Metadata) -> None:
        order.confirmed_at = metadata.occurred_at


class Completed(Event, frozen=True, tag="crm.order.completed.v1"):
    def apply(self, order: State, metadata: Metadata) -> None:
        order.ended, order.ended_at = "completed", metadata.occurred_at


class Cancelled(Event, frozen=True, tag="crm.order.cancelled.v1"):
    reason: str | None = None
    note: Personal[str] = None

    def apply(self, order: State, metadata: Metadata) -> None:
        order.ended, order.ended_at = "cancelled", metadata.occurred_at


class Reopened(Event, frozen=True, tag="crm.order.reopened.v1"):
    reason: str | None = None

    def apply(self, order: State, metadata: Metadata) -> None:
        order.ended, order.ended_at, order.reopened_at = None, None, metadata.occurred_at


class Processing(State):
    @decision
    def confirm(self, context: Context) -> None:
        event = Confirmed()
        if self.confirmed_at is not None:
            self.again(context, event, self.confirmed_at)
        else:
            self.record(context, event, *self.refuse_ended(context))

    @decision
    def complete(self, context: Context) -> None:
        event = Completed()
        if self.ended == "completed":
            self.again(context, event, self.ended_at)
        elif not self.was_recorded(context, event):
            self.record(context, event, *self._refuse_completion(context))

    @decision
    def cancel(self, context: Context, *, reason: str | None = None, note: str | None = None) -> None:
        """Cancels the order; flagged if something is already shipped. Raises Malformed; OrderIsCompleted (a flag on import)."""
        check_reasons(reason)
        event = Cancelled(reason=reason, note=free_text(note))
        if self.ended == "cancelled":
            self.again(context, event, self.ended_at)
        elif not self.was_recorded(context, event):
            flags = self.refuse(context, OrderIsCompleted()) if self.ended == "completed" else ()
            gone = any(self.shipped(line_id) > 0 for line_id in self.line_ids)
            self.record(context, event, *flags, *([CANCELLED_AFTER_SHIPMENT] if gone else []))

    @decision
    def reopen(self, context: Context, *, reason: str | None = None) -> None:
        """Makes a completed or cancelled order open or confirmed again. Raises Malformed; OrderNotEnded (a flag on import)."""
        check_reasons(reason)
        event = Reopened(reason=reason)
        if self.ended is not None:
            if not self.was_recorded(context, event):
                self.record(context, event)
        elif self.reopened_at is not None:
            self.again(context, event, self.reopened_at)
        else:
            self.record(context, event, *self.refuse(context, OrderNotEnded()))

    def _refuse_completion(self, context: Context) -> tuple[str, ...]:
        if self.ended == "cancelled":
            return self.refuse(context, OrderIsCancelled())
        return () if self.confirmed_at else self.refuse(context, OrderNotConfirmed())

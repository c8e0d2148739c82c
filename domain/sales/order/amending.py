"""Amending an open order, and cancelling some of its lines."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, Unpack

from msgspec.structs import replace

from domain.sales.order.placing import Recipient, agreed_total, checked_recipient, odd_lines, recipient
from domain.sales.order.pricing import LineAmounts
from domain.sales.order.state import Cancellation, OrderNotOpen, State
from domain.sales.order.terms import Terms
from domain.sales.order.values import (
    CancelledLine,
    Charge,
    Contact,
    Item,
    Line,
    LineQuantity,
    OrderDiscount,
    check_lines,
    check_reasons,
)
from domain.shared.aggregate import decision
from domain.shared.contact import Address
from domain.shared.events import Context, Event, Metadata
from domain.shared.personal import Personal
from domain.shared.refusals import Refusal

CANCELLED_WHAT_IS_SHIPPED = "cancelled-what-is-shipped"
NO_FLAGS: tuple[str, ...] = ()


class LineInUse(Refusal):
    """An amendment must not remove quantities that are shipped or cancelled."""


class QuantityBeyondOrdered(Refusal):
    """The cancelled quantity of a line must not exceed the ordered quantity."""


class Amended(Event, frozen=True, tag="crm.order.amended.v1"):
    """Only the parts that changed; each replaces the whole part. `total` is the new total of the order."""

    total: Decimal
    lines: tuple[Line, ...] | None = None
    discounts: tuple[OrderDiscount, ...] | None = None
    charges: tuple[Charge, ...] | None = None
    billing_address: Personal[Address] = None
    shipping_address: Personal[Address] = None
    contact: Personal[Contact] = None

    def apply(self, order: State, metadata: Metadata) -> None:
        parts = {"lines": self.lines, "discounts": self.discounts, "charges": self.charges}
        order.terms = replace(order.terms, **{name: part for name, part in parts.items() if part is not None})
        order.total = self.total
        order.recipient.update(recipient(self))


class LinesCancelled(Event, frozen=True, tag="crm.order.lines_cancelled.v1"):
    """`lines` are cancelled in addition to earlier cancellations. `total` is the new total of the order."""

    lines: tuple[CancelledLine, ...]
    total: Decimal
    reason: str | None = None

    def apply(self, order: State, metadata: Metadata) -> None:
        for line in self.lines:
            order.cancelled[line.line_id] = order.cancelled.get(line.line_id, Decimal(0)) + line.quantity
        # An amount below zero was recorded when a discount could exceed its line. It must not raise the total.
        order.total = self.total + sum((line.amount for line in self.lines if line.amount < 0), Decimal(0))
        order.cancellations.add(cancellation(metadata.occurred_at, self.lines, self.reason))


class Amending(State):
    @decision
    def amend(
        self,
        context: Context,
        *,
        lines: Sequence[Item] | None = None,
        discounts: Sequence[OrderDiscount] | None = None,
        charges: Sequence[Charge] | None = None,
        total: Decimal | None = None,
        **recipient: Unpack[Recipient],
    ) -> None:
        """None keeps a part. Lines, discounts and charges replace the whole part.

        Discounts that are not given keep their amounts; if the lines change, they are allocated again.
        Raises Malformed, UnknownLine; OrderNotOpen and LineInUse (flags on import); DiscountTooLarge (a flag if a source
        states it).
        """
        stated = checked_recipient(recipient)
        terms = self._amended(lines, discounts, charges)
        agreed, flags = self.total, NO_FLAGS
        if total is not None or terms != self.terms:
            agreed, flags = agreed_total(terms, total, self._without_cancelled(terms))
        event = Amended(
            total=agreed,
            lines=_changed(self.terms.lines, terms.lines),
            discounts=_changed(self.terms.discounts, terms.discounts),
            charges=_changed(self.terms.charges, terms.charges),
            **self._changed_recipient(stated),
        )
        if event == Amended(total=self.total) or self.was_recorded(context, event):
            return
        not_open = () if self.status == "open" else self.refuse(context, OrderNotOpen())
        odd = odd_lines(terms) if event.lines is not None else ()
        too_large = self.refuse_excess(context, terms)
        self.record(context, event, *not_open, *self._refuse_in_use(context, terms), *flags, *odd, *too_large)

    @decision
    def cancel_lines(
        self, context: Context, lines: Sequence[LineQuantity], *, total: Decimal | None = None, reason: str | None = None
    ) -> None:
        """Flagged if shipped goods are cancelled.

        Raises QuantityBeyondOrdered, UnknownLine, Malformed; OrderIsCancelled and OrderIsCompleted (flags on import).
        """
        check_reasons(reason)
        checked = check_lines(lines, self.line_ids)
        if context.occurred_at and cancellation(context.at, checked, reason) in self.cancellations:
            return
        if any(line.quantity > self.due(line.line_id) for line in checked):
            raise QuantityBeyondOrdered
        exact = self._cancelled_lines(checked)
        sum_of_rest = self.total - sum((line.amount for line in exact), Decimal(0))
        rest, flags = agreed_total(self.terms, total, max(sum_of_rest, Decimal(0)))
        event = LinesCancelled(lines=exact, total=rest, reason=reason)
        gone = any(line.quantity > self.due(line.line_id) - self.shipped(line.line_id) for line in exact)
        self.record(context, event, *self.refuse_ended(context), *flags, *([CANCELLED_WHAT_IS_SHIPPED] if gone else []))

    def _changed_recipient(self, stated: Recipient) -> dict[str, Any]:
        return {name: value for name, value in stated.items() if value != self.recipient.get(name)}

    def _amended(
        self, lines: Sequence[Item] | None, discounts: Sequence[OrderDiscount] | None, charges: Sequence[Charge] | None
    ) -> Terms:
        kept = self.terms.discounts
        if lines is not None:
            kept = tuple(replace(discount, allocation={}) for discount in kept)
        return Terms.of(
            self.currency,
            self.terms.lines if lines is None else lines,
            kept if discounts is None else discounts,
            self.terms.charges if charges is None else charges,
            prices_include_tax=self.terms.prices_include_tax,
        )

    def _without_cancelled(self, terms: Terms) -> Decimal:
        """The sum of the terms without what is cancelled. A negative rounding does not make what is left negative."""
        whole = terms.sum()
        return max(whole - terms.worth(self.cancelled), min(whole, Decimal(0)))

    def _refuse_in_use(self, context: Context, terms: Terms) -> tuple[str, ...]:
        for line_id in self.line_ids:
            if terms.ordered(line_id) < self.cancelled.get(line_id, Decimal(0)) + self.shipped(line_id):
                return self.refuse(context, LineInUse(line_id=line_id))
        return ()

    def _cancelled_lines(self, lines: Sequence[LineQuantity]) -> tuple[CancelledLine, ...]:
        amounts = self.terms.amounts()
        return tuple(self._cancelled_line(line, amounts[line.line_id]) for line in lines)

    def _cancelled_line(self, line: LineQuantity, amounts: LineAmounts) -> CancelledLine:
        before = self.cancelled.get(line.line_id, Decimal(0))
        after = amounts.worth(before + line.quantity, self.currency)
        amount = after - amounts.worth(before, self.currency)
        return CancelledLine(line_id=line.line_id, quantity=line.quantity, amount=amount)


def cancellation(at: datetime, lines: Sequence[LineQuantity], reason: str | None) -> Cancellation:
    """The key that identifies a cancellation of lines."""
    return at, tuple((line.line_id, line.quantity) for line in lines), reason


def _changed(known: tuple[Any, ...], now: tuple[Any, ...]) -> tuple[Any, ...] | None:
    return None if known == now else now

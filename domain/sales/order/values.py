"""The parts of an order that are values: lines and what is charged, whom it goes to, and how they are checked."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Literal, TypeVar

import msgspec

from domain.shared import money
from domain.shared.events import Value
from domain.shared.refusals import Malformed, NotThere
from domain.shared.text import optional_code, optional_text, text

CODE_LENGTH = 64
TEXT_LENGTH = 10_000

V = TypeVar("V", bound="LineQuantity")


class AmountNegative(Malformed):
    """The amount may not be less than zero."""


class QuantityNotPositive(Malformed):
    """A quantity must be greater than zero."""


class UnknownLine(NotThere):
    """The order has no such line."""


class LineTwice(Malformed):
    """A line is named twice."""


class NothingNamed(Malformed):
    """At least one line must be named."""


class Tax(Value, frozen=True):
    """A tax of a line. `rate` is a fraction: 0.19 is 19 %."""

    name: str
    amount: Decimal
    rate: Decimal | None = None


class Discount(Value, frozen=True):
    """What one line is cheaper by, in all."""

    amount: Decimal
    code: str | None = None


class Item(Value, frozen=True):
    """A line as it is asked for; its total is what it comes to."""

    line_id: str
    name: str
    quantity: Decimal
    unit_price: Decimal
    sku: str | None = None
    category: str | None = None
    unit: str | None = None
    unit_cost: Decimal | None = None
    discounts: tuple[Discount, ...] = ()
    taxes: tuple[Tax, ...] = ()


class Line(Item, frozen=True, kw_only=True):
    """A line as it is recorded.

    `total` is quantity × unit price less the line's own discounts, rounded half up, or what the source states. It contains
    tax exactly if the order's prices do, and does not know of discounts on the whole order.
    """

    total: Decimal

    @property
    def tax(self) -> Decimal:
        return sum((tax.amount for tax in self.taxes), Decimal(0))


class OrderDiscount(Value, frozen=True):
    """A discount on the whole order. `allocation` says by line id how much of it falls on each line."""

    kind: Literal["percentage", "fixed", "shipping", "loyalty", "other"]
    amount: Decimal
    code: str | None = None
    allocation: dict[str, Decimal] = msgspec.field(default_factory=dict)


class Charge(Value, frozen=True):
    """What is charged beside the lines. `amount` contains `tax` exactly if the order's prices do.

    A rounding may be negative. A gift card is sold as a charge: it is no revenue yet.
    """

    kind: Literal["shipping", "fee", "tip", "rounding", "gift_card"]
    amount: Decimal
    tax: Decimal = Decimal(0)


class Contact(Value, frozen=True):
    name: str | None = None
    email: str | None = None
    phone: str | None = None


class LineQuantity(Value, frozen=True):
    """Some of a line."""

    line_id: str
    quantity: Decimal


class CancelledLine(LineQuantity, frozen=True):
    """`amount` is what the order's total falls by: the line with its tax, less its share of the order's discounts."""

    amount: Decimal


class RefundedLine(LineQuantity, frozen=True):
    """`amount` is the money paid back for the line, `tax` the part of it that is tax."""

    amount: Decimal
    tax: Decimal = Decimal(0)


class ReturnedLine(LineQuantity, frozen=True):
    """`restock` says whether the goods can be sold again."""

    reason: str | None = None
    condition: Literal["new", "opened", "used", "damaged", "defective", "unknown"] = "unknown"
    restock: bool = False


def not_negative(value: Decimal, currency: str) -> Decimal:
    """The amount with its currency's decimals; raises AmountNegative, and what `money.amount` raises."""
    return money.not_negative(value, currency, AmountNegative)


def quantity(value: Decimal) -> Decimal:
    """A quantity of up to six decimals; raises QuantityNotPositive, and what `money.rate` raises."""
    exact = money.rate(value)
    if exact <= 0:
        raise QuantityNotPositive(f"{value} is not greater than zero.")
    return exact


def check_codes(*codes: str | None) -> None:
    """Raises Malformed. These are other systems' codes and numbers, which may contain blanks."""
    for given in codes:
        if given is not None and text(given, "code or number", CODE_LENGTH) != given:
            raise Malformed("A code or number begins and ends without a blank, and is composed (NFC).")


def check_reasons(*reasons: str | None) -> None:
    """Raises Malformed: a reason is recorded in the clear, so no sentence may hide in it."""
    for reason in reasons:
        optional_code(reason, "reason")


def free_text(value: str | None) -> str | None:
    """A free text as it is recorded. Raises Malformed."""
    return optional_text(value, "text", TEXT_LENGTH)


def check_lines(lines: Iterable[V], known: Iterable[str]) -> tuple[V, ...]:
    """The lines with exact quantities. Raises NothingNamed, LineTwice, UnknownLine, QuantityNotPositive."""
    exact = tuple(msgspec.structs.replace(line, quantity=quantity(line.quantity)) for line in lines)
    if not exact:
        raise NothingNamed
    check_unique(line.line_id for line in exact)
    for unknown in {line.line_id for line in exact} - set(known):
        raise UnknownLine(f"There is no line {unknown!r}.", line_id=unknown)
    return exact


def check_unique(line_ids: Iterable[str]) -> None:
    """Raises LineTwice."""
    seen: set[str] = set()
    for line_id in line_ids:
        if line_id in seen:
            raise LineTwice(f"The line {line_id!r} is named twice.", line_id=line_id)
        seen.add(line_id)

"""Value types of an order (lines, discounts, charges, contact), and their checks."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Literal, TypeVar

import msgspec

from domain.shared import money
from domain.shared.events import Value
from domain.shared.refusals import Malformed, NotThere
from domain.shared.text import ONE_FORM, check_code, optional_text, text

CODE_LENGTH = 64
TEXT_LENGTH = 10_000

V = TypeVar("V", bound="LineQuantity")


class AmountNegative(Malformed):
    """The amount must not be less than zero."""


class QuantityNotPositive(Malformed):
    """A quantity must be greater than zero."""


class UnknownLine(NotThere):
    """The order has no such line."""


class LineTwice(Malformed):
    """Two lines have the same id."""


class NothingNamed(Malformed):
    """At least one line is required."""


class Tax(Value, frozen=True):
    """A tax of a line: `amount` is the tax of what the customer pays for it, after all discounts.

    `rate` is a fraction: 0.19 is 19 %.
    """

    name: str
    amount: Decimal
    rate: Decimal | None = None


class Discount(Value, frozen=True):
    """A discount on one line. `amount` is for the whole line, not per unit."""

    amount: Decimal
    code: str | None = None


class Item(Value, frozen=True):
    """A line as requested; its total is computed."""

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

    @property
    def discount(self) -> Decimal:
        """The sum of the line's own discounts, as stated."""
        return sum((discount.amount for discount in self.discounts), Decimal(0))

    def price(self, currency: str) -> Decimal:
        """Quantity × unit price, rounded half up."""
        return money.rounded(self.quantity * self.unit_price, currency)


class Line(Item, frozen=True, kw_only=True):
    """A line as recorded.

    `total` is quantity × unit price less the line's own discounts, rounded half up, or the total that the source states. It
    includes tax if the order's prices do. Discounts on the whole order are not deducted.
    """

    total: Decimal

    @property
    def tax(self) -> Decimal:
        return sum((tax.amount for tax in self.taxes), Decimal(0))


class OrderDiscount(Value, frozen=True):
    """A discount on all lines, or on shipping. `allocation` is the amount for each line, by line id.

    What is not allocated is split over the lines, in proportion to what is left of them.
    """

    kind: Literal["percentage", "fixed", "shipping", "loyalty", "other"]
    amount: Decimal
    code: str | None = None
    allocation: dict[str, Decimal] = msgspec.field(default_factory=dict)


class Charge(Value, frozen=True):
    """A charge in addition to the lines. `amount` includes `tax` if the order's prices do.

    A `rounding` can be negative. A gift card is sold as a charge, because it is not revenue yet.
    """

    kind: Literal["shipping", "fee", "tip", "rounding", "gift_card"]
    amount: Decimal
    tax: Decimal = Decimal(0)


class Contact(Value, frozen=True):
    name: str | None = None
    email: str | None = None
    phone: str | None = None


class LineQuantity(Value, frozen=True):
    """A quantity of a line."""

    line_id: str
    quantity: Decimal


class CancelledLine(LineQuantity, frozen=True):
    """`amount` is deducted from the order's total: the cancelled goods with tax, less their share of the order's discounts."""

    amount: Decimal


class RefundedLine(LineQuantity, frozen=True):
    """`amount` is the money paid back for the line, including `tax`."""

    amount: Decimal
    tax: Decimal = Decimal(0)


class ReturnedLine(LineQuantity, frozen=True):
    """`restock` says whether the goods can be sold again."""

    reason: str | None = None
    condition: Literal["new", "opened", "used", "damaged", "defective", "unknown"] = "unknown"
    restock: bool = False


def not_negative(value: Decimal, currency: str) -> Decimal:
    """The amount with its currency's decimals. Raises AmountNegative, and the refusals of `money.amount`."""
    return money.not_negative(value, currency, AmountNegative)


def quantity(value: Decimal) -> Decimal:
    """A quantity of up to six decimals. Raises QuantityNotPositive, and the refusals of `money.rate`."""
    exact = money.rate(value)
    if exact <= 0:
        raise QuantityNotPositive(f"{value} is not greater than zero.")
    return exact


def check_codes(*codes: str | None) -> None:
    """Raises Malformed. These are codes and numbers of other systems, which may contain blanks."""
    for given in codes:
        if given is not None and text(given, "code or number", CODE_LENGTH) != given:
            raise Malformed(f"A code or number {ONE_FORM}")


def check_reasons(*reasons: str | None) -> None:
    """Raises Malformed. A reason is a code: it is recorded unencrypted, so it must not contain free text."""
    for reason in reasons:
        check_code(reason, "reason")


def free_text(value: str | None) -> str | None:
    """A free text in the form in which it is recorded. Raises Malformed."""
    return optional_text(value, "text", TEXT_LENGTH)


def check_lines(lines: Iterable[V], known: Iterable[str]) -> tuple[V, ...]:
    """The lines with exact quantities. Raises NothingNamed, LineTwice, UnknownLine, QuantityNotPositive."""
    exact = tuple(msgspec.structs.replace(line, quantity=quantity(line.quantity)) for line in lines)
    if not exact:
        raise NothingNamed
    check_unique(line.line_id for line in exact)
    for unknown in {line.line_id for line in exact} - set(known):
        raise UnknownLine(f"The line {unknown!r} does not exist.", line_id=unknown)
    return exact


def check_unique(line_ids: Iterable[str]) -> None:
    """Raises LineTwice."""
    seen: set[str] = set()
    for line_id in line_ids:
        if line_id in seen:
            raise LineTwice(f"The line id {line_id!r} is given twice.", line_id=line_id)
        seen.add(line_id)

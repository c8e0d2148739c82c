"""The discounts of an order, as amounts of its lines and of shipping. None takes more than there is of what it is on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal

from domain.sales.order.values import Charge, Line, OrderDiscount
from domain.shared import money
from domain.shared.refusals import Malformed

ZERO = Decimal(0)


class DiscountTooLarge(Malformed):
    """A discount must not take more than there is of what it is on."""


def shares(lines: Sequence[Line], discounts: Sequence[OrderDiscount], currency: str) -> dict[str, Decimal]:
    """Each line's part of the discounts on the whole order, by line id; at most the line's total."""
    return _by_line(allocated(lines, discounts, currency)) if discounts else {}


def allocated(lines: Sequence[Line], discounts: Sequence[OrderDiscount], currency: str) -> list[dict[str, Decimal]]:
    """For each discount, the amount for each line, by line id. A discount on shipping has none.

    First each line gets what the discounts allocate to it, at most what is left of it. Then the rest of each discount is split
    over the lines, in proportion to what is left of them.
    """
    left = {line.line_id: line.total for line in lines}
    parts = [_stated(discount, left) for discount in discounts]
    for discount, part in zip(discounts, parts, strict=True):
        rest = ZERO if discount.kind == "shipping" else discount.amount - sum(part.values(), ZERO)
        for line_id, share in split(rest, left, currency).items() if rest else ():
            part[line_id] = part.get(line_id, ZERO) + share
            left[line_id] -= share
    return parts


def split(amount: Decimal, left: Mapping[str, Decimal], currency: str) -> dict[str, Decimal]:
    """Splits the amount in proportion to what is left, at most all of it. Rounding the running sum keeps the sum exact."""
    whole = sum(left.values(), ZERO)
    amount = min(amount, whole)
    parts: dict[str, Decimal] = {}
    running = given = ZERO
    for line_id, price in left.items() if whole else ():
        running += price
        up_to_here = money.rounded(amount * running / whole, currency)
        parts[line_id] = up_to_here - given
        given = up_to_here
    return parts


def on_lines(lines: Sequence[Line], discounts: Sequence[OrderDiscount]) -> Decimal:
    """The sum of all shares: the discounts on the whole order; at most what the lines cost."""
    return min(_sum(discounts, shipping=False), _total(lines)) if discounts else ZERO


def on_shipping(charges: Iterable[Charge], discounts: Sequence[OrderDiscount]) -> Decimal:
    """The discounts on shipping; at most what shipping costs."""
    return min(_sum(discounts, shipping=True), _shipping(charges)) if discounts else ZERO


def excess_on_lines(lines: Sequence[Line], discounts: Sequence[OrderDiscount], currency: str) -> DiscountTooLarge | None:
    """The refusal if discounts take more than the price of their line, or more than the total of all lines."""
    for line in lines:
        if line.discounts and line.discount > line.price(currency):
            return DiscountTooLarge(f"The discounts of the line {line.line_id!r} exceed its price.", line_id=line.line_id)
    stated = _by_line(discount.allocation for discount in discounts if discount.kind != "shipping")
    for line in lines if stated else ():
        if stated.get(line.line_id, ZERO) > line.total:
            detail = f"The discounts that are allocated to the line {line.line_id!r} exceed its total."
            return DiscountTooLarge(detail, line_id=line.line_id)
    if _sum(discounts, shipping=False) > _total(lines):
        return DiscountTooLarge("The discounts on the order exceed the total of its lines.")
    return None


def excess_on_shipping(charges: Iterable[Charge], discounts: Sequence[OrderDiscount]) -> DiscountTooLarge | None:
    """The refusal if the discounts on shipping take more than shipping costs."""
    if _sum(discounts, shipping=True) > _shipping(charges):
        return DiscountTooLarge("The discounts on shipping exceed the charges for shipping.")
    return None


def _stated(discount: OrderDiscount, left: dict[str, Decimal]) -> dict[str, Decimal]:
    """What the discount itself allocates to each line, at most what is `left` of it. `left` is reduced by that."""
    if discount.kind == "shipping":
        return {}
    part = {line_id: min(share, left.get(line_id, ZERO)) for line_id, share in discount.allocation.items()}
    for line_id, share in part.items():
        if share:
            left[line_id] -= share
    return part


def _by_line(parts: Iterable[Mapping[str, Decimal]]) -> dict[str, Decimal]:
    sums: dict[str, Decimal] = {}
    for part in parts:
        for line_id, share in part.items():
            sums[line_id] = sums.get(line_id, ZERO) + share
    return sums


def _sum(discounts: Sequence[OrderDiscount], *, shipping: bool) -> Decimal:
    return sum((discount.amount for discount in discounts if (discount.kind == "shipping") == shipping), ZERO)


def _total(lines: Iterable[Line]) -> Decimal:
    return sum((line.total for line in lines), ZERO)


def _shipping(charges: Iterable[Charge]) -> Decimal:
    return sum((charge.amount for charge in charges if charge.kind == "shipping"), ZERO)

"""What each line of an order costs, and its charges: before and after all discounts, with the tax apart."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import NamedTuple

from domain.sales.order.discounts import ZERO, on_shipping
from domain.sales.order.values import Charge, Line, OrderDiscount
from domain.shared import money


class LineAmounts(NamedTuple):
    """The amounts of a line: `gross` before and `net` after all discounts, both without tax, and its `tax`."""

    quantity: Decimal
    gross: Decimal
    net: Decimal
    tax: Decimal

    def worth(self, part: Decimal, currency: str) -> Decimal:
        """What `part` of the line's quantity adds to the order's sum: with its tax, less its share of the discounts."""
        return part_of(self.net, part, self.quantity, currency) + part_of(self.tax, part, self.quantity, currency)


class Charged(NamedTuple):
    """The charges of an order less the discounts on shipping, without tax, and their tax."""

    net: Decimal
    tax: Decimal


def part_of(amount: Decimal, part: Decimal, quantity: Decimal, currency: str) -> Decimal:
    """The amount for `part` of the quantity, rounded half up; at most the whole amount."""
    if part >= quantity:
        return amount
    return money.rounded(amount * part / quantity, currency) if part else ZERO


def line_amounts(line: Line, share: Decimal, currency: str, *, prices_include_tax: bool) -> LineAmounts:
    """The line's amounts, if `share` is its part of the discounts on the whole order.

    The tax of a line is the tax of what the customer pays for it. Gross is without the tax of the full price: of a price that
    includes tax, it is computed by the rates of the line's taxes, or in proportion to the tax of what is paid if one of them
    has no rate.
    """
    own = line.discount
    if own:
        own = min(own, line.price(currency))
    listed, paid, tax = line.total + own, line.total - share, line.tax
    if not prices_include_tax:
        return LineAmounts(line.quantity, listed, paid, tax)
    tax = min(tax, paid)
    net = paid - tax
    gross = net if listed == paid else max(listed - _tax_within(listed, line, paid, tax, currency), net)
    return LineAmounts(line.quantity, gross, net, tax)


def charged(charges: Sequence[Charge], discounts: Sequence[OrderDiscount], *, prices_include_tax: bool) -> Charged:
    """The charges without gift cards: a gift card is not revenue yet."""
    off = on_shipping(charges, discounts)
    amount, tax = -off, ZERO
    shipping, tax_of_shipping = -off, ZERO
    for charge in charges:
        if charge.kind != "gift_card":
            amount += charge.amount
            tax += charge.tax
        if charge.kind == "shipping":
            shipping += charge.amount
            tax_of_shipping += charge.tax
    if not prices_include_tax:
        return Charged(amount, tax)
    if off and tax_of_shipping > shipping:
        # As of a line, the tax is at most what is paid.
        tax -= tax_of_shipping - shipping
    return Charged(amount - tax, tax)


def _tax_within(listed: Decimal, line: Line, paid: Decimal, tax: Decimal, currency: str) -> Decimal:
    """The tax that the full price of the line contains."""
    rate = ZERO
    for one in line.taxes:
        if one.rate is None or one.rate < 0:
            return money.rounded(listed * tax / paid, currency) if paid else ZERO
        rate += one.rate
    return money.rounded(listed * rate / (1 + rate), currency)

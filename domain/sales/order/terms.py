"""Lines, discounts, charges and totals of an order. Totals are rounded half up once, recorded, and never computed again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Self

from msgspec.structs import asdict, replace

from domain.sales.order.discounts import (
    ZERO,
    DiscountTooLarge,
    allocated,
    excess_on_lines,
    excess_on_shipping,
    on_lines,
    on_shipping,
    shares,
)
from domain.sales.order.pricing import Charged, LineAmounts, charged, line_amounts
from domain.sales.order.values import (
    CODE_LENGTH,
    AmountNegative,
    Charge,
    Discount,
    Item,
    Line,
    NothingNamed,
    OrderDiscount,
    Tax,
    UnknownLine,
    check_codes,
    check_unique,
    not_negative,
    quantity,
)
from domain.shared import money
from domain.shared.events import Value
from domain.shared.refusals import Malformed
from domain.shared.text import optional_text, text


class TotalNegative(Malformed):
    """A total must not be less than zero."""


class AllocationTooLarge(Malformed):
    """The amounts allocated to lines exceed the discount."""


class Terms(Value, frozen=True):
    """The checked lines, discounts and charges of one order."""

    currency: str = ""
    prices_include_tax: bool = False
    lines: tuple[Line, ...] = ()
    discounts: tuple[OrderDiscount, ...] = ()
    charges: tuple[Charge, ...] = ()

    @classmethod
    def of(
        cls,
        currency: str,
        lines: Iterable[Item],
        discounts: Iterable[OrderDiscount] = (),
        charges: Iterable[Charge] = (),
        *,
        prices_include_tax: bool = False,
    ) -> Self:
        """Makes amounts exact, computes missing line totals and allocates discounts. Raises Malformed, UnknownLine."""
        exact = tuple(_line(item, currency) for item in lines)
        check_unique(line.line_id for line in exact)
        exact_charges = tuple(_charge(charge, currency) for charge in charges)
        if not exact and not exact_charges:
            raise NothingNamed
        exact_discounts = tuple(_discount(discount, exact, currency) for discount in discounts)
        return cls(
            currency=currency,
            prices_include_tax=prices_include_tax,
            lines=exact,
            discounts=_allocated(exact_discounts, exact, currency),
            charges=exact_charges,
        )

    def sum(self) -> Decimal:
        """The sum of the order: lines less discounts, plus charges, plus the tax that prices do not include."""
        whole = sum((line.total for line in self.lines), ZERO)
        whole -= on_lines(self.lines, self.discounts)
        whole += sum((charge.amount for charge in self.charges), ZERO) - on_shipping(self.charges, self.discounts)
        if not self.prices_include_tax:
            whole += sum((line.tax for line in self.lines), ZERO) + sum((charge.tax for charge in self.charges), ZERO)
        return money.amount(whole, self.currency)

    def ordered(self, line_id: str) -> Decimal:
        """The ordered quantity of a line; zero if the line does not exist."""
        return next((line.quantity for line in self.lines if line.line_id == line_id), ZERO)

    def amounts(self) -> dict[str, LineAmounts]:
        """What each line costs, by line id."""
        of_order, inclusive = shares(self.lines, self.discounts, self.currency), self.prices_include_tax
        return {
            line.line_id: line_amounts(line, of_order.get(line.line_id, ZERO), self.currency, prices_include_tax=inclusive)
            for line in self.lines
        }

    def charged(self) -> Charged:
        """The charges, without gift cards."""
        return charged(self.charges, self.discounts, prices_include_tax=self.prices_include_tax)

    def worth(self, parts: Mapping[str, Decimal]) -> Decimal:
        """The amount that these quantities of lines add to the sum: with their tax, less their shares of the discounts."""
        amounts = self.amounts() if parts else {}
        return sum((amounts[id].worth(part, self.currency) for id, part in parts.items() if id in amounts), ZERO)

    def odd_lines(self) -> bool:
        """Whether a line's stated total differs from the one computed from its quantity, price and discounts."""
        return any(line.total != line_total(line, self.currency) for line in self.lines)

    def excess(self, before: Terms) -> DiscountTooLarge | None:
        """The refusal if a discount takes more than there is, in the parts that differ from the terms `before`."""
        discounts = self.discounts != before.discounts
        lines = discounts or self.lines != before.lines
        found = excess_on_lines(self.lines, self.discounts, self.currency) if lines else None
        if found is None and (discounts or self.charges != before.charges):
            found = excess_on_shipping(self.charges, self.discounts)
        return found


def line_total(item: Item, currency: str) -> Decimal:
    """Quantity × unit price, rounded half up, less the line's discounts; at least zero."""
    return max(item.price(currency) - item.discount, ZERO)


def _line(item: Item, currency: str) -> Line:
    check_codes(item.line_id, item.sku, item.unit)
    exact = replace(
        item,
        name=text(item.name, "name of a line"),
        category=optional_text(item.category, "category"),
        quantity=quantity(item.quantity),
        unit_price=_price(item.unit_price, currency),
        unit_cost=None if item.unit_cost is None else _price(item.unit_cost, currency),
        discounts=tuple(_line_discount(discount, currency) for discount in item.discounts),
        taxes=tuple(_tax(tax, currency) for tax in item.taxes),
    )
    total = exact.total if isinstance(exact, Line) else line_total(exact, currency)
    if total < 0:
        raise TotalNegative(f"The total of the line {item.line_id!r} is {total}.", line_id=item.line_id)
    return Line(**{**asdict(exact), "total": money.amount(total, currency)})


def _price(value: Decimal, currency: str) -> Decimal:
    exact = money.price(value, currency)
    if exact < 0:
        raise AmountNegative(f"A price of {value} is less than zero.")
    return exact


def _line_discount(discount: Discount, currency: str) -> Discount:
    check_codes(discount.code)
    return replace(discount, amount=not_negative(discount.amount, currency))


def _tax(tax: Tax, currency: str) -> Tax:
    return replace(
        tax,
        name=text(tax.name, "name of a tax", CODE_LENGTH),
        rate=None if tax.rate is None else money.rate(tax.rate),
        amount=not_negative(tax.amount, currency),
    )


def _charge(charge: Charge, currency: str) -> Charge:
    amount = money.amount if charge.kind == "rounding" else not_negative
    return replace(charge, amount=amount(charge.amount, currency), tax=not_negative(charge.tax, currency))


def _discount(discount: OrderDiscount, lines: Sequence[Line], currency: str) -> OrderDiscount:
    check_codes(discount.code)
    exact = replace(
        discount,
        amount=not_negative(discount.amount, currency),
        allocation={line_id: not_negative(share, currency) for line_id, share in discount.allocation.items()},
    )
    for unknown in set(exact.allocation) - {line.line_id for line in lines}:
        raise UnknownLine(f"A discount is allocated to the line {unknown!r}, which does not exist.", line_id=unknown)
    if sum(exact.allocation.values(), ZERO) > exact.amount:
        raise AllocationTooLarge
    return exact


def _allocated(discounts: tuple[OrderDiscount, ...], lines: Sequence[Line], currency: str) -> tuple[OrderDiscount, ...]:
    """The discounts; those that state no allocation have the one that is computed. A stated one stays as it is."""
    if all(discount.allocation for discount in discounts):
        return discounts
    parts = zip(discounts, allocated(lines, discounts, currency), strict=True)
    return tuple(discount if discount.allocation else replace(discount, allocation=part) for discount, part in parts)

"""Random orders with discounts of every kind, taxes, charges and currencies, and random changes of them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Literal, NamedTuple, get_args

from hypothesis import strategies as st
from msgspec.structs import replace

from domain.sales.order.order import Order
from domain.sales.order.terms import Terms
from domain.sales.order.values import Charge, Discount, Item, LineQuantity, OrderDiscount, ReturnedLine, Tax
from domain.shared.events import Context
from domain.shared.money import from_minor_units, rounded
from domain.shared.refusals import Refusal
from tests.domain.given import LAST_WEEK, imported

LINE_IDS = ("a", "b", "c")
CURRENCIES = ("EUR", "JPY", "KWD")
RATES = ("0", "0.07", "0.19", "0.2")

quantities = st.sampled_from(["0.5", "1", "2", "3", "7", "0.333333"]).map(Decimal)
prices = st.sampled_from(["0", "0.01", "1", "3.3333", "10", "12.5", "99.99", "119"]).map(Decimal)
kinds: Any = st.sampled_from(["percentage", "fixed", "shipping", "loyalty", "other"])


What = Literal["cancel", "return", "reverse", "amend"]
CHARGES: list[Literal["shipping", "fee", "tip", "gift_card"]] = ["shipping", "fee", "tip", "gift_card"]


class Act(NamedTuple):
    """A change of an order: what is done, to which lines, and the terms of an amendment."""

    what: What
    parts: dict[str, Decimal]
    terms: Terms


def _amounts(currency: str, most: int = 3000) -> st.SearchStrategy[Decimal]:
    return st.integers(0, most).map(lambda units: from_minor_units(units, currency))


def _tax(total: Decimal, rates: list[str], currency: str, *, inclusive: bool, with_rate: bool) -> tuple[Tax, ...]:
    """Taxes of what is paid for a line, as a shop states them: each is rounded."""
    whole = sum(map(Decimal, rates), Decimal(0))
    base = total / (1 + whole) if inclusive else total
    return tuple(
        Tax(
            name=f"tax {n}",
            amount=rounded(base * Decimal(rate), currency),
            rate=Decimal(rate) if with_rate else None,
        )
        for n, rate in enumerate(rates)
    )


@st.composite
def _lines(draw: st.DrawFn, currency: str, *, inclusive: bool) -> list[Item]:
    lines: list[Item] = []
    for line_id in LINE_IDS[: draw(st.integers(1, 3))]:
        own = tuple(Discount(amount=amount) for amount in draw(st.lists(_amounts(currency), max_size=2)))
        item = Item(line_id=line_id, name="Tea", quantity=draw(quantities), unit_price=draw(prices), discounts=own)
        total = Terms.of(currency, [item]).lines[0].total
        rates = draw(st.lists(st.sampled_from(RATES), max_size=2))
        taxed = replace(item, taxes=_tax(total, rates, currency, inclusive=inclusive, with_rate=draw(st.booleans())))
        lines.append(Terms.of(currency, [taxed]).lines[0] if draw(st.booleans()) else taxed)
    return lines


@st.composite
def _discounts(draw: st.DrawFn, currency: str, lines: list[Item]) -> list[OrderDiscount]:
    discounts = []
    for kind in draw(st.lists(kinds, max_size=3)):
        ids = draw(st.lists(st.sampled_from([line.line_id for line in lines]), unique=True))
        allocation = {line_id: draw(_amounts(currency)) for line_id in ids}
        rest = draw(st.just(Decimal(0)) | _amounts(currency))
        discounts.append(OrderDiscount(kind=kind, amount=sum(allocation.values(), rest), allocation=allocation))
    return discounts


@st.composite
def agreed_terms(draw: st.DrawFn, currency: str | None = None, inclusive: bool | None = None) -> Terms:
    """Terms as a source may state them: some discounts are beyond what there is."""
    unit = draw(st.sampled_from(CURRENCIES)) if currency is None else currency
    with_tax = draw(st.booleans()) if inclusive is None else inclusive
    lines = draw(_lines(unit, inclusive=with_tax))
    charges = []
    for kind in draw(st.lists(st.sampled_from(CHARGES), max_size=3)):
        amount = draw(_amounts(unit, 900))
        tax = _tax(amount, ["0.19"], unit, inclusive=with_tax, with_rate=True)[0].amount
        charges.append(Charge(kind=kind, amount=amount, tax=tax if draw(st.booleans()) else Decimal(0)))
    return Terms.of(unit, lines, draw(_discounts(unit, lines)), charges, prices_include_tax=with_tax)


@st.composite
def acts(draw: st.DrawFn) -> list[Act]:
    found = []
    for what in draw(st.lists(st.sampled_from(get_args(What)), max_size=6)):
        parts = draw(st.dictionaries(st.sampled_from(LINE_IDS), quantities, min_size=1, max_size=2))
        found.append(Act(what, parts, draw(agreed_terms("EUR"))))
    return found


def perform(order: Order, act: Act) -> None:
    """Does what the act says, as an import states it. A change that is refused changes nothing."""
    context = imported(LAST_WEEK.replace(minute=order.version % 60, second=order.version // 60))
    try:
        _perform(order, act, context)
    except Refusal:
        return


def _perform(order: Order, act: Act, context: Context) -> None:
    lines = order.line_ids
    if act.what == "cancel":
        cancelled = [LineQuantity(line_id=id, quantity=part) for id, part in act.parts.items() if id in lines]
        order.cancel_lines(context, cancelled)
    elif act.what == "return":
        back = [ReturnedLine(line_id=id, quantity=part) for id, part in act.parts.items() if id in lines]
        order.receive_return(context, f"r{order.version}", back)
    elif act.what == "reverse":
        for return_id in list(order.returns)[:1]:
            order.reverse_return(context, return_id)
    else:
        _amend(order, act.terms, context)


def _amend(order: Order, terms: Terms, context: Context) -> None:
    """Amends all parts, or only the lines or the charges: what is left of the discounts stays."""
    if order.currency != terms.currency:
        order.amend(context, discounts=())
    elif order.version % 3 == 0:
        order.amend(context, lines=terms.lines)
    elif order.version % 3 == 1:
        order.amend(context, lines=terms.lines, discounts=terms.discounts)
    else:
        order.amend(context, charges=terms.charges)

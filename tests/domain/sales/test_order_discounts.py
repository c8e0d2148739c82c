"""Discounts of an order: none takes more than there is, however often the order changes."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given

from domain.sales.order.amending import LinesCancelled
from domain.sales.order.discounts import DiscountTooLarge
from domain.sales.order.order import Order
from domain.sales.order.terms import Terms
from domain.sales.order.values import CancelledLine, Charge, Discount, Item, Line, LineQuantity, OrderDiscount, Tax
from domain.shared.events import Context, Source
from tests.domain.given import LAST_WEEK, facts, flags, imported, live
from tests.domain.sales.given_orders import ORDER, confirmed, goods, placed
from tests.domain.sales.random_orders import Act, acts, agreed_terms, perform

D = Decimal


def item(line_id: str, unit_price: str, quantity: int = 1, **facts: Any) -> Item:
    return Item(line_id=line_id, name="Tea", quantity=D(quantity), unit_price=D(unit_price), **facts)


def off(amount: str, kind: Any = "fixed", **allocation: str) -> OrderDiscount:
    return OrderDiscount(kind=kind, amount=D(amount), allocation={line_id: D(share) for line_id, share in allocation.items()})


TWO = [item("a", "10.00"), item("b", "10.00")]
ONE_ALLOCATED = [off("9.00", a="9.00"), off("5.50")]
PARTLY_ALLOCATED = [off("14.50", a="9.00")]
OLD = Terms.of("EUR", TWO, [off("9.00", a="9.00"), off("5.50", a="2.75", b="2.75")])
"""As it was recorded before shares went by what is left: 11.75 for line `a`, which costs 10.00."""
UNALLOCATED_FIRST = [off("5.50"), off("9.00", a="9.00")]


def cancelled(order: Order) -> LinesCancelled:
    event = facts(order)[-1]
    assert isinstance(event, LinesCancelled)
    return event


# Shares of a discount go by what is left of each line


@pytest.mark.parametrize("discounts", [ONE_ALLOCATED, PARTLY_ALLOCATED, UNALLOCATED_FIRST])
def test_cancelling_a_discounted_line_makes_the_order_cheaper(discounts: list[OrderDiscount]) -> None:
    order = placed(terms=Terms.of("EUR", TWO, discounts))
    assert order.total == D("5.50")
    order.cancel_lines(live(), goods(a=1))
    assert (cancelled(order).lines[0].amount, order.total) == (D("0.50"), D("5.00"))
    order.cancel_lines(live(), goods(b=1))
    assert (cancelled(order).lines[0].amount, order.total) == (D("5.00"), D("0.00"))


def test_what_is_not_allocated_goes_by_what_is_left() -> None:
    assert Terms.of("EUR", TWO, ONE_ALLOCATED).discounts[1].allocation == {"a": D("0.50"), "b": D("5.00")}


def test_a_second_discount_goes_by_what_the_first_leaves() -> None:
    terms = Terms.of("EUR", [item("a", "10.00"), item("b", "30.00")], [off("10.00", a="10.00"), off("3.00"), off("27.00")])
    assert [discount.allocation for discount in terms.discounts[1:]] == [{"a": 0, "b": 3}, {"a": 0, "b": 27}]
    assert terms.sum() == 0


def test_a_line_with_tax_is_cancelled_with_its_net_and_its_tax() -> None:
    """A third of 10.00 and of 1.90 are 3.33 and 0.63, as reports count them; a third of 11.90 would be 3.97."""
    tea = item("a", "3.3333", 3, taxes=(Tax(name="VAT", amount=D("1.90")),))
    order = placed(terms=Terms.of("EUR", [tea]))
    order.cancel_lines(live(), goods(a=1))
    assert cancelled(order).lines[0].amount == D("3.96")


# A discount beyond what there is


BEYOND = {
    "a line": Terms.of("EUR", [item("a", "10.00", discounts=(Discount(amount=D("10.01")),))]),
    "a line with a stated total": Terms.of(
        "EUR",
        [
            Line(
                line_id="a",
                name="Tea",
                quantity=D(1),
                unit_price=D(10),
                total=D(0),
                discounts=(Discount(amount=D(6)), Discount(amount=D(5))),
            )
        ],
    ),
    "all lines": Terms.of("EUR", TWO, [off("20.01")], [Charge(kind="shipping", amount=D(5))]),
    "all lines with two discounts": Terms.of("EUR", TWO, [off("12.00"), off("8.01", "loyalty")]),
    "the line it is allocated to": Terms.of("EUR", TWO, [off("10.01", a="10.01")]),
    "the line that two discounts are allocated to": Terms.of("EUR", TWO, [off("6.00", a="6.00"), off("5.00", a="5.00")]),
    "an order without lines": Terms.of("EUR", [], [off("1.00")], [Charge(kind="fee", amount=D(5))]),
    "shipping": Terms.of("EUR", TWO, [off("4.91", "shipping")], [Charge(kind="shipping", amount=D("4.90"))]),
    "no shipping": Terms.of("EUR", TWO, [off("1.00", "shipping")], [Charge(kind="fee", amount=D(5))]),
}


@pytest.mark.parametrize("terms", BEYOND.values(), ids=BEYOND.keys())
def test_a_discount_beyond_what_there_is_is_refused(terms: Terms) -> None:
    with pytest.raises(DiscountTooLarge):
        placed(terms=terms)


@pytest.mark.parametrize("context", [imported(), live(source=Source(system="shop"))], ids=["import", "source"])
@pytest.mark.parametrize("terms", BEYOND.values(), ids=BEYOND.keys())
def test_a_source_may_state_it_and_then_it_is_flagged(terms: Terms, context: Context) -> None:
    order = Order(ORDER)
    order.place(context, terms, number="A-1", channel="web")
    assert flags(order) == (DiscountTooLarge.rule,)
    assert order.total >= sum((charge.amount for charge in terms.charges if charge.kind != "shipping"), D(0))


def test_a_discount_that_takes_all_there_is_is_not_refused() -> None:
    lines = [item("a", "10.00", discounts=(Discount(amount=D(10)),)), item("b", "5.00")]
    charges = [Charge(kind="shipping", amount=D("4.90"))]
    order = placed(terms=Terms.of("EUR", lines, [off("5.00"), off("4.90", "shipping")], charges))
    assert (order.total, flags(order)) == (D(0), ())


def test_an_amendment_must_not_leave_a_discount_beyond_its_lines() -> None:
    order = placed(terms=Terms.of("EUR", TWO, [off("12.00")]))
    with pytest.raises(DiscountTooLarge):
        order.amend(live(), lines=TWO[:1])
    order.amend(live(), lines=TWO[:1], discounts=[off("6.00")])
    assert (order.total, flags(order)) == (D("4.00"), ())


def test_an_amendment_must_not_leave_a_discount_beyond_its_shipping() -> None:
    order = placed(terms=Terms.of("EUR", TWO, [off("4.00", "shipping")], [Charge(kind="shipping", amount=D(4))]))
    with pytest.raises(DiscountTooLarge):
        order.amend(live(), charges=[Charge(kind="shipping", amount=D(3))])
    order.amend(imported(), charges=[Charge(kind="shipping", amount=D(3))])
    assert (order.total, flags(order)) == (D("20.00"), (DiscountTooLarge.rule,))


def test_an_order_with_such_a_discount_can_be_amended_in_other_parts() -> None:
    order = Order(ORDER)
    order.place(imported(), BEYOND["all lines"], number="A-1", channel="web")
    order.amend(live(), charges=[Charge(kind="shipping", amount=D(7))])
    assert (order.total, flags(order)) == (D("7.00"), ())


def test_cancelling_a_line_of_an_order_recorded_before_this_rule_makes_it_cheaper() -> None:
    order = Order(ORDER)
    order.place(imported(LAST_WEEK), OLD, number="A-1", channel="web")
    assert order.total == D("5.50")
    order.cancel_lines(live(), goods(a=1))
    assert (cancelled(order).lines[0].amount, order.total) == (D("0.00"), D("5.50"))
    order.cancel_lines(live(), goods(b=1))
    assert order.total == D("0.00")


def test_a_cancellation_that_was_recorded_with_an_amount_below_zero_does_not_raise_the_total() -> None:
    order = Order(ORDER)
    order.place(imported(LAST_WEEK), OLD, number="A-1", channel="web")
    recorded = LinesCancelled(lines=(CancelledLine(line_id="a", quantity=D(1), amount=D("-1.75")),), total=D("7.25"))
    order.record(imported(), recorded)
    assert order.total == order.terms.sum() - order.terms.worth(order.cancelled) == D("5.50")


# For all orders


@given(terms=agreed_terms(), acts=acts())
def test_cancelling_never_raises_what_the_rest_costs(terms: Terms, acts: list[Act]) -> None:
    order = Order(ORDER)
    order.place(imported(), terms, number="A-1", channel="web")
    for act in acts:
        before = order.total
        perform(order, act)
        if isinstance(facts(order)[-1], LinesCancelled):
            assert order.total <= before
            assert all(line.amount >= 0 for line in cancelled(order).lines)
        assert order.total == order.terms.sum() - order.terms.worth(order.cancelled)


@given(terms=agreed_terms())
def test_what_is_left_after_all_lines_are_cancelled_is_the_charges(terms: Terms) -> None:
    order = confirmed_import(terms)
    for line in terms.lines:
        order.cancel_lines(imported(), [LineQuantity(line_id=line.line_id, quantity=line.quantity)])
    assert (
        order.total
        == Terms(
            currency=terms.currency,
            prices_include_tax=terms.prices_include_tax,
            charges=terms.charges,
            discounts=tuple(discount for discount in terms.discounts if discount.kind == "shipping"),
        ).sum()
    )


@given(terms=agreed_terms())
def test_no_amount_is_below_zero_and_all_add_up_to_the_sum(terms: Terms) -> None:
    amounts = terms.amounts().values()
    assert all(line.gross >= line.net >= 0 and line.tax >= 0 for line in amounts)
    assert min(terms.charged()) >= 0
    cards = [charge for charge in terms.charges if charge.kind == "gift_card"]
    whole = sum((line.net + line.tax for line in amounts), D(0)) + sum(terms.charged())
    whole += sum((card.amount if terms.prices_include_tax else card.amount + card.tax for card in cards), D(0))
    assert whole == terms.sum()


@given(terms=agreed_terms())
def test_exactly_the_discounts_beyond_what_there_is_are_refused(terms: Terms) -> None:
    try:
        confirmed(terms=terms)
    except DiscountTooLarge:
        assert flags_of_import(terms) >= {DiscountTooLarge.rule}
    else:
        assert DiscountTooLarge.rule not in flags_of_import(terms)
        stated = sum((discount.amount for discount in terms.discounts), D(0))
        listed = sum((line.total for line in terms.lines), D(0)) + sum((charge.amount for charge in terms.charges), D(0))
        taxes = [*(line.tax for line in terms.lines), *(charge.tax for charge in terms.charges)]
        assert terms.sum() == listed - stated + (0 if terms.prices_include_tax else sum(taxes, D(0)))


def confirmed_import(terms: Terms) -> Order:
    order = Order(ORDER)
    order.place(imported(), terms, number="A-1", channel="web")
    return order


def flags_of_import(terms: Terms) -> set[str]:
    return set(flags(confirmed_import(terms)))

"""The parts of an order (goods, returns, tax, charges) add up to its total, and gross is before discounts and tax."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.sales.order.order import Order
from domain.sales.order.placing import Placed
from domain.sales.order.terms import Terms
from domain.sales.order.values import Charge, Discount, Item, OrderDiscount, ReturnedLine, Tax
from domain.shared.events import Recorded
from domain.shared.money import from_minor_units, rounded
from projections.sales.order_book import Book, figures, goods
from tests.domain.given import imported
from tests.domain.sales.given_orders import ORDER, returned_lines
from tests.domain.sales.random_orders import Act, acts, agreed_terms, perform

D = Decimal
AMOUNTS = ("gross", "discounts", "returns")


def placed(terms: Terms) -> Order:
    order = Order(ORDER)
    order.place(imported(), terms, number="A-1", channel="web")
    return order


def book_of(order: Order) -> Book:
    """The order as read models fold it; it is dumped and loaded between the events, as between batches."""
    book = Book(order.id)
    for version, (event, metadata) in enumerate(order.pending, start=1):
        book = Book.load(order.id, book.dump()) if book.placed else book
        book.fold(Recorded(version, order.id, version, event, metadata))
    return book


def amounts(order: Order) -> dict[str, Decimal]:
    found = figures(book_of(order))
    return {name: from_minor_units(value, order.currency) for name, value in found._asdict().items()} | {
        "net": from_minor_units(found.net, order.currency)
    }


def tax_within(paid: str | Decimal, rate: Decimal | None = None) -> tuple[Tax, ...]:
    """The 19 % of tax that the amount includes; `rate` is what the source states."""
    return (Tax(name="VAT", amount=rounded(D(paid) * 19 / 119, "EUR"), rate=rate),)


def line(price: str, discount: str, rate: Decimal | None) -> Item:
    """A line whose price includes 19 % of tax; `discount` is on the line."""
    taxes = tax_within(D(price) - D(discount), rate)
    discounts = (Discount(amount=D(discount)),)
    return Item(line_id="a", name="Tea", quantity=D(1), unit_price=D(price), discounts=discounts, taxes=taxes)


# Gross is before discounts and tax


@pytest.mark.parametrize(
    ("discount", "rate"),
    [("0.00", None), ("59.50", None), ("89.25", None), ("0.00", D("0.19")), ("59.50", D("0.19")), ("118.81", D("0.19"))],
)
def test_gross_of_a_price_with_tax_is_the_price_without_tax(discount: str, rate: Decimal | None) -> None:
    found = amounts(placed(Terms.of("EUR", [line("119.00", discount, rate)], prices_include_tax=True)))
    net = rounded((D(119) - D(discount)) / D("1.19"), "EUR")
    assert (found["gross"], found["discounts"], found["net"]) == (D("100.00"), D(100) - net, net)


def test_half_off_the_whole_order_gives_the_same_gross() -> None:
    half = [OrderDiscount(kind="percentage", amount=D("59.50"))]
    tea = Item(line_id="a", name="Tea", quantity=D(1), unit_price=D(119), taxes=tax_within("59.50"))
    found = amounts(placed(Terms.of("EUR", [tea], half, prices_include_tax=True)))
    assert (found["gross"], found["discounts"], found["net"], found["tax"]) == (D(100), D(50), D(50), D("9.50"))


def test_a_line_that_is_given_away_has_the_gross_of_its_price_without_tax() -> None:
    found = amounts(placed(Terms.of("EUR", [line("119.00", "119.00", D("0.19"))], prices_include_tax=True)))
    assert (found["gross"], found["discounts"], found["net"], found["tax"]) == (D(100), D(100), D(0), D(0))


def test_several_taxes_are_all_taken_out() -> None:
    taxes = (Tax(name="GST", amount=D("2.50"), rate=D("0.05")), Tax(name="PST", amount=D("3.50"), rate=D("0.07")))
    tea = Item(line_id="a", name="Tea", quantity=D(2), unit_price=D(56), discounts=(Discount(amount=D(56)),), taxes=taxes)
    found = amounts(placed(Terms.of("EUR", [tea], prices_include_tax=True)))
    assert (found["gross"], found["discounts"], found["net"]) == (D(100), D(50), D(50))


def test_without_discounts_gross_is_the_price_less_the_stated_tax() -> None:
    tea = Item(line_id="a", name="Tea", quantity=D(3), unit_price=D("1.19"), taxes=(Tax(name="VAT", amount=D("0.58")),))
    assert amounts(placed(Terms.of("EUR", [tea], prices_include_tax=True)))["gross"] == D("2.99")


@given(terms=agreed_terms(inclusive=True), shares=st.lists(st.integers(0, 100), min_size=3, max_size=3))
def test_gross_does_not_depend_on_the_discounts(terms: Terms, shares: list[int]) -> None:
    """Each line with some discount has the gross of the line without one, if its taxes have rates and are of what is paid."""
    whole = [_discounted(one, 0, terms.currency) for one in terms.lines]
    less = [_discounted(one, share, terms.currency) for one, share in zip(terms.lines, shares, strict=False)]
    full, discounted = (amounts(placed(Terms.of(terms.currency, some, prices_include_tax=True))) for some in (whole, less))
    assert abs(discounted["gross"] - full["gross"]) <= from_minor_units(_roundings(whole), terms.currency)
    assert discounted["net"] == discounted["gross"] - discounted["discounts"]


def _discounted(one: Item, percent: int, currency: str) -> Item:
    price = one.price(currency)
    off = rounded(price * percent / 100, currency)
    rates = [tax.rate or D("0.19") for tax in one.taxes]
    taxes = tuple(
        Tax(name="VAT", rate=rate, amount=rounded((price - off) * rate / (1 + sum(rates, D(0))), currency)) for rate in rates
    )
    discounts = (Discount(amount=off),)
    return Item(
        line_id=one.line_id,
        name="Tea",
        quantity=one.quantity,
        unit_price=one.unit_price,
        discounts=discounts,
        taxes=taxes,
    )


def _roundings(lines: list[Item]) -> int:
    """A line with two taxes states each of them rounded, so their sum may be a minor unit off."""
    return sum(len(one.taxes) > 1 for one in lines)


# Nothing is below zero


def test_returning_a_discounted_line_returns_what_is_left_of_it() -> None:
    lines = [Item(line_id=id, name="Tea", quantity=D(1), unit_price=D(10)) for id in ("a", "b")]
    discounts = [
        OrderDiscount(kind="fixed", amount=D(9), allocation={"a": D(9)}),
        OrderDiscount(kind="fixed", amount=D("5.50")),
    ]
    order = placed(Terms.of("EUR", lines, discounts))
    order.receive_return(imported(), "r1", returned_lines(a=1))
    found = amounts(order)
    assert (found["gross"], found["discounts"], found["returns"], found["net"]) == (D(20), D("14.50"), D("0.50"), D("5.00"))


def test_a_discount_that_was_recorded_beyond_its_line_is_bounded() -> None:
    """Recorded before such discounts were refused: 11.75 of 14.50 are allocated to a line of 10.00."""
    lines = Terms.of("EUR", [Item(line_id=id, name="Tea", quantity=D(1), unit_price=D(10)) for id in ("a", "b")]).lines
    recorded = (
        OrderDiscount(kind="fixed", amount=D(9), allocation={"a": D(9)}),
        OrderDiscount(kind="fixed", amount=D("5.50"), allocation={"a": D("2.75"), "b": D("2.75")}),
    )
    event = Placed(
        number="1", channel="web", currency="EUR", prices_include_tax=False, total=D("5.50"), lines=lines, discounts=recorded
    )
    book = Book(ORDER)
    book.fold(Recorded(1, ORDER, 1, event, imported().metadata(ORDER, event, ())))
    assert figures(book).net == 550
    assert [one.gross - one.discounts for one in goods(book).values()] == [550]
    back = ReturnedLine(line_id="a", quantity=D(1))
    book.returns["r1"] = (back,)
    assert figures(book).returns == 0


def test_what_is_paid_contains_no_more_tax_than_it_is() -> None:
    """The source states the tax of the full prices: 19.00 of goods at 9.00, 0.78 of shipping at nothing."""
    tea = Item(line_id="a", name="Tea", quantity=D(1), unit_price=D(119), taxes=(Tax(name="VAT", amount=D(19)),))
    discounts = [OrderDiscount(kind="fixed", amount=D(110)), OrderDiscount(kind="shipping", amount=D("4.90"))]
    charges = [Charge(kind="shipping", amount=D("4.90"), tax=D("0.78"))]
    order = placed(Terms.of("EUR", [tea], discounts, charges, prices_include_tax=True))
    found = amounts(order)
    assert (found["net"], found["tax"], found["charges"], order.total) == (D(0), D(9), D(0), D(9))


def test_a_discount_beyond_the_lines_counts_for_as_much_as_there_is() -> None:
    lines = [Item(line_id="a", name="Tea", quantity=D(1), unit_price=D(10), discounts=(Discount(amount=D(12)),))]
    order = placed(Terms.of("EUR", lines, [OrderDiscount(kind="fixed", amount=D(5))], [Charge(kind="shipping", amount=D(3))]))
    found = amounts(order)
    assert (found["gross"], found["discounts"], found["net"], found["charges"], order.total) == (D(10), D(10), D(0), D(3), D(3))


# For all orders


@given(terms=agreed_terms(), acts=acts())
def test_the_parts_of_an_order_always_add_up_to_its_total(terms: Terms, acts: list[Act]) -> None:
    order = placed(terms)
    for act in acts:
        perform(order, act)
    found, parts = amounts(order), order.terms
    returned = parts.worth({id: order.cancelled.get(id, D(0)) + order.returned(id) for id in order.line_ids})
    returned -= parts.worth(order.cancelled)
    cards = [charge for charge in parts.charges if charge.kind == "gift_card"]
    sold_as_cards = sum((card.amount if parts.prices_include_tax else card.amount + card.tax for card in cards), D(0))
    assert found["net"] + found["tax"] + found["charges"] + sold_as_cards == order.total - returned


@given(terms=agreed_terms(), acts=acts())
def test_no_figure_is_below_zero_and_products_add_up_to_the_figures(terms: Terms, acts: list[Act]) -> None:
    order = placed(terms)
    for act in acts:
        perform(order, act)
        book = book_of(order)
        whole = figures(book)
        assert min(*whole, whole.net) >= 0
        by_product = goods(book).values()
        assert all(min(*one, one.gross - one.discounts - one.returns) >= 0 for one in by_product)
        assert [sum(getattr(one, name) for one in by_product) for name in AMOUNTS] == [getattr(whole, name) for name in AMOUNTS]


@given(terms=agreed_terms("EUR"), acts=acts())
def test_cancelling_and_returning_never_raise_net_tax_or_charges(terms: Terms, acts: list[Act]) -> None:
    order = placed(terms)
    for act in acts:
        if act.what in ("cancel", "return"):
            before = figures(book_of(order))
            perform(order, act)
            after = figures(book_of(order))
            assert (after.net <= before.net, after.tax <= before.tax, after.charges == before.charges) == (True, True, True)
            assert (after.gross, after.discounts) == (before.gross, before.discounts)

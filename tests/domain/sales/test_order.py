"""Placing an order, its customer, and its events."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import msgspec
import pytest

from domain.sales.order.order import Order
from domain.sales.order.placing import (
    CUSTOMER_ARCHIVED,
    TOTAL_DIFFERS,
    CustomerChanged,
    CustomerLinked,
    OrderPlacedOtherwise,
    Placed,
)
from domain.sales.order.terms import AllocationTooLarge, Terms, TotalNegative
from domain.sales.order.values import (
    AmountNegative,
    Charge,
    Discount,
    Item,
    Line,
    LineTwice,
    NothingNamed,
    OrderDiscount,
    QuantityNotPositive,
    Tax,
    UnknownLine,
)
from domain.shared.events import Source, type_name
from domain.shared.refusals import AmountTooPrecise, InTheFuture, Malformed, Refusal, UnknownCurrency
from tests.domain.given import LAST_WEEK, NOW, YESTERDAY, facts, flags, imported, live, state, stored
from tests.domain.sales.given_orders import CUPS, CUSTOMER, ORDER, OTHER_CUSTOMER, POT, capture, paid, place, placed, shipped


def item(**facts: Any) -> Item:
    return msgspec.structs.replace(CUPS, **facts)


def discount_of(amount: str, **facts: Any) -> OrderDiscount:
    return OrderDiscount(kind="fixed", amount=Decimal(amount), **facts)


# Placing


def test_the_total_of_an_order_is_the_sum_of_its_lines() -> None:
    order = placed()
    assert order.total == Decimal("50.00")
    assert order.terms.lines[0].total == Decimal("20.00")
    assert flags(order) == ()
    assert order.status == "open"


def test_a_line_total_is_rounded_half_up() -> None:
    terms = Terms.of("EUR", [item(quantity=Decimal("0.5"), unit_price=Decimal("0.25"))])
    assert terms.lines[0].total == Decimal("0.13")


def test_the_total_includes_discounts_taxes_and_charges() -> None:
    taxed = item(discounts=(Discount(amount=Decimal(2)),), taxes=(Tax(name="VAT", amount=Decimal("3.42")),))
    charges = [
        Charge(kind="shipping", amount=Decimal(5), tax=Decimal("0.95")),
        Charge(kind="rounding", amount=Decimal("-0.02")),
    ]
    assert Terms.of("EUR", [taxed], [discount_of("1")], charges).sum() == Decimal("26.35")
    assert Terms.of("EUR", [taxed], [discount_of("1")], charges, prices_include_tax=True).sum() == Decimal("21.98")


def test_a_stated_total_that_differs_is_recorded_and_flagged() -> None:
    order = placed(total=Decimal("49.99"))
    assert order.total == Decimal("49.99")
    assert flags(order) == (TOTAL_DIFFERS,)


def test_a_stated_line_total_that_differs_is_recorded_and_flagged() -> None:
    line = Line(line_id="x", name="X", quantity=Decimal(3), unit_price=Decimal("3.33"), total=Decimal(10))
    order = placed(terms=Terms.of("EUR", [line]))
    assert order.total == Decimal(10)
    assert flags(order) == (TOTAL_DIFFERS,)


def test_a_discount_on_the_order_is_allocated_to_its_lines_exactly() -> None:
    lines = [item(line_id=str(number), quantity=Decimal(1), unit_price=Decimal(10)) for number in range(3)]
    discount = Terms.of("EUR", lines, [discount_of("10")]).discounts[0]
    assert discount.allocation == {"0": Decimal("3.33"), "1": Decimal("3.34"), "2": Decimal("3.33")}


def test_a_stated_allocation_is_kept() -> None:
    assert Terms.of("EUR", [CUPS, POT], [discount_of("3", allocation={"pot": Decimal(3)})]).discounts[0].allocation == {
        "pot": Decimal(3)
    }


@pytest.mark.parametrize(
    ("lines", "refusal"),
    [
        ([], NothingNamed),
        ([CUPS, CUPS], LineTwice),
        ([item(quantity=Decimal(0))], QuantityNotPositive),
        ([item(quantity=Decimal(-1))], QuantityNotPositive),
        ([item(quantity=Decimal("0.0000001"))], AmountTooPrecise),
        ([item(unit_price=Decimal(-1))], AmountNegative),
        ([item(discounts=(Discount(amount=Decimal(-1)),))], AmountNegative),
        ([item(discounts=(Discount(amount=Decimal("0.001")),))], AmountTooPrecise),
        ([item(name=" ")], Malformed),
        ([item(line_id="")], Malformed),
    ],
)
def test_invalid_lines_are_refused(lines: list[Item], refusal: type[Refusal]) -> None:
    with pytest.raises(refusal):
        Terms.of("EUR", lines)


def test_an_unknown_currency_is_refused() -> None:
    with pytest.raises(UnknownCurrency):
        Terms.of("EURO", [CUPS])


def test_a_discount_on_an_unknown_line_or_above_its_amount_is_refused() -> None:
    with pytest.raises(UnknownLine):
        Terms.of("EUR", [CUPS], [discount_of("1", allocation={"pot": Decimal(1)})])
    with pytest.raises(AllocationTooLarge):
        Terms.of("EUR", [CUPS], [discount_of("1", allocation={"cups": Decimal(2)})])


def test_a_negative_total_is_refused() -> None:
    with pytest.raises(TotalNegative):
        placed(terms=Terms.of("EUR", [CUPS], charges=[Charge(kind="rounding", amount=Decimal("-20.01"))]))
    with pytest.raises(TotalNegative):
        placed(total=Decimal("-0.01"))


def test_placing_an_order_again_with_the_same_values_records_nothing() -> None:
    order = placed()
    place(order, live(YESTERDAY))
    assert order.version == 1


def test_placing_an_order_again_with_other_values_is_refused() -> None:
    order = placed()
    with pytest.raises(OrderPlacedOtherwise):
        place(order, channel="store-3")
    assert order.version == 1


def test_a_repeat_is_recognised_after_personal_data_were_erased() -> None:
    order = placed()
    first = facts(order)[0]
    assert isinstance(first, Placed)
    order.placed = msgspec.structs.replace(first, contact=None)
    place(order)
    assert order.version == 1


def test_placing_an_order_records_its_external_id() -> None:
    order = placed(external=("shop", "7"))
    place(order, external=("shop", "7"))
    assert order.external_ids == {("shop", "7")}
    assert order.version == 2


def test_a_fact_in_the_future_is_refused() -> None:
    with pytest.raises(InTheFuture):
        place(Order(ORDER), live(NOW.replace(year=NOW.year + 1)))


def test_an_order_of_an_archived_customer_is_flagged() -> None:
    assert flags(placed(customer_id=CUSTOMER, customer_archived=True)) == (CUSTOMER_ARCHIVED,)


# The customer of the order


def test_the_subject_of_an_order_is_its_customer_or_else_itself() -> None:
    assert placed(customer_id=CUSTOMER).subject == CUSTOMER
    assert placed().subject == ORDER


def test_linking_a_customer_concerns_order_and_customer() -> None:
    order = placed()
    order.set_customer(live(), CUSTOMER)
    event, metadata = order.pending[-1]
    assert event == CustomerLinked(customer_id=CUSTOMER)
    assert (metadata.subject, metadata.concerns) == (ORDER, (CUSTOMER,))


def test_changing_the_customer_concerns_both_customers() -> None:
    order = placed(customer_id=CUSTOMER)
    order.set_customer(live(), CUSTOMER)
    order.set_customer(live(), OTHER_CUSTOMER)
    event, metadata = order.pending[-1]
    assert event == CustomerChanged(customer_id=OTHER_CUSTOMER, previous_customer_id=CUSTOMER)
    assert event.concerns() == (CUSTOMER, OTHER_CUSTOMER)
    assert (metadata.subject, metadata.concerns) == (CUSTOMER, (OTHER_CUSTOMER,))
    assert order.version == 2


def test_repeating_an_earlier_link_changes_nothing() -> None:
    order = placed()
    order.set_customer(imported(LAST_WEEK), CUSTOMER)
    order.set_customer(imported(YESTERDAY), OTHER_CUSTOMER)
    order.set_customer(imported(LAST_WEEK), CUSTOMER)
    assert order.customer_id == OTHER_CUSTOMER


def test_a_source_event_is_recorded_once() -> None:
    from_shop = live(source=Source(system="shop", event_id="e-1"))
    order = placed()
    capture(order, context=from_shop)
    capture(order, "7", "p-2", from_shop)
    assert order.version == 2


# Events


def test_all_type_names_are_those_of_the_order() -> None:
    names = [type_name(event) for event in Order.events]
    assert len(set(names)) == 33
    assert all(name.startswith("crm.order.") and name.endswith(".v1") for name in names)


def test_personal_fields_can_be_absent() -> None:
    order = placed()
    first = facts(order)[0]
    payload = msgspec.to_builtins(first)
    del payload["contact"]
    assert msgspec.convert(payload, Placed, strict=False).contact is None


def test_a_replay_gives_the_same_order() -> None:
    order = shipped()
    order.tag(live(), ("vip",))
    order.set_attributes(live(), {"gift": True, "card": "for Ada"})
    order.assign(live(), "ada", "north")
    assert state(stored(order)) == state(order)
    assert paid().payment_status == "paid"

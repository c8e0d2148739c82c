"""Placing and amending an order, its customer, and its own axis."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import msgspec
import pytest

from domain.events import Source, type_name
from domain.order import (
    CANCELLED_AFTER_SHIPMENT,
    CANCELLED_WHAT_IS_SHIPPED,
    CUSTOMER_ARCHIVED,
    TOTAL_DIFFERS,
    Address,
    AllocationTooLarge,
    AmountNegative,
    Cancelled,
    Charge,
    Contact,
    CustomerChanged,
    CustomerLinked,
    Discount,
    Item,
    Line,
    LinesCancelled,
    LineTwice,
    NothingNamed,
    Order,
    OrderDiscount,
    OrderIsCancelled,
    OrderIsCompleted,
    OrderNotConfirmed,
    OrderNotEnded,
    OrderNotOpen,
    OrderPlacedOtherwise,
    Placed,
    QuantityBeyondOrdered,
    QuantityNotPositive,
    Tax,
    Terms,
    TotalNegative,
    UnknownLine,
)
from domain.refusals import AmountTooPrecise, InTheFuture, Malformed, Refusal, UnknownCurrency
from tests.domain.given import LAST_WEEK, NOW, YESTERDAY, facts, flags, imported, live, state, stored
from tests.domain.given_orders import (
    CUPS,
    CUSTOMER,
    ORDER,
    OTHER_CUSTOMER,
    POT,
    capture,
    confirmed,
    goods,
    paid,
    place,
    placed,
    shipped,
)


def item(**facts: Any) -> Item:
    return msgspec.structs.replace(CUPS, **facts)


def off(amount: str, **facts: Any) -> OrderDiscount:
    return OrderDiscount(kind="fixed", amount=Decimal(amount), **facts)


# Placing


def test_an_order_comes_to_the_sum_of_its_lines() -> None:
    order = placed()
    assert order.total == Decimal("50.00")
    assert order.terms.lines[0].total == Decimal("20.00")
    assert flags(order) == ()
    assert order.status == "open"


def test_a_line_total_is_rounded_half_up() -> None:
    terms = Terms.of("EUR", [item(quantity=Decimal("0.5"), unit_price=Decimal("0.25"))])
    assert terms.lines[0].total == Decimal("0.13")


def test_discounts_taxes_and_charges_enter_the_sum() -> None:
    taxed = item(discounts=(Discount(amount=Decimal(2)),), taxes=(Tax(name="VAT", amount=Decimal("3.42")),))
    charges = [
        Charge(kind="shipping", amount=Decimal(5), tax=Decimal("0.95")),
        Charge(kind="rounding", amount=Decimal("-0.02")),
    ]
    assert Terms.of("EUR", [taxed], [off("1")], charges).sum() == Decimal("26.35")
    assert Terms.of("EUR", [taxed], [off("1")], charges, prices_include_tax=True).sum() == Decimal("21.98")


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
    discount = Terms.of("EUR", lines, [off("10")]).discounts[0]
    assert discount.allocation == {"0": Decimal("3.33"), "1": Decimal("3.34"), "2": Decimal("3.33")}


def test_a_stated_allocation_stays() -> None:
    assert Terms.of("EUR", [CUPS, POT], [off("3", allocation={"pot": Decimal(3)})]).discounts[0].allocation == {
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
        ([item(discounts=(Discount(amount=Decimal(21)),))], TotalNegative),
        ([item(discounts=(Discount(amount=Decimal("0.001")),))], AmountTooPrecise),
        ([item(name=" ")], Malformed),
        ([item(line_id="")], Malformed),
    ],
)
def test_lines_that_make_no_sense_are_refused(lines: list[Item], refusal: type[Refusal]) -> None:
    with pytest.raises(refusal):
        Terms.of("EUR", lines)


def test_an_unknown_currency_is_refused() -> None:
    with pytest.raises(UnknownCurrency):
        Terms.of("EURO", [CUPS])


def test_a_discount_on_an_unknown_line_or_above_its_amount_is_refused() -> None:
    with pytest.raises(UnknownLine):
        Terms.of("EUR", [CUPS], [off("1", allocation={"pot": Decimal(1)})])
    with pytest.raises(AllocationTooLarge):
        Terms.of("EUR", [CUPS], [off("1", allocation={"cups": Decimal(2)})])


def test_an_order_may_not_come_to_less_than_nothing() -> None:
    with pytest.raises(TotalNegative):
        placed(terms=Terms.of("EUR", [CUPS], [off("21")]))


def test_an_order_placed_again_with_the_same_values_is_a_repeat() -> None:
    order = placed()
    place(order, live(YESTERDAY))
    assert order.version == 1


def test_an_order_placed_again_with_other_values_is_refused() -> None:
    order = placed()
    with pytest.raises(OrderPlacedOtherwise):
        place(order, channel="store-3")
    assert order.version == 1


def test_a_repeat_is_known_after_personal_data_were_erased() -> None:
    order = placed()
    first = facts(order)[0]
    assert isinstance(first, Placed)
    order.placed = msgspec.structs.replace(first, contact=None)
    place(order)
    assert order.version == 1


def test_an_order_remembers_its_external_id() -> None:
    order = placed(external=("shop", "7"))
    place(order, external=("shop", "7"))
    assert order.external_ids == {("shop", "7")}
    assert order.version == 2


def test_a_fact_in_the_future_is_refused() -> None:
    with pytest.raises(InTheFuture):
        place(Order(ORDER), live(NOW.replace(year=NOW.year + 1)))


def test_an_order_of_an_archived_customer_is_flagged() -> None:
    assert flags(placed(customer_id=CUSTOMER, customer_archived=True)) == (CUSTOMER_ARCHIVED,)


# Whose order it is


def test_an_order_is_about_its_customer_and_a_guests_about_itself() -> None:
    assert placed(customer_id=CUSTOMER).subject == CUSTOMER
    assert placed().subject == ORDER


def test_linking_a_customer_concerns_both() -> None:
    order = placed()
    order.set_customer(live(), CUSTOMER)
    event, metadata = order.pending[-1]
    assert event == CustomerLinked(customer_id=CUSTOMER)
    assert (metadata.subject, metadata.concerns) == (ORDER, (CUSTOMER,))


def test_changing_the_customer_concerns_both() -> None:
    order = placed(customer_id=CUSTOMER)
    order.set_customer(live(), CUSTOMER)
    order.set_customer(live(), OTHER_CUSTOMER)
    event, metadata = order.pending[-1]
    assert event == CustomerChanged(customer_id=OTHER_CUSTOMER, previous_customer_id=CUSTOMER)
    assert event.concerns() == (CUSTOMER, OTHER_CUSTOMER)
    assert (metadata.subject, metadata.concerns) == (CUSTOMER, (OTHER_CUSTOMER,))
    assert order.version == 2


def test_an_old_link_told_again_changes_nothing() -> None:
    order = placed()
    order.set_customer(imported(LAST_WEEK), CUSTOMER)
    order.set_customer(imported(YESTERDAY), OTHER_CUSTOMER)
    order.set_customer(imported(LAST_WEEK), CUSTOMER)
    assert order.customer_id == OTHER_CUSTOMER


# Amending and cancelling lines


def test_an_open_order_can_be_amended() -> None:
    order = placed()
    order.amend(live(), lines=[CUPS])
    assert order.total == Decimal(20)
    assert order.line_ids == ("cups",)


def test_an_amendment_that_changes_nothing_records_nothing() -> None:
    order = placed(terms=Terms.of("EUR", [CUPS, POT], [off("5")]))
    order.amend(live(), lines=[CUPS, POT], discounts=[off("5")], contact=Contact(name="Ada"))
    assert order.version == 1


def test_only_what_changed_is_in_an_amendment() -> None:
    order = placed()
    order.amend(live(), shipping_address=Address(city=" Oslo "))
    amended = msgspec.to_builtins(facts(order)[-1])
    assert amended == {"type": "crm.order.amended.v1", "total": "50.00", "shipping_address": {"city": "Oslo"}}


def test_a_discount_is_allocated_anew_when_lines_change() -> None:
    order = placed(terms=Terms.of("EUR", [CUPS, POT], [off("5")]))
    order.amend(live(), lines=[POT])
    assert order.terms.discounts[0].allocation == {"pot": Decimal(5)}


def test_a_confirmed_order_is_not_amended_but_on_import_that_is_flagged() -> None:
    order = confirmed()
    with pytest.raises(OrderNotOpen):
        order.amend(live(), lines=[CUPS])
    order.amend(imported(), lines=[CUPS])
    assert flags(order) == (OrderNotOpen.rule,)


def test_an_amendment_may_not_take_away_what_was_shipped() -> None:
    order = placed()
    order.ship(live(), "s-1", goods(pot=1))
    with pytest.raises(Refusal, match="shipped or cancelled"):
        order.amend(live(), lines=[CUPS])


def test_cancelling_lines_lowers_the_total_by_their_worth() -> None:
    order = confirmed(terms=Terms.of("EUR", [CUPS, POT], [off("5")]))
    order.cancel_lines(live(), goods(cups=1), reason="sold-out")
    event = facts(order)[-1]
    assert isinstance(event, LinesCancelled)
    assert (event.lines[0].amount, event.total) == (Decimal(9), Decimal(36))
    assert order.due("cups") == 1


def test_parts_of_a_line_cancelled_one_by_one_come_to_the_whole() -> None:
    order = confirmed(terms=Terms.of("EUR", [item(quantity=Decimal(3), discounts=(Discount(amount=Decimal("19.99")),))]))
    for minute in range(3):
        order.cancel_lines(live(LAST_WEEK.replace(minute=minute)), goods(cups=1))
    assert order.total == 0


def test_no_more_can_be_cancelled_than_was_ordered() -> None:
    order = confirmed()
    with pytest.raises(QuantityBeyondOrdered):
        order.cancel_lines(imported(), goods(cups=3))


def test_cancelling_what_is_shipped_is_recorded_and_flagged() -> None:
    order = shipped()
    order.cancel_lines(live(), goods(pot=1))
    assert flags(order) == (CANCELLED_WHAT_IS_SHIPPED,)


def test_the_same_cancellation_of_the_same_time_is_a_repeat() -> None:
    order = confirmed()
    order.cancel_lines(imported(), goods(cups=1))
    order.cancel_lines(imported(), goods(cups=1))
    assert order.due("cups") == 1


@pytest.mark.parametrize("lines", [goods(saucer=1), goods(cups=0), [], goods(cups=1) * 2])
def test_cancelling_unknown_no_or_doubled_lines_is_refused(lines: Any) -> None:
    with pytest.raises(Refusal):
        confirmed().cancel_lines(imported(), lines)


def test_lines_of_a_cancelled_order_are_not_cancelled() -> None:
    order = confirmed()
    order.cancel(live())
    with pytest.raises(OrderIsCancelled):
        order.cancel_lines(live(), goods(cups=1))


# Its own axis


def test_an_order_is_confirmed_completed_and_reopened() -> None:
    order = confirmed()
    seen = [order.status]
    order.complete(live())
    seen.append(order.status)
    order.reopen(live())
    seen.append(order.status)
    assert seen == ["confirmed", "completed", "confirmed"]


def test_a_cancelled_order_reopens_to_where_it_was() -> None:
    order = placed()
    order.cancel(live())
    seen = [order.status]
    order.reopen(live())
    seen.append(order.status)
    assert seen == ["cancelled", "open"]


def test_a_status_told_again_is_a_repeat() -> None:
    order = confirmed()
    order.confirm(live())
    order.cancel(live())
    order.cancel(live(), reason="other")
    order.reopen(live())
    order.reopen(live())
    assert order.version == 4


def test_a_status_of_another_time_is_recorded_as_repeated_once() -> None:
    order = confirmed()
    order.confirm(live(YESTERDAY))
    assert flags(order) == ("repeated",)
    order.confirm(live(YESTERDAY))
    order.confirm(live(NOW))
    assert order.version == 3


@pytest.mark.parametrize(
    ("given", "asked", "refusal"),
    [
        ([], "complete", OrderNotConfirmed),
        ([], "reopen", OrderNotEnded),
        (["cancel"], "confirm", OrderIsCancelled),
        (["cancel"], "complete", OrderIsCancelled),
        (["confirm", "complete"], "cancel", OrderIsCompleted),
    ],
)
def test_our_own_decision_is_refused_live_and_flagged_on_import(given: list[str], asked: str, refusal: type[Refusal]) -> None:
    order = placed()
    for earlier in given:
        getattr(order, earlier)(live())
    before = state(stored(order))
    with pytest.raises(refusal):
        getattr(order, asked)(live())
    assert state(order) == before
    getattr(order, asked)(imported())
    assert flags(order) == (refusal.rule,)


def test_cancelling_a_shipped_order_is_recorded_and_flagged() -> None:
    order = shipped()
    order.cancel(live(), reason="customer", note="  changed her mind ")
    assert flags(order) == (CANCELLED_AFTER_SHIPMENT,)
    assert facts(order)[-1] == Cancelled(reason="customer", note="changed her mind")


def test_no_sentence_hides_in_a_reason() -> None:
    with pytest.raises(Malformed):
        placed().cancel(live(), reason="Ada changed her mind")


def test_a_source_event_is_recorded_once() -> None:
    told = live(source=Source(system="shop", event_id="e-1"))
    order = placed()
    capture(order, context=told)
    capture(order, "7", "p-2", told)
    assert order.version == 2


# Events


def test_every_type_name_is_the_orders_own() -> None:
    names = [type_name(event) for event in Order.events]
    assert len(set(names)) == 32
    assert all(name.startswith("crm.order.") and name.endswith(".v1") for name in names)


def test_personal_fields_may_be_absent() -> None:
    order = placed()
    first = facts(order)[0]
    payload = msgspec.to_builtins(first)
    del payload["contact"]
    assert msgspec.convert(payload, Placed, strict=False).contact is None


def test_an_order_made_from_its_events_is_the_same() -> None:
    order = shipped()
    order.tag(live(), ("vip",))
    order.set_attributes(live(), {"gift": True, "card": "for Ada"})
    order.assign(live(), "ada", "north")
    assert state(stored(order)) == state(order)
    assert paid().payment_status == "paid"

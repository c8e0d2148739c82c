"""Payments and refunds of an order: what is recorded, flagged and refused, and the payment status."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest

from domain.sales.order.axes import payment_status
from domain.sales.order.order import Order
from domain.sales.order.payments import (
    PAYMENT_AFTER_CANCELLATION,
    PAYMENT_AFTER_VOID,
    PAYMENT_BEFORE_CONFIRMATION,
    PAYMENT_OVER_DUE,
    PaymentFailed,
    PaymentIsCaptured,
    PaymentKnownOtherwise,
    PaymentUnknown,
)
from domain.sales.order.refunds import (
    CHARGEBACK,
    CHARGEBACK_ABOVE_CAPTURED,
    REFUND_ABOVE_CAPTURED,
    REFUND_DIFFERS,
    REFUND_WITHOUT_RETURN,
    PaymentChargedBack,
    RefundKnownOtherwise,
    RefundUnknown,
)
from domain.sales.order.returns import ReturnUnknown
from domain.sales.order.state import MoneyFact
from domain.sales.order.terms import Terms
from domain.sales.order.values import Item, RefundedLine, UnknownLine
from domain.shared.refusals import AmountNotPositive, AmountTooPrecise, Malformed, Refusal
from tests.domain.given import YESTERDAY, flags, live, state, stored
from tests.domain.sales.given_orders import authorise, capture, confirmed, goods, paid, placed, refund, returned_lines, shipped

FREE = Terms.of("EUR", [Item(line_id="x", name="Sample", quantity=Decimal(1), unit_price=Decimal(0))])


def charge_back(order: Order, amount: str = "50") -> None:
    order.charge_back_payment(live(), PaymentChargedBack(payment_id="p-1", amount=Decimal(amount)))


def authorised() -> Order:
    order = confirmed()
    authorise(order)
    return order


def voided() -> Order:
    order = authorised()
    order.void_payment(live(), "p-1")
    return order


def failed() -> Order:
    order = authorised()
    order.fail_payment(live(), PaymentFailed(payment_id="p-1", amount=Decimal(50), reason="insufficient_funds"))
    return order


def refunded(amount: str) -> Order:
    order = paid()
    refund(order, amount)
    return order


def charged_back() -> Order:
    order = paid()
    charge_back(order)
    return order


@pytest.mark.parametrize(
    ("order", "status"),
    [
        (confirmed, "unpaid"),
        (lambda: placed(terms=FREE), "paid"),
        (authorised, "authorized"),
        (voided, "voided"),
        (failed, "unpaid"),
        (lambda: paid("20"), "partially_paid"),
        (paid, "paid"),
        (lambda: paid("51"), "overpaid"),
        (lambda: refunded("20"), "partially_refunded"),
        (lambda: refunded("50"), "refunded"),
        (charged_back, "charged_back"),
    ],
)
def test_the_payment_status_follows_the_payments(order: Callable[[], Order], status: str) -> None:
    assert order().payment_status == status


def test_the_payment_status_is_computed_from_plain_numbers() -> None:
    assert payment_status(Decimal(10), captured=Decimal(10)) == "paid"


def test_a_payment_above_what_is_due_is_recorded_and_flagged() -> None:
    order = paid()
    assert flags(order) == ()
    capture(order, "0.01", "p-2")
    assert flags(order) == (PAYMENT_OVER_DUE,)


def test_a_payment_before_confirmation_is_recorded_and_flagged() -> None:
    order = placed()
    authorise(order)
    assert flags(order) == ()
    capture(order)
    assert flags(order) == (PAYMENT_BEFORE_CONFIRMATION,)


def test_a_payment_of_a_cancelled_order_is_recorded_and_flagged() -> None:
    order = confirmed()
    order.cancel(live())
    capture(order)
    assert flags(order) == (PAYMENT_AFTER_CANCELLATION, PAYMENT_OVER_DUE)


def test_a_payment_after_its_void_is_recorded_and_flagged() -> None:
    order = voided()
    capture(order)
    assert flags(order) == (PAYMENT_AFTER_VOID,)


def test_a_repeated_payment_records_nothing_even_at_another_time() -> None:
    order = paid()
    capture(order, context=live(YESTERDAY))
    assert order.version == 3


def test_a_repeated_payment_with_other_values_is_refused() -> None:
    order = paid()
    with pytest.raises(PaymentKnownOtherwise):
        capture(order, "49")
    assert order.version == 3


@pytest.mark.parametrize(
    ("amount", "refusal"),
    [("0", AmountNotPositive), ("-1", AmountNotPositive), ("0.001", AmountTooPrecise), ("NaN", Malformed)],
)
def test_an_invalid_amount_is_refused(amount: str, refusal: type[Refusal]) -> None:
    with pytest.raises(refusal):
        capture(confirmed(), amount)


def test_an_authorisation_recorded_late_does_not_undo_its_capture() -> None:
    order = paid()
    authorise(order)
    assert order.payment_status == "paid"


def test_a_captured_payment_cannot_be_voided_or_fail() -> None:
    order = authorised()
    capture(order)
    with pytest.raises(PaymentIsCaptured):
        order.void_payment(live(), "p-1")
    with pytest.raises(PaymentIsCaptured):
        order.fail_payment(live(), PaymentFailed(payment_id="p-1", amount=Decimal(50)))


def test_an_unknown_payment_cannot_be_voided_charged_back_or_refunded() -> None:
    order = confirmed()
    with pytest.raises(PaymentUnknown):
        order.void_payment(live(), "p-1")
    with pytest.raises(PaymentUnknown):
        charge_back(order)
    with pytest.raises(PaymentUnknown):
        refund(order, "5", payment_id="p-1")


def test_a_repeated_void_records_nothing() -> None:
    order = voided()
    order.void_payment(live(), "p-1")
    assert order.version == 4


def test_a_chargeback_is_always_flagged() -> None:
    assert flags(charged_back()) == (CHARGEBACK,)
    order = paid()
    charge_back(order, "60")
    assert flags(order) == (CHARGEBACK, CHARGEBACK_ABOVE_CAPTURED)


# Refunds


def test_a_refund_without_a_return_is_recorded_and_flagged() -> None:
    assert flags(refunded("20")) == (REFUND_WITHOUT_RETURN,)


def test_a_refund_with_a_return_is_not_flagged() -> None:
    order = shipped()
    order.receive_return(live(), "ret-1", returned_lines(pot=1))
    refund(order, "30", return_id="ret-1", lines=(RefundedLine(line_id="pot", quantity=Decimal(1), amount=Decimal(30)),))
    assert flags(order) == ()


def test_overpaid_or_cancelled_amounts_are_refunded_without_a_return() -> None:
    order = paid("60")
    refund(order, "10")
    assert flags(order) == ()
    order.cancel(live())
    refund(order, "50", "r-2")
    assert flags(order) == ()


def test_a_refund_of_cancelled_lines_needs_no_return() -> None:
    order = paid()
    order.cancel_lines(live(), goods(cups=1))
    refund(order, "10")
    assert flags(order) == ()


def test_a_refund_above_the_captured_amount_is_recorded_and_flagged() -> None:
    order = paid()
    refund(order, "51")
    assert flags(order) == (REFUND_ABOVE_CAPTURED, REFUND_WITHOUT_RETURN)


def test_a_refund_that_differs_from_the_sum_of_its_lines_is_flagged() -> None:
    order = paid("80")
    refund(order, "30", lines=(RefundedLine(line_id="pot", quantity=Decimal(1), amount=Decimal(29)),))
    assert flags(order) == (REFUND_DIFFERS,)


def test_a_refund_is_identified_by_its_id() -> None:
    order = refunded("20")
    refund(order, "20")
    assert order.version == 4
    with pytest.raises(RefundKnownOtherwise):
        refund(order, "21")


def test_a_refund_of_unknown_lines_or_returns_is_refused() -> None:
    with pytest.raises(UnknownLine):
        refund(paid(), "5", lines=(RefundedLine(line_id="saucer", quantity=Decimal(1), amount=Decimal(5)),))
    with pytest.raises(ReturnUnknown):
        refund(paid(), "5", return_id="ret-9")


# Reversals


def test_every_payment_fact_can_be_reversed() -> None:
    order = paid()
    refund(order, "20")
    charge_back(order, "30")
    authorise(order, "50", "p-2")
    seen = []
    facts: list[tuple[MoneyFact, str]] = [
        ("chargeback", "p-1"),
        ("refund", "r-1"),
        ("capture", "p-1"),
        ("authorisation", "p-2"),
    ]
    for fact, id in facts:
        order.reverse_payment(live(), fact, id)
        seen.append(order.payment_status)
    assert seen == ["partially_refunded", "paid", "authorized", "unpaid"]
    assert state(stored(order)) == state(order)


def test_a_repeated_reversal_records_nothing_and_the_reversal_is_kept() -> None:
    order = paid()
    order.reverse_payment(live(), "capture", "p-1")
    order.reverse_payment(live(), "capture", "p-1")
    capture(order)
    assert order.version == 4
    assert order.payment_status == "unpaid"


def test_reversing_a_refunded_payment_is_flagged() -> None:
    order = refunded("20")
    order.reverse_payment(live(), "capture", "p-1")
    assert flags(order) == (REFUND_ABOVE_CAPTURED,)


def test_an_unknown_payment_fact_cannot_be_reversed() -> None:
    with pytest.raises(PaymentUnknown):
        paid().reverse_payment(live(), "chargeback", "p-1")
    with pytest.raises(RefundUnknown):
        paid().reverse_payment(live(), "refund", "p-1")

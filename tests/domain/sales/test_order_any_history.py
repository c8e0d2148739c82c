"""Any sequence of decisions on an order keeps the rules."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, get_args

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from domain.sales.order import amending, fulfilment, payments, refunds, returns
from domain.sales.order.order import Order
from domain.sales.order.state import MoneyFact
from domain.sales.order.terms import Terms
from domain.sales.order.values import Item, LineQuantity, OrderDiscount, ReturnedLine
from domain.shared.events import Actor, Context
from domain.shared.refusals import Refusal
from tests.domain.given import NOW, state, stored
from tests.domain.sales.given_orders import CUPS, CUSTOMER, ORDER, OTHER_CUSTOMER, POT

times = st.none() | st.integers(min_value=-3, max_value=1).map(lambda days: NOW + timedelta(days=days))
origins = st.sampled_from(["live", "import"])
ids = st.sampled_from(["1", "2", "3"])
amounts = st.sampled_from(["0", "10", "20", "50", "60", "0.001"]).map(Decimal)
quantities = st.sampled_from(["0", "0.5", "1", "2", "3"]).map(Decimal)
line_ids = st.sampled_from(["cups", "pot", "saucer"])
goods = st.lists(st.builds(LineQuantity, line_id=line_ids, quantity=quantities), max_size=2)
returned = st.lists(st.builds(ReturnedLine, line_id=line_ids, quantity=quantities), max_size=2)
items = st.sampled_from([CUPS, POT, Item(line_id="saucer", name="Saucer", quantity=Decimal(6), unit_price=Decimal("0.5"))])
discounts = st.lists(st.builds(OrderDiscount, kind=st.just("fixed"), amount=amounts), max_size=1)
totals = st.none() | amounts
payment_facts = st.sampled_from(
    [
        ("authorise_payment", payments.PaymentAuthorised),
        ("capture_payment", payments.PaymentCaptured),
        ("fail_payment", payments.PaymentFailed),
        ("charge_back_payment", refunds.PaymentChargedBack),
    ]
)


class AnyHistory(RuleBasedStateMachine):
    """Each rule tries one decision, which is either refused and changes nothing, or records at most one fact."""

    def __init__(self) -> None:
        super().__init__()
        self.order = Order(ORDER)
        self.clock = NOW
        self.flagged: set[str] = set()

    def attempt(self, decision: str, origin: Any, at: datetime | None, *values: Any, **named: Any) -> None:
        self.clock += timedelta(seconds=1)
        context = Context(now=self.clock, actor=Actor(type="user", id="u-1"), origin=origin, occurred_at=at)
        before, recorded = state(stored(self.order)), len(self.order.pending)
        try:
            getattr(self.order, decision)(context, *values, **named)
        except Refusal:
            assert state(self.order) == before
        assert len(self.order.pending) - recorded in (0, 1)
        if len(self.order.pending) > recorded:
            self.flagged.update(self.order.pending[-1][1].irregular)
            self.repeat(decision, context, *values, **named)

    def repeat(self, decision: str, context: Context, *values: Any, **named: Any) -> None:
        """Repeating the same fact at the same time records nothing."""
        version = self.order.version
        if context.occurred_at is not None:
            getattr(self.order, decision)(context, *values, **named)
        assert self.order.version == version

    @initialize(discounts=discounts, total=totals, customer=st.sampled_from([None, CUSTOMER]))
    def placed(self, discounts: list[OrderDiscount], total: Decimal | None, customer: Any) -> None:
        context = Context(now=NOW, actor=Actor(type="user", id="u-1"))
        regular = [discount for discount in discounts if discount.amount != Decimal("0.001") and discount.amount < 50]
        stated = None if total == Decimal("0.001") else total
        terms = Terms.of("EUR", [CUPS, POT], regular)
        self.order.place(context, terms, number="A-1", channel="web", total=stated, customer_id=customer)

    @rule(origin=origins, at=times, lines=st.none() | st.lists(items, max_size=3), discounts=discounts, total=totals)
    def amend(self, origin: Any, at: datetime | None, lines: Any, discounts: Any, total: Decimal | None) -> None:
        self.attempt("amend", origin, at, lines=lines, discounts=discounts, total=total)

    @rule(origin=origins, at=times, lines=goods, total=totals)
    def cancel_lines(self, origin: Any, at: datetime | None, lines: list[LineQuantity], total: Decimal | None) -> None:
        self.attempt("cancel_lines", origin, at, lines, total=total)

    @rule(origin=origins, at=times, customer=st.sampled_from([CUSTOMER, OTHER_CUSTOMER]), archived=st.booleans())
    def set_customer(self, origin: Any, at: datetime | None, customer: Any, archived: bool) -> None:
        self.attempt("set_customer", origin, at, customer, archived=archived)

    @rule(decision=st.sampled_from(["confirm", "complete", "cancel", "reopen"]), origin=origins, at=times)
    def process(self, decision: str, origin: Any, at: datetime | None) -> None:
        self.attempt(decision, origin, at)

    @rule(payment=payment_facts, origin=origins, at=times, payment_id=ids, amount=amounts)
    def pay(self, payment: Any, origin: Any, at: datetime | None, payment_id: str, amount: Decimal) -> None:
        decision, fact = payment
        self.attempt(decision, origin, at, fact(payment_id=payment_id, amount=amount))

    @rule(origin=origins, at=times, payment_id=ids)
    def void(self, origin: Any, at: datetime | None, payment_id: str) -> None:
        self.attempt("void_payment", origin, at, payment_id)

    @rule(origin=origins, at=times, id=ids, amount=amounts, payment_id=st.none() | ids, return_id=st.none() | ids)
    def refund(self, origin: Any, at: Any, id: str, amount: Decimal, payment_id: Any, return_id: Any) -> None:
        fact = refunds.PaymentRefunded(refund_id=id, amount=amount, payment_id=payment_id, return_id=return_id)
        self.attempt("refund_payment", origin, at, fact)

    @rule(fact=st.sampled_from(get_args(MoneyFact)), origin=origins, at=times, id=ids)
    def reverse(self, fact: Any, origin: Any, at: datetime | None, id: str) -> None:
        self.attempt("reverse_payment", origin, at, fact, id)

    @rule(origin=origins, at=times, shipment_id=ids, lines=goods)
    def ship(self, origin: Any, at: datetime | None, shipment_id: str, lines: list[LineQuantity]) -> None:
        self.attempt("ship", origin, at, shipment_id, lines)

    @rule(decision=st.sampled_from(["deliver", "fail_delivery", "cancel_shipment"]), origin=origins, at=times, id=ids)
    def follow_shipment(self, decision: str, origin: Any, at: datetime | None, id: str) -> None:
        self.attempt(decision, origin, at, id)

    @rule(decision=st.sampled_from(["request_return", "receive_return"]), origin=origins, at=times, id=ids, lines=returned)
    def send_back(self, decision: str, origin: Any, at: datetime | None, id: str, lines: list[ReturnedLine]) -> None:
        self.attempt(decision, origin, at, id, lines)

    @rule(decision=st.sampled_from(["decline_return", "reverse_return"]), origin=origins, at=times, id=ids)
    def end_return(self, decision: str, origin: Any, at: datetime | None, id: str) -> None:
        self.attempt(decision, origin, at, id)

    @rule(origin=origins, tags=st.lists(st.sampled_from("abc"), max_size=2).map(tuple))
    def tag(self, origin: Any, tags: tuple[str, ...]) -> None:
        self.attempt("tag", origin, None, tags)

    @invariant()
    def a_replay_gives_the_same_state(self) -> None:
        assert state(stored(self.order)) == state(self.order)

    @invariant()
    def refunds_above_the_captured_amount_are_flagged(self) -> None:
        if self.order.sum("capture") < self.order.sum("refund"):
            assert refunds.REFUND_ABOVE_CAPTURED in self.flagged

    @invariant()
    def captures_above_the_amount_due_are_flagged(self) -> None:
        changed_since = {amending.Amended, amending.LinesCancelled, refunds.PaymentReversed}
        if self.order.payment_status == "overpaid" and not changed_since & {type(event) for event, _ in self.order.pending}:
            assert payments.PAYMENT_OVER_DUE in self.flagged

    @invariant()
    def shipments_above_the_quantity_due_are_flagged(self) -> None:
        excuses = {
            fulfilment.SHIPPED_BEYOND_ORDERED,
            amending.CANCELLED_WHAT_IS_SHIPPED,
            fulfilment.DELIVERED_AFTER_CANCELLATION,
            amending.LineInUse.rule,
        }
        for line_id in self.order.line_ids:
            assert self.order.shipped(line_id) <= self.order.due(line_id) or excuses & self.flagged

    @invariant()
    def returns_above_the_ordered_quantity_are_flagged(self) -> None:
        happened = {type(event) for event, _ in self.order.pending}
        if happened & {amending.Amended, amending.LinesCancelled}:
            return
        for line_id in self.order.line_ids:
            excuses = {returns.RETURN_BEYOND_SHIPPED, fulfilment.SHIPPED_BEYOND_ORDERED}
            allowed = self.order.returned(line_id) <= self.order.terms.ordered(line_id)
            assert allowed or (excuses | {fulfilment.DELIVERED_AFTER_CANCELLATION}) & self.flagged

    @invariant()
    def axes_agree_with_the_facts(self) -> None:
        order = self.order
        assert order.total >= 0
        assert order.payment_status != "refunded" or order.kept <= 0
        assert order.payment_status != "paid" or order.sum("capture") == order.total
        assert (order.payment_status == "charged_back") == (order.sum("chargeback") > 0)
        assert order.fulfilment_status != "unfulfilled" or not any(map(order.shipped, order.line_ids))
        assert order.return_status != "none" or not any(map(order.returned, order.line_ids))
        assert order.ended is None or order.status == order.ended


TestAnyHistory = AnyHistory.TestCase
TestAnyHistory.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)

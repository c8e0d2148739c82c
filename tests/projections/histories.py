"""Random histories of a few customers, orders and API keys: random decisions in a random order."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from random import Random
from typing import Any, Literal

from hypothesis import strategies as st

from domain.customers.customer.customer import Customer
from domain.customers.customer.events import ConsentGiven, ContactMethod
from domain.marketing.channel import Channel, ChannelDay, CostRecorded, TrafficRecorded
from domain.marketing.touchpoint import Touchpoint
from domain.operations.api_key import ApiKey
from domain.sales.order.order import Order
from domain.sales.order.payments import PaymentAuthorised, PaymentCaptured
from domain.sales.order.refunds import PaymentChargedBack, PaymentRefunded
from domain.sales.order.terms import Terms
from domain.sales.order.values import Charge, Contact, Discount, Item, LineQuantity, OrderDiscount, ReturnedLine, Tax
from domain.shared.contact import Address
from domain.shared.utm import Utm
from tests.projections.customers.contact_acts import CONTACT_ACTS
from tests.projections.customers.relation_acts import RELATION_ACTS
from tests.projections.harness import History, Step, some_attributes, uuid
from tests.projections.marketing.campaign_acts import CAMPAIGN_ACTS
from tests.projections.operations.configuration_acts import CONFIGURATION_ACTS
from tests.projections.sales.lead_acts import LEAD_ACTS
from tests.projections.segmentation.segment_acts import SEGMENT_ACTS
from tests.projections.segmentation.value_acts import VALUE_ACTS
from tests.projections.service.assignment_acts import ASSIGNMENT_ACTS
from tests.projections.service.service_level_acts import SERVICE_LEVEL_ACTS
from tests.projections.service.ticket_acts import TICKET_ACTS

CUSTOMERS, ORDERS = 4, 6
NAMES = ("王小芳", "Ada Lovelace", "ＡＣＭＥ Ｇｍｂｈ", "Straße 7", "O'Neil_100%")
CHANNELS = ("web", "store-3", "phone")
CURRENCIES = ("EUR", "JPY")
CONDITIONS: tuple[Literal["unknown", "opened", "defective"], ...] = ("unknown", "opened", "defective")

SEEDS = st.integers(0, 2**32)


def histories(longest: int = 70) -> st.SearchStrategy[History]:
    """Histories made from a seed and a length. Each seed gives a different history; a failure shrinks to the first acts."""
    return st.builds(random_history, SEEDS, st.integers(longest // 4, longest))


def schedules() -> st.SearchStrategy[list[Step]]:
    return st.builds(random_steps, SEEDS, st.integers(0, 40))


def random_history(seed: int, length: int) -> History:
    draw = Random(seed)
    names = [*ACTS, *OFTEN]
    return history_of([(draw.choice(names), draw.randrange(12), draw.randrange(40)) for _ in range(length)])


def random_steps(seed: int, length: int) -> list[Step]:
    draw = Random(seed)
    return [Step(draw.randrange(12), draw.randrange(5), draw.randrange(12), draw.random() < 0.3) for _ in range(length)]


def history_of(acts: Sequence[tuple[str, int, int]]) -> History:
    """All customers are registered and all orders placed before the acts, so that few acts are refused."""
    history = History()
    for number in range(CUSTOMERS):
        _register(history, number)
    for number in range(ORDERS):
        _place(history, number)
    for name, who, n in acts:
        ACTS[name](history, who, n)
    return history


def _customer(history: History, who: int) -> Customer:
    return history.of(Customer, f"customer {who % CUSTOMERS}")


def _order(history: History, who: int) -> Order:
    return history.of(Order, f"order {who % ORDERS}")


def _register(history: History, number: int) -> None:
    customer = _customer(history, number)
    email = ContactMethod(method_id=uuid(f"{number} email"), kind="email", primary=True, value=f"Person{number}@example.org")
    history.must(
        customer,
        lambda context: customer.register(
            context,
            kind="person",
            name=NAMES[number],
            contact_methods=[email],
            address=Address(city="上海", country="CN"),
            owner=f"agent-{number % 2}",
            attributes={"size": number, "colour": "red"},
        ),
    )


def _place(history: History, number: int) -> None:
    """Place orders with even numbers for customers, odd ones for guests. The last is a test; every third has only a day."""
    order, currency = _order(history, number), CURRENCIES[number % 4 == 2]
    customer_id = _customer(history, number).id if number % 2 == 0 else None
    day = {"occurred_at": datetime(2024, 2, 27, 16, tzinfo=UTC), "occurred_precision": "day", "occurred_zone": "+08:00"}
    history.must(
        order,
        lambda context: order.place(
            context,
            terms(number, currency),
            number=f"N{number}",
            channel=CHANNELS[number % 3],
            customer_id=customer_id,
            shipping_address=None if number == 4 else Address(city=f"City {number}", country="DE"),
            contact=None if number == 4 else Contact(name=f"Guest {number}"),
            test=number == ORDERS - 1,
        ),
        **(day if number % 3 == 0 else {}),
    )


def terms(n: int, currency: str = "EUR") -> Terms:
    return Terms.of(
        currency,
        lines(n),
        [OrderDiscount(kind="fixed", amount=Decimal(n % 3)), OrderDiscount(kind="shipping", amount=Decimal(n % 2))],
        [Charge(kind="shipping", amount=Decimal(4), tax=Decimal(n % 2)), Charge(kind="gift_card", amount=Decimal(25))],
        prices_include_tax=n % 2 == 1,
    )


def lines(n: int) -> list[Item]:
    return [
        Item(
            line_id="a",
            name="Tea",
            quantity=Decimal(3 + n % 2),
            unit_price=Decimal("3.35") + n,
            discounts=(Discount(amount=Decimal(1)),),
            taxes=(Tax(name="VAT", amount=Decimal(2)),),
        ),
        Item(line_id="b", name="Cup", quantity=Decimal("1.5"), unit_price=Decimal(n + 1)),
    ]


def _method_act(decide: Callable[[Customer, Any, Any], object]) -> Callable[[History, int, int], None]:
    def act(history: History, who: int, n: int) -> None:
        customer = _customer(history, who)
        if methods := list(customer.methods):
            history.do(customer, lambda context: decide(customer, context, methods[n % len(methods)]))

    return act


def _add_method(history: History, who: int, n: int) -> None:
    customer = _customer(history, who)
    method = ContactMethod(method_id=uuid((who, n)), kind="phone", primary=n % 2 == 0, value=f"+86138000{n:05d}")
    history.do(customer, lambda context: customer.add_contact_method(context, method))


def _consent(history: History, who: int, n: int) -> None:
    customer = _customer(history, who)
    consent = ConsentGiven(purpose="newsletter", channel=CHANNELS[n % 2], evidence=f"ticked {n}")
    history.do(customer, lambda context: customer.give_consent(context, consent))


def _withdraw(history: History, who: int, n: int) -> None:
    customer = _customer(history, who)
    history.do(customer, lambda context: customer.withdraw_consent(context, "newsletter", CHANNELS[n % 2]))


def _details(history: History, who: int, n: int) -> None:
    customer = _customer(history, who)
    history.do(customer, lambda context: customer.change_details(context, name=NAMES[n % 5] if n % 7 else None))


def _erase(history: History, who: int, n: int) -> None:
    customer = _customer(history, who)
    if n % 2 == 0:
        history.do(
            customer,
            lambda context: customer.erase(context, reason="requested", requested_by="customer", receipt=f"R{n}"),
        )


def _merge(history: History, who: int, n: int) -> None:
    """Merge a customer into another one. Not if one of them or the customer's survivor is erased, or the other is merged."""
    customer, into = _customer(history, who), _customer(history, n)
    if not _is_erased(history, customer) and not into.erased and into.survivor is None:
        history.do(customer, lambda context: customer.merge_into(context, into.id))


def _unmerge(history: History, who: int, n: int) -> None:
    customer = _customer(history, who)
    if not _is_erased(history, customer):
        history.do(customer, customer.unmerge)


def _is_erased(history: History, customer: Customer) -> bool:
    """Whether the customer, or the last survivor they were merged into, is erased."""
    while customer.survivor is not None:
        customer = history.by_id(Customer, customer.survivor)
    return customer.erased


def _annotate(history: History, who: int, n: int) -> None:
    thing: Customer | Order = _customer(history, who) if who % 2 else _order(history, who // 2)
    decisions: list[Callable[[Any], object]] = [
        lambda context: thing.tag(context, (f"tag-{n % 4}", "vip")),
        lambda context: thing.untag(context, ("vip",)),
        lambda context: thing.assign(context, f"agent-{n % 3}", None),
        lambda context: thing.set_attributes(context, *some_attributes(n)),
        lambda context: thing.link_external_id(context, "shop", f"x{n}"),
    ]
    history.do(thing, decisions[n % 5])


def _set_customer(history: History, who: int, n: int) -> None:
    order, customer = _order(history, who), _customer(history, n)
    if not customer.erased:
        history.do(order, lambda context: order.set_customer(context, customer.id))


def _amend(history: History, who: int, n: int) -> None:
    order = _order(history, who)

    def amend(context: Any) -> None:
        address = Address(city=f"Town {n}", country="FR") if n % 3 == 0 else None
        order.amend(context, lines=lines(n) if n % 2 else None, shipping_address=address)

    history.do(order, amend)


def _part(n: int) -> LineQuantity:
    return LineQuantity(line_id="ab"[n % 2], quantity=Decimal(1) if n % 3 else Decimal("0.5"))


def _order_act(decide: Callable[[Order, Any, int], object]) -> Callable[[History, int, int], None]:
    def act(history: History, who: int, n: int) -> None:
        order = _order(history, who)
        history.do(order, lambda context: decide(order, context, n))

    return act


def _refund(order: Order, context: Any, n: int) -> None:
    shipping = Decimal(n % 2)
    order.refund_payment(context, PaymentRefunded(refund_id=f"r{n % 4}", amount=Decimal(n + 1), shipping_amount=shipping))


def _reverse(order: Order, context: Any, n: int) -> None:
    if n % 2:
        order.reverse_payment(context, "refund", f"r{n % 4}")
    else:
        order.reverse_payment(context, "capture", f"p{n % 3}")


def _returned(n: int) -> list[ReturnedLine]:
    part = _part(n)
    reason, condition = (None, "damaged")[n % 2], CONDITIONS[n % 3]
    return [ReturnedLine(line_id=part.line_id, quantity=part.quantity, reason=reason, condition=condition, restock=n % 4 > 1)]


def _key(history: History, who: int, n: int) -> None:
    key = history.of(ApiKey, f"key {who % 3}")
    if n % 3:
        history.do(key, lambda context: key.issue(context, label=f"Shop {who}", roles=["agent"], hash=f"{who % 3}" * 64))
    else:
        history.do(key, key.revoke)


def _channel(history: History, who: int, n: int) -> None:
    code = CHANNELS[who % 3]
    channel = history.of(Channel, f"channel {code}")
    if n % 3:
        history.do(channel, lambda context: channel.open(context, code=code, name=NAMES[n % 5], kind="store"))
    else:
        history.do(channel, channel.close)


def _channel_day(history: History, who: int, n: int) -> None:
    """Two sources report four days of each channel, opened or not; some days are reported again."""
    code, day, source = CHANNELS[who % 3], date(2024, 2, 26 + n % 4), f"source-{who % 2}"
    channel_day = history.of(ChannelDay, f"{code} {day} {source}")
    if n % 5:
        traffic = TrafficRecorded(code=code, date=day, source=source, visits=n, clicks=None if n % 2 else n)
        history.do(channel_day, lambda context: channel_day.record_traffic(context, traffic))
    else:
        cost = CostRecorded(code=code, date=day, source=source, amount=Decimal(n), currency=CURRENCIES[who % 2])
        history.do(channel_day, lambda context: channel_day.record_cost(context, cost))


def _touchpoint(history: History, who: int, n: int) -> None:
    """Record a touchpoint; the visitor of every third one is unknown."""
    touchpoint = history.of(Touchpoint, f"touchpoint {who} {n}")
    customer = None if n % 3 == 0 else _customer(history, who)
    if customer is None or not customer.erased:
        history.do(
            touchpoint,
            lambda context: touchpoint.touch(
                context,
                channel=CHANNELS[n % 3],
                kind="click" if n % 2 else "form",
                customer_id=customer.id if customer else None,
                utm=Utm(source="news", term=f"{n}") if n % 2 else None,
                anonymous_id=None if n % 3 == 1 else f"visitor {n}",
                click_ids={"gclid": f"g{n}"} if n % 4 else None,
            ),
        )


OFTEN = 3 * ("annotate", "set customer", "cancel lines", "return")
ACTS: dict[str, Callable[[History, int, int], None]] = {
    "details": _details,
    "add method": _add_method,
    "verify": _method_act(lambda c, context, method: c.verify_contact_method(context, method)),
    "bounce": _method_act(lambda c, context, method: c.mark_undeliverable(context, method, "soft")),
    "restore method": _method_act(lambda c, context, method: c.restore_contact_method(context, method)),
    "remove method": _method_act(lambda c, context, method: c.remove_contact_method(context, method)),
    "consent": _consent,
    "withdraw": _withdraw,
    "anonymous": _method_act(lambda c, context, method: c.link_anonymous_id(context, f"visitor of {method}")),
    "archive": _method_act(lambda c, context, _: c.archive(context)),
    "restore": _method_act(lambda c, context, _: c.restore(context)),
    "erase": _erase,
    "merge": _merge,
    "unmerge": _unmerge,
    "annotate": _annotate,
    "set customer": _set_customer,
    "amend": _amend,
    "cancel lines": _order_act(lambda o, context, n: o.cancel_lines(context, [_part(n)])),
    "confirm": _order_act(lambda o, context, n: o.confirm(context)),
    "complete": _order_act(lambda o, context, n: o.complete(context)),
    "cancel": _order_act(lambda o, context, n: o.cancel(context, reason="changed_mind", note="sorry")),
    "reopen": _order_act(lambda o, context, n: o.reopen(context)),
    "authorise": _order_act(
        lambda o, context, n: o.authorise_payment(context, PaymentAuthorised(payment_id=f"p{n % 3}", amount=Decimal(n + 1)))
    ),
    "capture": _order_act(
        lambda o, context, n: o.capture_payment(context, PaymentCaptured(payment_id=f"p{n % 3}", amount=Decimal(n + 5)))
    ),
    "charge back": _order_act(
        lambda o, context, n: o.charge_back_payment(context, PaymentChargedBack(payment_id=f"p{n % 3}", amount=Decimal(n + 5)))
    ),
    "refund": _order_act(_refund),
    "reverse": _order_act(_reverse),
    "ship": _order_act(lambda o, context, n: o.ship(context, f"s{n % 4}", [_part(n)], tracking=f"T{n}")),
    "deliver": _order_act(lambda o, context, n: o.deliver(context, f"s{n % 4}")),
    "request return": _order_act(lambda o, context, n: o.request_return(context, f"t{n % 3}", _returned(n), note="torn")),
    "return": _order_act(lambda o, context, n: o.receive_return(context, f"t{n % 3}", _returned(n))),
    "reverse return": _order_act(lambda o, context, n: o.reverse_return(context, f"t{n % 3}")),
    "key": _key,
    "channel": _channel,
    "channel day": _channel_day,
    "touchpoint": _touchpoint,
    **SEGMENT_ACTS,
    **VALUE_ACTS,
    **CAMPAIGN_ACTS,
    **TICKET_ACTS,
    **CONFIGURATION_ACTS,
    **LEAD_ACTS,
    **CONTACT_ACTS,
    **SERVICE_LEVEL_ACTS,
    **ASSIGNMENT_ACTS,
    **RELATION_ACTS,
}

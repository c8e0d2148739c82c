"""A log with events for most read models: those that a shop, its support and its sales record about each customer."""

from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

from commands.customers import customers, interactions
from commands.marketing import touchpoints
from commands.sales import leads, orders
from commands.service import tasks, tickets
from domain.sales.order.values import Item
from domain.shared.aggregate import Aggregate
from domain.shared.ids import new_id
from infra.wiring import Deployment
from tests.benchmarks.pipeline import customer_facts, order_facts, submit

Asked = tuple[Callable[..., Aggregate], dict[str, Any]]
CHANNELS = ("web", "store-1", "phone")
AT_ONCE = 100


def fill(deployment: Deployment, count: int) -> int:
    """Record ten events about each of `count` customers; return the number of events. Raises the refusal of a command."""
    executor = deployment.executor()
    for start in range(0, count, AT_ONCE):
        numbers = range(start, min(start + AT_ONCE, count))
        asked = [one for number in numbers for one in _about(number)]
        for future in [submit(executor, function, **facts) for function, facts in asked]:
            if refusal := future.result().refusal:
                raise refusal
    executor.close()
    return len(deployment.store.log(0, 20 * count))


def _about(number: int) -> Iterator[Asked]:
    customer, order, ticket, lead = new_id(), new_id(), new_id(), new_id()
    channel, agent = CHANNELS[number % len(CHANNELS)], f"agent-{number % 5}"
    yield touchpoints.record, {"touchpoint_id": new_id(), "channel": channel, "kind": "visit", "anonymous_id": f"a-{number}"}
    yield customers.register, {"customer_id": customer, **customer_facts(number)}
    yield customers.change_details, {"customer_id": customer, "language": "de", "time_zone": "Europe/Berlin"}
    yield leads.capture, {"lead_id": lead, "number": f"L-{number}", "customer_id": customer, "channel": channel}
    yield orders.place, {"order_id": order, "customer_id": customer, **order_facts(number)}
    yield orders.amend, {"order_id": order, "lines": (_more(number),)}
    opened = {"opened_by": "customer", "channel": channel, "title": "Where is it?", "category": "delivery"}
    yield tickets.open, {"ticket_id": ticket, "number": f"T-{number}", "customer_id": customer, **opened}
    talked = {"channel": "phone", "direction": "inbound", "agent": agent, "body": "Asked where the order is."}
    yield interactions.log, {"interaction_id": new_id(), "customer_id": customer, **talked}
    yield tickets.solve, {"ticket_id": ticket, "code": "answered", "resolution": "It is there tomorrow."}
    yield tasks.create, {"task_id": new_id(), "title": "Call back", "assignee": agent}


def _more(number: int) -> Item:
    return Item(line_id="1", name="Disc", quantity=Decimal(3 + number % 2), unit_price=Decimal("12.50"))

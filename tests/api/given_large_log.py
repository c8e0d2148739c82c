"""A log of 100,000 events: a mixed log, one customer with 5,001 events, and the visits of the customers.

Mixed events go through the executor; the others are decided by the domain's own aggregates and committed thousands at a time.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from itertools import islice
from uuid import UUID

from commands.shared.commit import Commit, NewEvent
from domain.customers.customer.customer import Customer
from domain.marketing.touchpoint import Touchpoint
from domain.shared.aggregate import Aggregate
from domain.shared.events import Actor, Context
from domain.shared.ids import new_id
from infra.wiring import Deployment
from tests.benchmarks import mixed_log

EVENTS = 100_000
CUSTOMERS = 1_500
"""Each with ten mixed events."""
LONG = 5_001
AT_ONCE = 5_000
NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
CONTEXT = Context(now=NOW, actor=Actor(type="system", id="test"))


def filled(deployment: Deployment) -> UUID:
    """Records the log. Returns the id of the customer with 5,001 events."""
    mixed_log.fill(deployment, CUSTOMERS)
    busy = _busy_customer()
    known = [one.stream for one in deployment.store.decode(deployment.store.log(0, EVENTS)) if one.version == 1]
    visits = _visits([id for id in known if id != busy.id], EVENTS - LONG - deployment.store.head())
    for events in ([*_pending(busy)], *_portions(visits)):
        deployment.store.commit(Commit(new_id(), events, {}))
    assert deployment.store.head() == EVENTS
    return busy.id


def _busy_customer() -> Customer:
    customer = Customer(new_id())
    customer.register(CONTEXT, kind="person", name="Busy")
    for number in range(LONG - 1):
        customer.set_attributes(CONTEXT, {"visits": number})
    return customer


def _visits(known: list[UUID], count: int) -> Iterator[NewEvent]:
    for number in range(count):
        touchpoint = Touchpoint(new_id())
        customer = known[number % len(known)]
        touchpoint.touch(CONTEXT, channel="web", kind="visit", customer_id=customer)
        yield from _pending(touchpoint)


def _pending(aggregate: Aggregate) -> Iterator[NewEvent]:
    for version, (event, metadata) in enumerate(aggregate.pending, start=1):
        yield NewEvent(aggregate.id, version, event, metadata)


def _portions(events: Iterable[NewEvent]) -> Iterator[list[NewEvent]]:
    events = iter(events)
    while portion := list(islice(events, AT_ONCE)):
        yield portion

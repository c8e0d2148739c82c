"""A log that has grown: many customers, their orders and their tickets, written without HTTP as fast as the store takes them.

    python -m tests.benchmarks.grown FOLDER 1000000 [--postgresql URL]

A few customers are made by real commands. Every other one has the story of one of them, with ids, numbers and personal data of
their own, and other days. Stories are cut off only at the end of a commit, so the log may be a little longer than asked for.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import count
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple
from uuid import UUID

from msgspec.structs import replace

from commands.customers import customers
from commands.sales import order_payments, orders
from commands.service import tickets
from commands.shared.commit import Claim, Commit, NewEvent
from domain.customers.customer.events import ContactMethod, Registered
from domain.sales.order.values import Item
from domain.service.ticket.correspondence import Replied
from domain.shared.events import Event, Metadata, Recorded, type_name
from domain.shared.ids import new_id
from infra.event_store.store import EventStore
from infra.settings import Settings
from infra.wiring import Deployment, deploy
from tests.benchmarks.mixed_log import Asked
from tests.benchmarks.pipeline import customer_facts, submit
from tests.benchmarks.recount import MASTER_KEY

STORIES = 24
AT_ONCE = 4000
"""Events of a commit."""
DAYS = 700
PRODUCTS = 500
CHANNELS = ("web", "store-1", "phone", "marketplace")
NUMBERED = {"crm.order.placed.v1": ("order", "O"), "crm.ticket.opened.v1": ("ticket", "T")}
"""The register of the numbers of these events, and how a number begins."""


class Step(NamedTuple):
    """An event of a story. `stream` and `subject` are indexes of the story's ids, as are those of the `fields` that are ids."""

    stream: int
    version: int
    event: Event
    metadata: Metadata
    subject: int
    fields: Mapping[str, int]


class Story(NamedTuple):
    """What is recorded about one customer, whose id is the first one."""

    ids: int
    steps: Sequence[Step]


def grow(store: EventStore, events: int, seed: int = 1, *, first: int = 0) -> int:
    """Writes at least so many events; returns how many. Customers are numbered from `first`."""
    dice, stories = Random(seed), _stories()
    written = 0
    pending: list[NewEvent] = []
    claims: list[Claim] = []
    for number in count(first):
        recorded, claimed = _recorded(dice.choice(stories), number, dice)
        pending += recorded
        claims += claimed
        if len(pending) >= AT_ONCE or written + len(pending) >= events:
            store.commit(Commit(new_id(), pending, {}, claims))
            written += len(pending)
            pending, claims = [], []
        if written >= events:
            break
    return written


def _recorded(story: Story, number: int, dice: Random) -> tuple[list[NewEvent], list[Claim]]:
    ids = [new_id() for _ in range(story.ids)]
    now = datetime.now(UTC)
    moved = timedelta(days=dice.randrange(DAYS), seconds=dice.randrange(86_400))
    recorded: list[NewEvent] = []
    claims: list[Claim] = []
    for stream, version, event, metadata, subject, fields in story.steps:
        changes: dict[str, Any] = {name: ids[index] for name, index in fields.items()}
        if isinstance(event, Registered):
            method = ContactMethod(method_id=new_id(), kind="email", primary=True, value=f"customer{number}@example.com")
            changes |= {"name": f"Customer {number}", "contact_methods": (method,)}
        elif named := NUMBERED.get(type_name(type(event))):
            register, begins = named
            changes["number"] = f"{begins}-{number}-{stream}"
            claims.append(Claim(register, changes["number"], ids[stream]))
        about = replace(metadata, subject=ids[subject], recorded_at=now, occurred_at=metadata.occurred_at - moved)
        recorded.append(NewEvent(ids[stream], version, replace(event, **changes) if changes else event, about))
    return recorded, claims


# The stories


def _stories() -> list[Story]:
    """The stories of a few customers, recorded by commands in a store of their own."""
    with TemporaryDirectory(prefix="recount-bench-") as folder:
        deployment = deploy(Settings(home=Path(folder), master_key=MASTER_KEY))
        try:
            return [_story(deployment, number) for number in range(STORIES)]
        finally:
            deployment.close()


def _story(deployment: Deployment, number: int) -> Story:
    head = deployment.store.head()
    executor = deployment.executor()
    for function, facts in _about(number, Random(number)):
        if refusal := submit(executor, function, **facts).result().refusal:
            raise refusal
    executor.close()
    recorded = deployment.store.decode(deployment.store.log(head, 10_000))
    ids = {recorded: index for index, recorded in enumerate(dict.fromkeys(one.stream for one in recorded))}
    return Story(len(ids), [_step(one, ids) for one in recorded])


def _step(recorded: Recorded, ids: Mapping[UUID, int]) -> Step:
    event, metadata = recorded.event, recorded.metadata
    values = {name: getattr(event, name) for name in event.__struct_fields__}
    fields = {name: ids[value] for name, value in values.items() if isinstance(value, UUID) and value in ids}
    assert not metadata.concerns, "no event concerns two subjects"
    return Step(ids[recorded.stream], recorded.version, event, metadata, ids[metadata.subject], fields)


def _about(number: int, dice: Random) -> Iterator[Asked]:
    customer, channel = new_id(), CHANNELS[number % len(CHANNELS)]
    yield customers.register, {"customer_id": customer, **customer_facts(number)}
    yield customers.set_attributes, {"id": customer, "attributes": {"size": "small", "income": dice.randrange(90_000)}}
    for part in range(1 + number % 3):
        yield from _order(customer, channel, f"O-{number}-{part}", dice)
    if number % 2:
        ticket = new_id()
        opened = {"opened_by": "customer", "channel": "email", "title": "Where is it?", "category": "delivery"}
        yield tickets.open, {"ticket_id": ticket, "number": f"T-{number}", "customer_id": customer, **opened}
        yield tickets.change_priority, {"ticket_id": ticket, "priority": "high"}
        reply = Replied(reply_id="1", by="agent", body="It is there tomorrow.")
        yield tickets.reply, {"ticket_id": ticket, "reply": reply}
        yield tickets.solve, {"ticket_id": ticket, "code": "answered", "resolution": "It was there."}


def _order(customer: UUID, channel: str, number: str, dice: Random) -> Iterator[Asked]:
    order = new_id()
    items = [
        Item(
            line_id=str(line + 1),
            sku=f"sku-{dice.randrange(PRODUCTS)}",
            name=f"Product {line}",
            quantity=Decimal(dice.randrange(1, 4)),
            unit_price=Decimal(dice.randrange(100, 9000)) / 100,
        )
        for line in range(1 + dice.randrange(3))
    ]
    total = sum((item.quantity * item.unit_price for item in items), Decimal(0))
    placed = {"number": number, "channel": channel, "currency": "EUR", "lines": tuple(items)}
    yield orders.place, {"order_id": order, "customer_id": customer, **placed}
    yield orders.confirm, {"order_id": order}
    yield order_payments.capture_payment, {"order_id": order, "payment_id": "1", "amount": total}
    yield orders.complete, {"order_id": order}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.grown")
    parser.add_argument("folder", type=Path)
    parser.add_argument("events", type=int)
    parser.add_argument("--postgresql", metavar="URL")
    asked = parser.parse_args()
    settings = Settings(home=asked.folder, master_key=MASTER_KEY)
    if asked.postgresql:
        settings = Settings(database_url=asked.postgresql, kafka="127.0.0.1:1", master_key=MASTER_KEY)
    deployment = deploy(settings)
    begun, worked = time.perf_counter(), time.process_time()
    written = grow(deployment.store, asked.events, first=deployment.store.head())
    seconds, cpu = time.perf_counter() - begun, time.process_time() - worked
    print(f"{written:,} events in {seconds:.1f} s ({written / seconds:,.0f}/s), {cpu / written * 1e6:.1f} µs of CPU each")
    deployment.close()


if __name__ == "__main__":
    main()

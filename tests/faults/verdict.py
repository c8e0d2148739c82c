"""The verdict on a deployment: accepted, stored, delivered and projected events are the same, each once and in order."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import Select, func, select

from consumers.rebuilding.rebuild import rebuild
from infra.event_store.mapper import Stored
from infra.read_models.positions import dead_letters
from infra.routing import PARTITIONS
from projections.customers.customers import customers
from projections.sales.channel_sales import sales
from projections.sales.orders import order_rows
from tests.consumers.reading import applied, concerned, read_all
from tests.faults.books import Books, Fact
from tests.faults.deployment import KEPT, Deployment

KEY_ISSUED = "crm.api_key.issued.v1"
DAY_ENDED = "crm.calendar.day_ended.v1"
ALL_OF_IT = 10_000_000


class Figures(NamedTuple):
    """Numbers of commands, events and messages.

    Commands: `accepted`, `refused`, `tried_again` (sent again until answered) and `repeated` on purpose. Events: `stored`,
    of them `own` (the first API key and ended days, which no client sent), and `projected`, which the read models have
    reached. Messages: `delivered`, without `duplicates`.
    """

    accepted: int
    refused: int
    tried_again: int
    repeated: int
    stored: int
    own: int
    delivered: int
    duplicates: int
    projected: int
    seconds: float

    def __str__(self) -> str:
        counts = self._asdict()
        seconds = counts.pop("seconds")
        return ", ".join(f"{name} {count:,}" for name, count in counts.items()) + f", seconds {seconds:.1f}"


def verdict(deployment: Deployment, books: Books, *, lost_on_the_way: bool = False) -> Figures:
    """Wait until all read models have caught up, then compare. No client may send commands meanwhile.

    Raises AssertionError on a difference. With `lost_on_the_way` the topic must have gaps; store and read models must not.
    """
    begun = time.monotonic()
    deployment.wait_until_caught_up()
    stored = deployment.stores.store.log(0, ALL_OF_IT)
    own = check_stored(stored, books)
    delivered, duplicates = check_delivered(deployment, stored, lost_on_the_way)
    projected = check_projected(deployment, stored, books)
    accepted = len(books.facts)
    counted = (accepted, books.refused, books.tried_again, books.repeated, len(stored), own, delivered, duplicates, projected)
    return Figures(*counted, time.monotonic() - begun)


def check_stored(stored: Sequence[Stored], books: Books) -> int:
    """Each accepted command is stored once, as its answer states. Returns the number of the deployment's own events."""
    log = Counter(Fact(one.position, one.stream, one.version, one.type) for one in stored)
    keys = [fact for fact in log if fact.type == KEY_ISSUED]
    assert len(keys) == 1, f"{len(keys)} first keys"
    own = [*keys, *[fact for fact in log if fact.type == DAY_ENDED]]
    for fact in own:
        del log[fact]
    accepted = Counter(books.facts)
    assert log == accepted, _differences("stored", log, "accepted", accepted)
    versions: Counter[Any] = Counter()
    for one in stored:
        versions[one.stream] += 1
        assert one.version == versions[one.stream], f"{one.stream} has version {one.version} at position {one.position}"
    return len(own)


def check_delivered(deployment: Deployment, stored: Sequence[Stored], with_gaps: bool) -> tuple[int, int]:
    """A reader of the chain gets each event once, in order and as stored, on every partition that it concerns.

    Returns the number of these messages, and the number of duplicates.
    """
    messages = read_all(deployment.servers.kafka.bootstrap, deployment.topic)
    by_position = {one.position: one for one in stored}
    assert all(message.stored == by_position[message.stored.position] for message in messages)
    delivered = applied(messages)
    whole = delivered == concerned(deployment.stores.store)
    assert whole is not with_gaps
    once = sum(map(len, delivered.values()))
    return once, len(messages) - once


def check_projected(deployment: Deployment, stored: Sequence[Stored], books: Books) -> int:
    """Live read models are equal to rebuilt ones, and match the clients' record."""
    stores = deployment.stores
    for projection in KEPT:
        rebuilt = rebuild(projection, stores.store, stores.read_models, PARTITIONS, check=True)
        assert rebuilt.same, f"{projection.name}: live {rebuilt.live}, rebuilt {rebuilt.rebuilt}"
    assert _rows(deployment, select(func.count()).select_from(dead_letters)) == [(0,)]
    check_customers(deployment, books)
    check_orders(deployment, books)
    reached = min(deployment.completeness.up_to(projection.name) for projection in KEPT)
    return sum(one.position <= reached for one in stored)


def check_customers(deployment: Deployment, books: Books) -> None:
    rows = _rows(deployment, select(customers.c.customer_id, customers.c.version, customers.c.erased_at))
    assert {id: version for id, version, _ in rows} == {id: books.versions[id] for id in books.customers | books.erased}
    assert {id for id, _, erased_at in rows if erased_at is not None} == books.erased


def check_orders(deployment: Deployment, books: Books) -> None:
    order = order_rows.c
    rows = _rows(deployment, select(order.order_id, order.version, order.captured, order.refunded))
    ours = {(id, books.versions[id], money.captured, money.refunded) for id, money in books.orders.items()}
    assert set(rows) == ours
    assert len(rows) == len(ours)
    sums = [func.coalesce(func.sum(column), 0) for column in (sales.c.orders, sales.c.captured, sales.c.refunded)]
    [sold] = _rows(deployment, select(*sums))
    in_all = books.sums()
    assert tuple(map(int, sold)) == (len(books.orders), in_all.captured, in_all.refunded)


def _rows(deployment: Deployment, query: Select[Any]) -> list[tuple[Any, ...]]:
    with deployment.stores.read_models.reader.connect() as connection:
        return [tuple(row) for row in connection.execute(query)]


def _differences(one: str, these: Counter[Fact], other: str, those: Counter[Fact]) -> str:
    only_these, only_those = list((these - those).items())[:5], list((those - these).items())[:5]
    return f"{one} only, with how often: {only_these}; {other} only: {only_those}"

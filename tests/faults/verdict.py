"""The verdict on a deployment: accepted, stored, delivered and projected events are the same, each once and in order."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Hashable, Sequence
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any, NamedTuple, TypeVar

import msgspec
from sqlalchemy import Select, func, select

from consumers.rebuilding.rebuild import Rebuilt, rebuild_all
from infra.event_store.mapper import Stored, read_metadata
from infra.read_models.positions import dead_letters
from infra.routing import PARTITIONS
from projections.customers.customers import customers
from projections.sales.channel_sales import sales
from projections.sales.orders import order_rows
from tests.consumers.reading import applied, concerned, read_all
from tests.faults.books import Books, Fact
from tests.faults.deployment import ALL_OF_IT, KEPT, Deployment

KEY_ISSUED = "crm.api_key.issued.v1"
DAY_ENDED = "crm.calendar.day_ended.v1"
SHOWN = 5

T = TypeVar("T", bound=Hashable)


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


class Differences:
    """What is wrong, counted.

    `lost` are accepted events that are missing in the log or in the topic, `doubled` are events that no client was given an
    answer for, or that are there more than once, `reordered` are events that are out of order, `read_models` are those that
    differ from the log or from what the clients know. `details` show the first of each.
    """

    def __init__(self) -> None:
        self.lost = self.doubled = self.reordered = self.read_models = 0
        self.details: list[str] = []

    def compare(self, where: str, there: Counter[T], expected: Counter[T]) -> None:
        missing, more = expected - there, there - expected
        self.lost += missing.total()
        self.doubled += more.total()
        if missing or more:
            self.details.append(f"{where} lacks {_first(missing)}, and has too much {_first(more)}")

    def out_of_order(self, which: Sequence[str]) -> None:
        self.reordered += len(which)
        self.details += which[:SHOWN]

    def read_model(self, detail: str) -> None:
        self.read_models += 1
        self.details.append(detail)


class Different(AssertionError):
    def __init__(self, found: Differences) -> None:
        super().__init__("; ".join(found.details))
        self.found = found


def verdict(deployment: Deployment, books: Books, *, lost_on_the_way: bool = False, rebuilt: bool = True) -> Figures:
    """Wait until all read models have caught up, then compare. No client may send commands meanwhile.

    Raises Different. With `lost_on_the_way` the topic must have gaps; store and read models must not. Without `rebuilt`, which
    takes most of the time, read models are compared with the clients' record only.
    """
    begun = time.monotonic()
    deployment.wait_until_caught_up()
    found = Differences()
    stored = deployment.stores.store.log(0, ALL_OF_IT)
    own = check_stored(found, stored, books)
    delivered, duplicates = check_delivered(found, deployment, stored, lost_on_the_way)
    check_projected(found, deployment, books)
    if rebuilt:
        check_rebuilt(found, deployment)
    reached = min(deployment.completeness.up_to(projection.name) for projection in KEPT)
    projected = sum(one.position <= reached for one in stored)
    if found.details:
        raise Different(found)
    commands = (books.accepted, books.refused, books.tried_again, books.repeated)
    return Figures(*commands, len(stored), own, delivered, duplicates, projected, time.monotonic() - begun)


def check_stored(found: Differences, stored: Sequence[Stored], books: Books) -> int:
    """Each accepted command is stored once, as its answer states, and time never falls. Returns how many events no client sent.

    Days end only when they have: no clock that is set ahead ends them.
    """
    log = Counter(Fact(one.position, one.stream, one.version, one.type) for one in stored)
    keys = [fact for fact in log if fact.type == KEY_ISSUED]
    assert len(keys) == 1, f"{len(keys)} first keys"
    ended = [msgspec.json.decode(one.state)["data"]["day"] for one in stored if one.type == DAY_ENDED]
    assert all(day < datetime.now(UTC).date().isoformat() for day in ended), f"not all of these days have ended: {ended}"
    own = [*keys, *[fact for fact in log if fact.type == DAY_ENDED]]
    for fact in own:
        del log[fact]
    found.compare("the log", log, Counter(books.facts))
    again = Counter(one.position for one in stored if one.position in books.taken_back)
    found.compare("the positions of events that a restored log does not have", again, Counter())
    versions: Counter[Any] = Counter()
    for one in stored:
        versions[one.stream] += 1
        if one.version != versions[one.stream]:
            found.out_of_order([f"{one.stream} has version {one.version} at position {one.position}"])
    recorded = [read_metadata(one.state).recorded_at for one in stored]
    found.out_of_order([f"time falls from {one} to {next}" for one, next in pairwise(recorded) if next < one])
    return len(own)


def check_delivered(found: Differences, deployment: Deployment, stored: Sequence[Stored], with_gaps: bool) -> tuple[int, int]:
    """A reader of the chain gets each event once, in order and as stored, on every partition that it concerns.

    Returns the number of these messages, and the number of duplicates.
    """
    messages = read_all(deployment.servers.kafka.bootstrap, deployment.current_topic)
    by_position = {one.position: one for one in stored}
    delivered, whole = applied(messages), concerned(deployment.stores.store)
    if with_gaps:
        assert delivered != whole, "the topic has gaps"
    else:
        altered = Counter(one.stored.position for one in messages if one.stored != by_position.get(one.stored.position))
        found.compare("altered messages of the topic", altered, Counter())
        for partition, positions in whole.items():
            found.compare(f"partition {partition}", Counter(delivered[partition]), Counter(positions))
            if delivered[partition] != sorted(delivered[partition]):
                found.out_of_order([f"partition {partition} is not in order"])
    once = sum(map(len, delivered.values()))
    return once, len(messages) - once


def check_projected(found: Differences, deployment: Deployment, books: Books) -> None:
    """Live read models match the clients' record, and none has dead letters."""
    if (letters := _rows(deployment, select(func.count()).select_from(dead_letters))) != [(0,)]:
        found.read_model(f"{letters} dead letters")
    for name, rows, ours in (*_customers(deployment, books), *_orders(deployment, books)):
        if rows != ours:
            found.read_model(f"{name}: {_first(rows - ours)} are not in the clients' record, but {_first(ours - rows)} are")


def check_rebuilt(found: Differences, deployment: Deployment) -> None:
    """Live read models are equal to rebuilt ones."""
    stores = deployment.stores
    for name, built in rebuild_all(KEPT, stores.store, stores.read_models, PARTITIONS, check=True):
        if not isinstance(built, Rebuilt):
            raise built
        if not built.same:
            found.read_model(f"{name}: live {built.live}, rebuilt {built.rebuilt}")


Compared = tuple[str, Counter[Any], Counter[Any]]


def _customers(deployment: Deployment, books: Books) -> list[Compared]:
    rows = _rows(deployment, select(customers.c.customer_id, customers.c.version, customers.c.erased_at))
    versions = Counter((id, version) for id, version, _ in rows)
    erased = Counter(id for id, _, erased_at in rows if erased_at is not None)
    known = Counter((id, books.versions[id]) for id in books.customers | books.erased)
    return [("customers", versions, known), ("erased customers", erased, Counter(books.erased))]


def _orders(deployment: Deployment, books: Books) -> list[Compared]:
    order = order_rows.c
    rows = Counter(_rows(deployment, select(order.order_id, order.version, order.captured, order.refunded)))
    ours = Counter((id, books.versions[id], money.captured, money.refunded) for id, money in books.orders.items())
    sums = [func.coalesce(func.sum(column), 0) for column in (sales.c.orders, sales.c.captured, sales.c.refunded)]
    [sold] = _rows(deployment, select(*sums))
    in_all = books.sums()
    known = (len(books.orders), in_all.captured, in_all.refunded)
    return [("orders", rows, ours), ("sales", Counter([tuple(map(int, sold))]), Counter([known]))]


def _rows(deployment: Deployment, query: Select[Any]) -> list[tuple[Any, ...]]:
    with deployment.stores.read_models.reader.connect() as connection:
        return [tuple(row) for row in connection.execute(query)]


def _first(counted: Counter[Any]) -> list[tuple[Any, int]]:
    """Some of them, with how often."""
    return list(counted.items())[:SHOWN]

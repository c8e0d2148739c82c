"""One run of a batch: the streams it reads, the commit it prepares, and the outcome of each command."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from uuid import UUID

import msgspec
import pytest

from commands.sales import orders
from commands.shared.batch import Batch, Command, Learned
from commands.shared.cache import ABSENT, Cache
from commands.shared.commit import Commit, Committed, NumbersTaken, ReceiptsTaken, Stale
from commands.shared.commit import EventStore as AnyStore
from commands.shared.outcome import Outcome
from domain.customers.customer.customer import Customer
from domain.sales.order.order import Order
from domain.shared.events import Recorded
from domain.shared.ids import new_id
from infra.event_store.store import EventStore
from tests.commands.event_stores import Watched, archiving, command, erasing, opened, placing, registering, tagging

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


@pytest.fixture
def cache() -> Cache:
    return Cache(100)


@pytest.fixture
def other_store(where: str, store: EventStore) -> Iterator[EventStore]:
    """The same store on other connections."""
    other = opened(where)
    yield other
    other.close()


def run(store: AnyStore, cache: Cache, *commands: Command) -> Batch:
    batch = Batch(store, cache, NOW, commands)
    batch.run()
    return batch


def commit(store: EventStore, batch: Batch) -> Committed:
    return store.commit(Commit(new_id(), batch.events, batch.read_set(), batch.claims, batch.receipts))


def settled(store: EventStore, cache: Cache, *commands: Command) -> list[Outcome | BaseException]:
    batch = run(store, cache, *commands)
    committed = commit(store, batch)
    cache.keep(batch.kept())
    return batch.outcomes(committed)


def ends(batch: Batch) -> list[str | None]:
    """The rule of each command's refusal; None if the command was accepted."""
    outcomes = batch.outcomes(Committed(range(1, 100), 0))
    return [outcome.refusal.rule if isinstance(outcome, Outcome) and outcome.refusal else None for outcome in outcomes]


def test_the_read_set_holds_the_streams_that_were_only_read(store: EventStore, cache: Cache) -> None:
    customer, order, missing = new_id(), new_id(), new_id()
    settled(store, cache, registering(customer))
    batch = run(store, cache, placing(order, customer), tagging(missing, "vip"))
    assert batch.read_set() == {customer: 1, missing: 0}
    assert [(event.stream, event.version) for event in batch.events] == [(order, 1)]
    assert ends(batch) == [None, "not-there"]


def test_a_target_that_is_only_compared_counts_as_read(store: EventStore, cache: Cache) -> None:
    customer = new_id()
    settled(store, cache, registering(customer))
    batch = run(store, cache, tagging(customer, "vip", expected=7))
    assert batch.read_set() == {customer: 1}
    assert ends(batch) == ["version-mismatch"]


@pytest.mark.parametrize("cached", [True, False])
def test_a_batch_on_stale_streams_writes_nothing_and_names_them(
    store: EventStore, other_store: EventStore, cache: Cache, cached: bool
) -> None:
    customer, order = new_id(), new_id()
    settled(store, cache, registering(customer))
    if not cached:
        cache.take(customer)
    batch = run(store, cache, placing(order, customer, number="N-1", key="k"), registering())
    settled(other_store, Cache(1), erasing(customer))
    with pytest.raises(Stale) as stale:
        commit(store, batch)
    assert stale.value.streams == {customer: 2}
    assert store.head() == 2
    assert len(cache) == 0
    again = run(store, cache, placing(order, customer, number="N-1", key="k"), registering())
    assert ends(again) == ["customer-erased", None]
    commit(store, again)


def test_a_version_that_others_wrote_is_stale(store: EventStore, other_store: EventStore, cache: Cache) -> None:
    customer = new_id()
    settled(store, cache, registering(customer))
    batch = run(store, cache, tagging(customer, "a"), tagging(customer, "b"))
    settled(other_store, Cache(1), archiving(customer))
    with pytest.raises(Stale) as stale:
        commit(store, batch)
    assert stale.value.streams == {customer: 2}


def test_a_new_stream_that_others_created_is_stale(store: EventStore, other_store: EventStore, cache: Cache) -> None:
    customer = new_id()
    batch = run(store, cache, registering(customer))
    settled(other_store, Cache(1), registering(customer, "Someone Else"))
    with pytest.raises(Stale):
        commit(store, batch)
    assert ends(run(store, cache, registering(customer))) == ["customer-already-registered"]


def test_a_number_that_others_claimed_is_reported(store: EventStore, other_store: EventStore, cache: Cache) -> None:
    batch = run(store, cache, placing(number="N-1"), placing(number="N-2"))
    settled(other_store, Cache(1), placing(number="N-2"))
    with pytest.raises(NumbersTaken) as numbers:
        commit(store, batch)
    assert numbers.value.taken == {("order", "N-2")}
    again = Batch(store, cache, NOW, [placing(number="N-1"), placing(number="N-2")], Learned(set(numbers.value.taken)))
    again.run()
    assert ends(again) == [None, "number-taken"]


def test_a_receipt_that_others_wrote_first_is_detected(store: EventStore, other_store: EventStore, cache: Cache) -> None:
    batch = run(store, cache, registering(key="k"))
    settled(other_store, Cache(1), registering(key="k"))
    with pytest.raises(ReceiptsTaken):
        commit(store, batch)


def test_the_same_batch_again_returns_the_first_result(store: EventStore, cache: Cache) -> None:
    batch = run(store, cache, registering(), registering())
    sent = Commit(new_id(), batch.events, batch.read_set(), batch.claims, batch.receipts)
    first = store.commit(sent)
    settled(store, cache, registering())
    again = store.commit(sent)
    assert (list(again.positions), again.head) == (list(first.positions), first.head) == ([1, 2], 2)
    assert store.head() == 3


def test_a_batch_without_events_can_be_sent_again_too(store: EventStore, cache: Cache) -> None:
    sent = Commit(new_id(), (), {new_id(): 0})
    assert [list(store.commit(sent).positions) for _ in range(2)] == [[], []]


def test_the_number_of_a_refused_command_stays_free(store: EventStore, cache: Cache) -> None:
    batch = run(store, cache, placing(customer_id=new_id(), number="N-1"), placing(number="N-1"))
    assert ends(batch) == ["customer-unknown", None]
    assert [claim.number for claim in batch.claims] == ["N-1"]


def test_an_id_of_another_kind_is_not_there(store: EventStore, cache: Cache) -> None:
    customer, order = new_id(), new_id()
    settled(store, cache, registering(customer), placing(order))
    for _ in range(2):
        batch = run(store, cache, command(orders.confirm, order_id=customer), tagging(order, "vip"), registering(order))
        assert ends(batch) == ["not-there"] * 3
        cache = Cache(1)


def test_aggregates_of_a_batch_that_was_not_committed_are_not_cached(store: EventStore, cache: Cache) -> None:
    customer = new_id()
    settled(store, cache, registering(customer))
    assert len(cache) == 1
    run(store, cache, archiving(customer))
    assert cache.take(customer) is None


def test_what_is_not_there_is_looked_for_once(store: EventStore, cache: Cache) -> None:
    class Asked(Watched):
        looked_for = 0

        def streams(self, ids: Iterable[UUID]) -> Mapping[UUID, Sequence[Recorded]]:
            self.looked_for += 1
            return super().streams(ids)

    asked = Asked(store)

    def looks() -> int:
        before, fresh = asked.looked_for, new_id()
        with_size = registering(fresh, attributes={"size": "small"})
        batch = run(asked, cache, msgspec.structs.replace(with_size, target=fresh, fresh=True))
        commit(store, batch)
        cache.keep(batch.kept())
        return asked.looked_for - before

    assert [looks() for _ in range(3)] == [1, 0, 0]


def test_what_others_create_meanwhile_is_stale_if_it_was_not_there(
    store: EventStore, other_store: EventStore, cache: Cache
) -> None:
    customer = new_id()
    settled(store, cache, placing(customer_id=customer))
    settled(other_store, Cache(1), registering(customer))
    refused = run(store, cache, placing(customer_id=customer))
    assert ends(refused) == ["customer-unknown"]
    with pytest.raises(Stale):
        commit(store, refused)
    assert ends(run(store, cache, placing(customer_id=customer))) == [None]


def test_an_id_that_was_not_there_as_one_kind_can_become_another(store: EventStore, cache: Cache) -> None:
    id = new_id()
    refused = run(store, cache, tagging(id, "vip"))
    assert ends(refused) == ["not-there"]
    commit(store, refused)
    cache.keep(refused.kept())
    placed = run(store, cache, placing(id))
    assert ends(placed) == [None]
    commit(store, placed)


def test_aggregates_that_are_not_there_push_no_others_out() -> None:
    cache, customers = Cache(5000), [Customer(new_id()) for _ in range(10)]
    for customer in customers:
        customer.version = 1
    cache.keep(customers)
    absent = [Customer(new_id()) for _ in range(20_000)]
    cache.keep(absent)
    assert len(cache) == 10
    assert sum(cache.take(one.id) is not None for one in absent) == ABSENT
    assert all(cache.take(one.id) is one for one in customers)


def test_the_least_recently_used_aggregates_are_dropped_first(cache: Cache) -> None:
    small, ids = Cache(2), [UUID(int=number) for number in range(3)]
    customers = [Customer(id) for id in ids]
    small.keep(customers[:2])
    small.keep([customers[0]])
    small.take(ids[0])
    small.keep([customers[0], Order(ids[2])])
    assert [id for id in ids if small.take(id)] == [ids[0], ids[2]]

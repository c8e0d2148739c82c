"""A fact of another system is decided once, also if it was no news, by whichever worker and after any time."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

import msgspec

from commands.shared import annotating
from commands.shared.batch import Command
from commands.shared.commit import source_fact
from commands.shared.executor import Executor
from domain.customers.customer.customer import Customer
from domain.shared.events import Source
from domain.shared.ids import new_id
from infra.event_store.rows import KEPT
from infra.event_store.store import EventStore
from tests.commands.event_stores import (
    Watched,
    accepted,
    command,
    done,
    one,
    opened,
    refusal,
    registering,
    running,
    tagging,
    together,
    types,
    worker,
)


def stated(command: Command, event: str) -> Command:
    """The command, for the event of a shop that has this id."""
    assert command.target is not None
    source = Source(system="shop", event_id=event)
    command.context = msgspec.structs.replace(command.context, source=source)
    command.decides = source_fact(source, command.target)
    return command


def untagging(customer_id: UUID, *tags: str) -> Command:
    return command(annotating.untag, kind=Customer, id=customer_id, tags=tags, target=customer_id)


def vip(executor: Executor) -> UUID:
    """A customer with the tag vip, and the shop's event e1 that gave it too, and was no news."""
    customer = new_id()
    done(*together(executor, registering(customer), tagging(customer, "vip")))
    assert not one(executor, stated(tagging(customer, "vip"), "e1")).changed
    return customer


def test_a_fact_that_was_no_news_stays_none_by_any_worker_and_after_a_week(where: str, store: EventStore) -> None:
    with running(store) as executor, worker(where) as other:
        customer = vip(executor)
        one(other, untagging(customer, "vip"))
        for kind in KEPT:
            store.prune(kind, store.head() + 1, 0, 1_000_000)
        for each in (executor, other):
            again = one(each, stated(tagging(customer, "vip"), "e1"))
            assert (again.id, again.version, again.changed, accepted(again)) == (customer, 3, False, True)
        assert one(other, stated(tagging(customer, "vip"), "e2")).changed, "another event of the shop is news"
    assert types(store, customer) == ["registered", "tagged", "untagged", "tagged"]


def test_a_fact_is_remembered_for_the_resource_that_it_is_about(executor: Executor) -> None:
    vip(executor)
    other = new_id()
    one(executor, registering(other))
    assert one(executor, stated(tagging(other, "vip"), "e1")).changed


def test_facts_in_one_commit_are_decided_in_order(executor: Executor, store: EventStore) -> None:
    customer = new_id()
    one(executor, registering(customer))
    facts = [tagging(customer, "vip"), stated(tagging(customer, "vip"), "e1"), untagging(customer, "vip")]
    ends = done(*together(executor, *facts, stated(tagging(customer, "vip"), "e1")))
    assert [end.changed for end in ends] == [True, False, True, False]
    assert types(store, customer) == ["registered", "tagged", "untagged"]


def test_a_refused_fact_is_not_decided(executor: Executor) -> None:
    customer = new_id()
    assert refusal(one(executor, stated(tagging(customer, "vip"), "e1"))) == "not-there"
    one(executor, registering(customer))
    assert one(executor, stated(tagging(customer, "vip"), "e1")).changed


def test_a_fact_with_news_is_remembered_by_its_event_alone(store: EventStore) -> None:
    watched = Watched(store)
    with running(watched) as executor:
        customer = new_id()
        one(executor, registering(customer))
        for event in ("e1", "e1", "e2", "e2"):
            one(executor, stated(tagging(customer, "vip"), event))
    assert [len(commit.receipts) for commit in watched.commits] == [0, 0, 0, 1, 0]


class Overtaken(Watched):
    """Just before its first receipts are asked for, another worker decides."""

    def __init__(self, store: EventStore, first: Callable[[], object]) -> None:
        super().__init__(store)
        self.first: Callable[[], object] | None = first

    def receipts(self, keys):  # type: ignore[no-untyped-def]
        if first := self.first:
            self.first = None
            first()
        return super().receipts(keys)


def test_two_workers_decide_a_fact_once(where: str, store: EventStore) -> None:
    with worker(where) as other:
        customer = new_id()
        done(*together(other, registering(customer), tagging(customer, "vip")))

        def first() -> None:
            one(other, stated(tagging(customer, "vip"), "e1"))
            one(other, untagging(customer, "vip"))

        mine = opened(where)
        with running(Overtaken(mine, first)) as executor:
            assert not one(executor, stated(tagging(customer, "vip"), "e1")).changed
        mine.close()
    assert types(store, customer) == ["registered", "tagged", "untagged"]

"""Many commands in one durable commit: accepted events are stored once and in order; no command affects another one."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from commands.customers import customers
from commands.sales import orders
from commands.shared.executor import Executor
from commands.shared.outcome import Outcome
from commands.shared.precondition import exactly
from commands.shared.unit_of_work import UnitOfWork
from domain.customers.customer.customer import Customer
from domain.customers.customer.events import ANNOTATIONS
from domain.shared.ids import new_id
from infra.event_store.mapper import Mapper, UnknownEventType
from infra.event_store.store import EventStore
from infra.event_store.vault import Vault
from tests.commands.event_stores import (
    EVENTS,
    MASTER_KEY,
    Watched,
    accepted,
    archiving,
    command,
    done,
    one,
    opened,
    placing,
    recorder,
    refusal,
    registering,
    restoring,
    running,
    tagging,
    tags,
    together,
    types,
)

Tagged = ANNOTATIONS.tagged

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


def positions(outcomes: list[Outcome]) -> list[int]:
    return [outcome.position for outcome in outcomes]


# Group commit


def test_many_commands_share_few_commits_and_are_stored_in_the_order_of_submission(store: EventStore) -> None:
    watched = Watched(store)
    commands = [registering() for _ in range(600)]
    with running(watched) as executor:
        outcomes = done(*together(executor, *commands))
    assert len(watched.commits) == 3
    assert positions(outcomes) == list(range(1, 601))
    assert [stored.stream for stored in store.log(0, 1000)] == [command.facts["customer_id"] for command in commands]


def test_commands_on_one_aggregate_in_one_batch_see_each_other(store: EventStore, executor: Executor) -> None:
    id = new_id()
    outcomes = done(*together(executor, registering(id), archiving(id), archiving(id), restoring(id), tagging(id, "vip")))
    assert [outcome.version for outcome in outcomes] == [1, 2, 2, 3, 4]
    assert [outcome.changed for outcome in outcomes] == [True, True, False, True, True]
    assert types(store, id) == ["registered", "archived", "restored", "tagged"]


def test_callers_on_an_event_loop_are_answered(store: EventStore, executor: Executor) -> None:
    async def ask() -> list[Outcome]:
        return await asyncio.gather(*(executor.run(registering()) for _ in range(100)))

    assert sorted(positions(asyncio.run(ask()))) == list(range(1, 101))


def test_a_repeat_returns_the_head_of_the_log(executor: Executor) -> None:
    id = new_id()
    done(*together(executor, registering(id), registering()))
    again = one(executor, registering(id))
    assert (again.changed, again.version, again.position) == (False, 1, 2)


# Refusals


def test_the_events_of_a_refused_command_are_discarded(store: EventStore, executor: Executor) -> None:
    first, second = new_id(), new_id()

    def tag_both(work: UnitOfWork, *, missing: bool) -> Customer:
        one = work.existing(Customer, first)
        one.tag(work.context, ("doomed",))
        work.claim("order", "N-1", first)
        return work.existing(Customer, new_id()) if missing else one

    outcomes = done(
        *together(
            executor,
            registering(first),
            tagging(first, "early"),
            command(tag_both, missing=True),
            tagging(first, "late"),
            placing(second, number="N-1"),
        )
    )
    assert [accepted(outcome) for outcome in outcomes] == [True, True, False, True, True]
    assert [outcome.version for outcome in outcomes] == [1, 2, 0, 3, 1]
    assert tags(store, first) == ["early", "late"]


def test_the_events_of_a_failed_command_on_an_aggregate_from_the_store_are_discarded_too(store: EventStore) -> None:
    id = new_id()

    def archive_and_fail(work: UnitOfWork) -> Customer:
        work.existing(Customer, id).archive(work.context)
        raise ZeroDivisionError

    with running(store) as executor:
        done(*together(executor, registering(id), tagging(id, "a")))
        failed, tagged, restored = together(executor, command(archive_and_fail), tagging(id, "b"), restoring(id))
        with pytest.raises(ZeroDivisionError):
            failed.result(20)
        assert [outcome.changed for outcome in done(tagged, restored)] == [True, False]
    assert types(store, id) == ["registered", "tagged", "tagged"]


def test_a_command_that_breaks_the_commit_fails_alone(store: EventStore, executor: Executor) -> None:
    def misspell(work: UnitOfWork, *, id: int) -> Customer:
        customer = work.load(Customer, new_id())
        customer.register(work.context, kind="person", name="Ada")
        [(event, _)] = customer.pending
        object.__setattr__(event, "name", object())
        return customer

    good, bad, also_good = together(executor, registering(), command(misspell, id=1), registering())
    assert all(accepted(outcome) for outcome in done(good, also_good))
    with pytest.raises(TypeError):
        bad.result(20)
    assert store.head() == 2
    assert accepted(one(executor, registering()))


def test_a_stream_that_cannot_be_read_fails_only_the_command_on_it(where: str, store: EventStore) -> None:
    id = new_id()
    with running(store) as executor:
        done(*together(executor, registering(id), tagging(id, "new")))
    known = [event for event in EVENTS if event is not Tagged]
    older = EventStore(recorder(where), Mapper(known), Vault(MASTER_KEY))
    with running(older) as executor:
        unreadable, fine = together(executor, archiving(id), registering())
        with pytest.raises(UnknownEventType):
            unreadable.result(20)
        assert accepted(done(fine)[0])
    older.close()


# If-Match


def test_an_outdated_version_is_refused_and_the_current_one_accepted(store: EventStore, executor: Executor) -> None:
    id = new_id()
    one(executor, registering(id))
    outcomes = done(
        *together(executor, tagging(id, "a", expected=1), tagging(id, "b", expected=1), tagging(id, "c", expected=2))
    )
    assert [accepted(outcome) for outcome in outcomes] == [True, False, True]
    assert refusal(outcomes[1]) == "version-mismatch"
    assert tags(store, id) == ["a", "c"]


def test_the_expected_version_is_the_targets_even_if_the_command_uses_other_aggregates(executor: Executor) -> None:
    customer, order = new_id(), new_id()
    done(*together(executor, registering(customer), placing(order)))
    linking = command(orders.set_customer, order_id=order, customer_id=customer, target=order, expected=2)
    assert refusal(one(executor, linking)) == "version-mismatch"
    linking.expected = exactly(1)
    assert accepted(one(executor, linking))


# Numbers


def test_a_taken_number_refuses_only_the_commands_that_give_it(executor: Executor) -> None:
    assert accepted(one(executor, placing(number="N-1")))
    outcomes = done(
        *together(executor, placing(), placing(number="N-1"), placing(number="N-2"), placing(number="N-2"), placing())
    )
    assert [accepted(outcome) for outcome in outcomes] == [True, False, True, False, True]
    assert {refusal(outcomes[1]), refusal(outcomes[3])} == {"number-taken"}


def test_a_generated_number_is_never_one_that_was_given(store: EventStore, executor: Executor) -> None:
    done(*together(executor, *(placing(number=str(number)) for number in range(1, 200))))
    drawn = new_id()
    assert accepted(one(executor, placing(drawn)))
    [placed] = store.streams([drawn])[drawn]
    assert int(placed.event.number) >= 200  # type: ignore[attr-defined]


# Cache and clock


def test_the_cache_keeps_no_more_than_its_limit_and_dropping_changes_no_outcome(store: EventStore) -> None:
    ids = [new_id() for _ in range(40)]
    with running(store, cache=10) as executor:
        done(*together(executor, *map(registering, ids)))
        assert len(executor._cache) == 10
        for _ in range(2):
            outcomes = [one(executor, archiving(id)) for id in ids]
        assert len(executor._cache) == 10
        assert not any(outcome.changed for outcome in outcomes)
    assert all(types(store, id) == ["registered", "archived"] for id in ids)


def ticking(*times: datetime) -> Callable[[], datetime]:
    left = list(times)
    return lambda: left.pop(0) if len(left) > 1 else left[0]


def test_recorded_times_never_go_back_even_if_the_clock_does(store: EventStore) -> None:
    with running(
        store, ticking(NOON, NOON - timedelta(hours=1), NOON - timedelta(hours=2), NOON + timedelta(hours=1))
    ) as executor:
        for _ in range(4):
            one(executor, registering())
    assert recorded_times(store) == [NOON, NOON, NOON, NOON + timedelta(hours=1)]


def test_no_event_is_recorded_earlier_than_one_of_a_worker_whose_clock_is_ahead(where: str, store: EventStore) -> None:
    id, order = new_id(), new_id()
    with running(store, ticking(NOON)) as ahead:
        one(ahead, registering(id))
    behind_store = opened(where)
    with running(behind_store, ticking(NOON - timedelta(hours=1))) as behind:
        assert accepted(one(behind, command(customers.archive, customer_id=id)))
        assert accepted(one(behind, placing(order)))
    behind_store.close()
    assert recorded_times(store) == [NOON, NOON, NOON]


def test_facts_occur_at_the_time_of_a_clock_that_was_set_right_and_in_order_if_it_was_a_little_behind(
    where: str, store: EventStore
) -> None:
    id, second, days = new_id(), timedelta(seconds=1), timedelta(days=9)
    with running(store, ticking(NOON + days, NOON, NOON - second, NOON + second)) as executor:
        one(executor, registering(id))
        for tag in "abc":
            one(executor, tagging(id, tag))
    again = opened(where)
    with running(again, ticking(NOON)) as executor:
        one(executor, tagging(id, "d"))
    again.close()
    found = [recorded.metadata for recorded in store.streams([id])[id]]
    assert [one.occurred_at for one in found] == [NOON + days, NOON, NOON, NOON + second, NOON]
    assert [one.recorded_at for one in found] == [NOON + days] * 5


def recorded_times(store: EventStore) -> list[datetime]:
    return [recorded.metadata.recorded_at for recorded in store.decode(store.log(0, 100))]


def test_an_unknown_order_id_can_become_a_customer_in_the_same_batch(executor: Executor) -> None:
    id = new_id()
    outcomes = done(
        *together(executor, command(orders.confirm, order_id=id), registering(id), command(orders.confirm, order_id=id))
    )
    assert [accepted(outcome) for outcome in outcomes] == [False, True, False]
    assert refusal(one(executor, command(orders.confirm, order_id=id))) == "not-there"

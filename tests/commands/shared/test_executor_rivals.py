"""Several workers on one store: each has its cache and its connections, and none of them answers from a stale cache."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest

from commands.sales import orders
from commands.shared.executor import Executor
from commands.shared.precondition import Precondition
from domain.shared.ids import new_id
from infra.event_store.store import EventStore
from tests.commands.event_stores import (
    accepted,
    archiving,
    command,
    done,
    erasing,
    one,
    placing,
    refusal,
    registering,
    restoring,
    tagging,
    tags,
    together,
    types,
    worker,
)

ROUNDS = 40
ROOT = Path(__file__).parents[3]


@pytest.fixture
def rival(where: str, store: EventStore) -> Iterator[Executor]:
    with worker(where) as rival:
        yield rival


def known_to_both(executor: Executor, rival: Executor) -> UUID:
    """A customer that both workers have in their caches."""
    id = new_id()
    one(executor, registering(id))
    one(rival, tagging(id, "known"))
    one(executor, tagging(id, "well-known"))
    one(rival, tagging(id, "known"))
    return id


def test_no_order_is_placed_for_a_customer_that_another_worker_erased(
    store: EventStore, executor: Executor, rival: Executor
) -> None:
    chance, landed = random.Random(5), 0
    for _ in range(ROUNDS):
        customer = known_to_both(executor, rival)
        before = [placing(customer_id=customer) for _ in range(chance.randrange(4))]
        placed = [rival.submit(order) for order in before]
        erased = executor.submit(erasing(customer))
        placed += [rival.submit(placing(customer_id=customer)) for _ in range(3)]
        [end] = done(erased)
        assert accepted(end)
        for outcome in done(*placed):
            assert outcome.position < end.position if accepted(outcome) else refusal(outcome) == "customer-erased"
            landed += accepted(outcome)
        assert refusal(one(rival, placing(customer_id=customer))) == "customer-erased"
    assert len(store.log(0, 1000)) == 4 * ROUNDS + landed


def test_a_command_is_not_a_repeat_if_another_worker_has_changed_the_state_back(
    store: EventStore, executor: Executor, rival: Executor
) -> None:
    id = known_to_both(executor, rival)
    for _ in range(5):
        assert one(executor, archiving(id)).changed
        assert one(rival, restoring(id)).changed
    assert not one(executor, restoring(id)).changed
    assert types(store, id)[-10:] == ["archived", "restored"] * 5


def test_a_command_is_accepted_once_another_worker_has_removed_the_reason_of_its_refusal(
    executor: Executor, rival: Executor
) -> None:
    order = new_id()
    one(executor, placing(order))
    assert accepted(one(rival, command(orders.cancel, order_id=order)))
    assert refusal(one(executor, command(orders.confirm, order_id=order))) == "order-is-cancelled"
    assert accepted(one(rival, command(orders.reopen, order_id=order)))
    assert accepted(one(executor, command(orders.confirm, order_id=order)))


def test_an_unknown_customer_is_known_once_another_worker_registered_them(executor: Executor, rival: Executor) -> None:
    id = new_id()
    assert refusal(one(rival, tagging(id, "vip"))) == "not-there"
    one(executor, registering(id))
    assert accepted(one(rival, tagging(id, "vip")))


def test_an_outdated_version_is_refused_even_if_the_cache_still_has_it(executor: Executor, rival: Executor) -> None:
    id = known_to_both(executor, rival)
    version = one(executor, tagging(id, "first")).version
    assert refusal(one(rival, tagging(id, "second", expected=version - 1))) == "version-mismatch"
    assert accepted(one(executor, tagging(id, "third", expected=version)))


def test_the_current_version_is_accepted_even_if_the_cache_has_an_older_one(executor: Executor, rival: Executor) -> None:
    id = known_to_both(executor, rival)
    version = one(executor, tagging(id, "first")).version
    assert accepted(one(rival, tagging(id, "second", expected=version)))


def test_of_several_commands_that_only_create_one_does(store: EventStore, executor: Executor, rival: Executor) -> None:
    for _ in range(20):
        id = new_id()
        creating = [registering(id, name=f"Ada {number}") for number in range(6)]
        for one_of_them in creating:
            one_of_them.target, one_of_them.expected = id, Precondition(none_of="*")
        outcomes = done(*(any_of.submit(each) for any_of, each in zip((executor, rival) * 3, creating, strict=True)))
        assert [refusal(outcome) for outcome in outcomes if outcome.refusal] == ["version-mismatch"] * 5
        assert store.version(id) == 1


def test_a_command_on_any_version_finds_what_another_worker_created(executor: Executor, rival: Executor) -> None:
    id = new_id()
    changing = tagging(id, "vip")
    changing.expected = Precondition(one_of="*")
    assert refusal(one(rival, changing)) == "version-mismatch"
    one(executor, registering(id))
    assert accepted(one(rival, changing))


def test_generated_numbers_are_unique(store: EventStore, executor: Executor, rival: Executor) -> None:
    asked = [worker.submit(placing()) for _ in range(150) for worker in (executor, rival)]
    assert all(accepted(outcome) for outcome in done(*asked))
    numbers = [recorded.event.number for recorded in store.decode(store.log(0, 1000))]  # type: ignore[attr-defined]
    assert len(set(numbers)) == 300


def test_a_number_asked_for_by_two_workers_goes_to_one(executor: Executor, rival: Executor) -> None:
    for round in range(20):
        number = f"N-{round}"
        asked = [worker.submit(placing(number=number)) for worker in (executor, rival)]
        bystanders = [worker.submit(placing()) for worker in (executor, rival)]
        assert sorted(map(accepted, done(*asked))) == [False, True]
        assert all(map(accepted, done(*bystanders)))


def test_all_accepted_commands_of_rivals_on_the_same_customers_are_stored_once(
    store: EventStore, executor: Executor, rival: Executor
) -> None:
    ids = [new_id() for _ in range(50)]
    done(*together(executor, *map(registering, ids)))
    chance = random.Random(7)
    sent: dict[UUID, list[str]] = {id: [] for id in ids}
    asked = []
    for number in range(600):
        id, who = chance.choice(ids), chance.choice((executor, rival))
        sent[id].append(f"t-{number}")
        asked.append(who.submit(tagging(id, f"t-{number}")))
    outcomes = done(*asked)
    assert all(map(accepted, outcomes))
    assert len({outcome.position for outcome in outcomes}) == 600
    for id in ids:
        assert sorted(tags(store, id)) == sorted(sent[id])
        assert types(store, id)[0] == "registered"


def test_all_accepted_commands_of_a_rival_in_another_process_are_stored_once(
    where: str, store: EventStore, executor: Executor
) -> None:
    ids = [new_id() for _ in range(50)]
    done(*together(executor, *map(registering, ids)))
    arguments = [sys.executable, "-m", "tests.commands.shared.rival", where, "theirs", *(str(id) for id in ids * 4)]
    with subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
        assert process.stdout
        assert process.stdout.readline() == "ready\n"
        process.stdin.close()  # type: ignore[union-attr]
        ours = [executor.submit(tagging(id, f"ours-{number}")) for number, id in enumerate(ids * 4)]
        assert all(map(accepted, done(*ours)))
        theirs = json.loads(process.stdout.read())
    assert len(theirs) == 200
    stored = [tag for id in ids for tag in tags(store, id)]
    assert sorted(stored) == sorted([f"ours-{number}" for number in range(200)] + theirs)
    assert all(types(store, id) for id in ids)

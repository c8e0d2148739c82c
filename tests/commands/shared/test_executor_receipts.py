"""An idempotency key runs its command only once, even if it is sent several times and through several workers."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from commands.sales import orders
from commands.shared.executor import Executor
from commands.shared.outcome import Outcome
from domain.shared.ids import new_id
from infra.event_store.store import EventStore
from tests.commands.event_stores import (
    Watched,
    accepted,
    command,
    done,
    one,
    opened,
    placing,
    refusal,
    registering,
    running,
    tagging,
    tags,
    together,
    types,
    worker,
)


@pytest.fixture
def other(where: str, store: EventStore) -> Iterator[Executor]:
    """Another worker on the same store."""
    with worker(where) as other:
        yield other


def answer(outcome: Outcome) -> tuple[object, ...]:
    reason = (outcome.refusal.rule, outcome.refusal.detail, outcome.refusal.facts) if outcome.refusal else None
    return outcome.id, outcome.version, outcome.position, outcome.created, outcome.changed, reason


def test_the_same_request_again_gives_the_first_answer(executor: Executor, other: Executor) -> None:
    first = one(executor, registering(key="k", body="Ada"))
    one(executor, registering())
    assert accepted(first)
    assert answer(one(executor, registering(key="k", body="Ada"))) == answer(first)
    assert answer(one(other, registering(key="k", body="Ada"))) == answer(first)


def test_the_answer_outlives_a_restart(where: str) -> None:
    with worker(where) as before:
        first = one(before, placing(key="k"))
    with worker(where) as after:
        assert answer(one(after, placing(key="k"))) == answer(first)


def test_the_same_key_with_another_body_is_refused(executor: Executor, other: Executor) -> None:
    one(executor, registering(key="k", body="Ada"))
    assert refusal(one(executor, registering(key="k", body="Bob"))) == "key-reused"
    assert refusal(one(other, registering(key="k", body="Bob"))) == "key-reused"


def test_a_request_that_comes_twice_in_one_batch_runs_once(store: EventStore, executor: Executor) -> None:
    first, again, other_body = done(
        *together(executor, registering(key="k"), registering(key="k"), registering(key="k", body="else"))
    )
    assert answer(first) == answer(again)
    assert refusal(other_body) == "key-reused"
    assert store.head() == 1


def test_a_refusal_by_a_rule_is_kept(executor: Executor, other: Executor) -> None:
    order = new_id()
    done(*together(executor, placing(order), command(orders.cancel, order_id=order)))
    refused = one(executor, command(orders.complete, order_id=order, key="k"))
    one(executor, command(orders.reopen, order_id=order))
    assert answer(one(executor, command(orders.complete, order_id=order, key="k"))) == answer(refused)
    assert answer(one(other, command(orders.complete, order_id=order, key="k"))) == answer(refused)


def test_a_refusal_that_the_caller_can_correct_is_not_kept(store: EventStore, executor: Executor) -> None:
    missing = new_id()
    assert refusal(one(executor, tagging(missing, "vip", key="unknown"))) == "not-there"
    one(executor, registering(missing))
    assert refusal(one(executor, tagging(missing, "vip", key="overtaken", expected=9))) == "version-mismatch"
    assert refusal(one(executor, tagging(missing, "", key="malformed"))) == "malformed"
    for key in ("unknown", "overtaken", "malformed"):
        assert accepted(one(executor, tagging(missing, key, key=key, body="corrected")))
    assert tags(store, missing) == ["unknown", "overtaken", "malformed"]


def test_a_refusal_that_the_caller_can_correct_is_not_kept_within_a_batch(executor: Executor) -> None:
    id = new_id()
    outcomes = done(
        *together(
            executor, tagging(id, "vip", key="k"), registering(id), tagging(id, "vip", key="k"), tagging(id, "vip", key="k")
        )
    )
    assert [accepted(outcome) for outcome in outcomes] == [False, True, True, True]
    assert answer(outcomes[2]) == answer(outcomes[3])


def test_a_request_sent_to_two_workers_at_the_same_time_runs_once(
    store: EventStore, executor: Executor, other: Executor
) -> None:
    # Each request has another new customer id, so that only the receipt shows that they are the same request.
    for round in range(25):
        key = f"k-{round}"
        ours, theirs = executor.submit(registering(key=key)), other.submit(registering(key=key))
        assert answer(*done(ours)) == answer(*done(theirs))
    assert len(store.log(0, 100)) == 25


def test_a_request_on_one_aggregate_sent_to_two_workers_runs_once(
    store: EventStore, executor: Executor, other: Executor
) -> None:
    id = new_id()
    one(executor, registering(id))
    for round in range(25):
        asked = [worker.submit(tagging(id, f"t-{round}", key=f"k-{round}")) for worker in (executor, other)]
        first, second = map(answer, done(*asked))
        assert first == second
    assert tags(store, id) == [f"t-{round}" for round in range(25)]


def test_a_refusal_keeps_its_receipt_without_an_event(where: str, store: EventStore) -> None:
    order = new_id()
    with running(store) as executor:
        done(*together(executor, placing(order), command(orders.cancel, order_id=order)))
    watched = Watched(store)
    with running(watched) as executor:
        assert refusal(one(executor, command(orders.complete, order_id=order, key="k"))) == "order-is-cancelled"
    [commit] = watched.commits
    assert (len(commit.events), len(commit.receipts)) == (0, 1)
    later = opened(where)
    assert [kept.position for kept in later.receipts([commit.receipts[0].key]).values()] == [store.head()]
    later.close()
    assert types(store, order) == ["placed", "cancelled"]

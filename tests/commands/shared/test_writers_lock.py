"""Two writers on PostgreSQL, one of them stopped between the lock and its commit: the other sees what it has committed."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest

from commands.shared.commit import Committed
from commands.shared.executor import Executor
from infra.event_store.postgres import PostgresRecorder
from infra.event_store.rows import CommitRows
from tests.commands.customers.test_duplicates import asking, candidates
from tests.commands.event_stores import (
    accepted,
    done,
    erasing,
    opened,
    placing,
    refusal,
    running,
    tagging,
    types,
    worker,
)
from tests.commands.shared.test_executor_rivals import known_to_both
from tests.waiting import wait_until

pytestmark = pytest.mark.servers

WAITING = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted AND pid <> pg_backend_pid()"


class Stopped(PostgresRecorder):
    """Stops with the lock once, when it has written everything but the COMMIT, until it may go on."""

    stops = False

    def __init__(self, url: str) -> None:
        super().__init__(url, idle_timeout=30.0)
        self.stopped, self.go_on = threading.Event(), threading.Event()

    def _write(self, connection: Any, rows: CommitRows, committed: Committed) -> None:
        super()._write(connection, rows, committed)
        if self.stops:
            self.stops = False
            self.stopped.set()
            self.go_on.wait(20)


@pytest.fixture
def first(database_url: str) -> Iterator[tuple[Executor, Stopped]]:
    engine = Stopped(database_url)
    store = opened(database_url, engine)
    with running(store) as executor:
        yield executor, engine
    store.close()


@contextmanager
def second_waits(url: str, engine: Stopped) -> Iterator[None]:
    """In the block, the second writer sends a commit. At its end the first one goes on, once the second waits for the lock."""
    assert engine.stopped.wait(20)
    yield
    with psycopg.connect(url, autocommit=True) as other:
        wait_until(lambda: other.execute(WAITING).fetchone() == (1,), "the second writer waits for the lock")
    engine.go_on.set()


def test_an_order_does_not_land_on_a_customer_whose_erasure_is_being_committed(
    database_url: str, first: tuple[Executor, Stopped]
) -> None:
    executor, engine = first
    with worker(database_url) as rival:
        id = known_to_both(executor, rival)
        engine.stops = True
        erasure = executor.submit(erasing(id))
        with second_waits(database_url, engine):
            order = rival.submit(placing(customer_id=id))
        erased, placed = done(erasure, order)
    assert accepted(erased)
    assert refusal(placed) == "customer-erased"


def test_the_second_of_two_twins_finds_the_first_that_is_being_committed(
    database_url: str, first: tuple[Executor, Stopped]
) -> None:
    executor, engine = first
    with worker(database_url) as rival:
        engine.stops = True
        registration = executor.submit(asking())
        with second_waits(database_url, engine):
            twin = rival.submit(asking())
        registered, refused = done(registration, twin)
    assert accepted(registered)
    assert candidates(refused) == [registered.id]


def test_two_changes_of_one_customer_get_two_versions_and_positions_that_rise_with_them(
    database_url: str, first: tuple[Executor, Stopped]
) -> None:
    executor, engine = first
    with worker(database_url) as rival:
        id = known_to_both(executor, rival)
        engine.stops = True
        before = executor.submit(tagging(id, "first"))
        with second_waits(database_url, engine):
            after = rival.submit(tagging(id, "second"))
        earlier, later = done(before, after)
    assert (earlier.version, later.version) == (4, 5)
    assert earlier.position < later.position
    store = opened(database_url)
    assert len(types(store, id)) == 5
    store.close()

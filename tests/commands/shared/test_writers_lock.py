"""Two writers on PostgreSQL, one of them stopped between the lock and its commit: the other sees what it has committed."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any, NamedTuple

import psycopg
import pytest

from commands.shared.batch import Command
from commands.shared.commit import Committed
from commands.shared.executor import Executor
from commands.shared.outcome import Outcome
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


class Writers(NamedTuple):
    """Two writers, of which the first can be stopped."""

    url: str
    engine: Stopped
    first: Executor
    second: Executor

    def meet(self, before: Command, after: Command) -> list[Outcome]:
        """The outcomes. The first writer is stopped in its commit until the second one waits for the lock."""
        self.engine.stops = True
        earlier = self.first.submit(before)
        assert self.engine.stopped.wait(20)
        later = self.second.submit(after)
        with psycopg.connect(self.url, autocommit=True) as other:
            wait_until(lambda: other.execute(WAITING).fetchone() == (1,), "the second writer waits for the lock")
        self.engine.go_on.set()
        return done(earlier, later)


@pytest.fixture
def writers(recording_database_url: str) -> Iterator[Writers]:
    engine = Stopped(recording_database_url)
    store = opened(recording_database_url, engine)
    with running(store) as first, worker(recording_database_url) as second:
        yield Writers(recording_database_url, engine, first, second)
    store.close()


def test_an_order_does_not_land_on_a_customer_whose_erasure_is_being_committed(writers: Writers) -> None:
    id = known_to_both(writers.first, writers.second)
    erased, placed = writers.meet(erasing(id), placing(customer_id=id))
    assert accepted(erased)
    assert refusal(placed) == "customer-erased"


def test_the_second_of_two_twins_finds_the_first_that_is_being_committed(writers: Writers) -> None:
    registered, refused = writers.meet(asking(), asking())
    assert accepted(registered)
    assert candidates(refused) == [registered.id]


def test_two_changes_of_one_customer_get_two_versions_and_positions_that_rise_with_them(writers: Writers) -> None:
    id = known_to_both(writers.first, writers.second)
    earlier, later = writers.meet(tagging(id, "first"), tagging(id, "second"))
    assert (earlier.version, later.version) == (4, 5)
    assert earlier.position < later.position
    store = opened(writers.url)
    assert len(types(store, id)) == 5
    store.close()

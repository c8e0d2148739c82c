"""The store is cut off, killed, restarted or frozen at any point of a commit: nothing is lost, nothing is duplicated."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import pytest

from commands.shared.commit import Commit, Committed, StoreUnavailable
from commands.shared.executor import Executor, OutcomeUnknown
from commands.shared.outcome import Outcome
from domain.shared.ids import new_id
from infra.event_store.postgres import PostgresRecorder
from infra.event_store.rows import CommitRows
from infra.event_store.store import EventStore
from infra.servers.postgres import Postgres
from tests.commands.event_stores import (
    Watched,
    accepted,
    done,
    one,
    opened,
    placing,
    recorder,
    registering,
    running,
    tagging,
    tags,
    together,
    types,
    worker,
)
from tests.waiting import wait_until

ROOT = Path(__file__).parents[3]
POINTS = ["locking", "locked", "written", "committed"]
Submitted = list[tuple[str, Future[Outcome]]]


class Lossy(Watched):
    """Loses the first answer to every commit: after the commit was written, or before."""

    def __init__(self, store: EventStore, written: bool) -> None:
        super().__init__(store)
        self._written, self._lost = written, set[UUID]()

    def commit(self, commit: Commit) -> Committed:
        if commit.batch in self._lost:
            return super().commit(commit)
        self._lost.add(commit.batch)
        if self._written:
            super().commit(commit)
        raise StoreUnavailable("lost")


@pytest.mark.parametrize("written", [True, False], ids=["after", "before"])
def test_a_lost_acknowledgement_duplicates_nothing(store: EventStore, written: bool) -> None:
    id = new_id()
    with running(Lossy(store, written)) as executor:
        first = done(*together(executor, registering(id), tagging(id, "a"), placing(key="k"), placing(number="N-1")))
        again = one(executor, placing(key="k"))
        drawn = done(*(executor.submit(placing()) for _ in range(3)))
    assert [outcome.position for outcome in first] == [1, 2, 3, 4]
    assert (again.id, again.position) == (first[2].id, 3)
    assert [accepted(outcome) for outcome in drawn] == [True] * 3
    assert types(store, id) == ["registered", "tagged"]
    assert len(store.log(0, 100)) == 7


def test_if_the_store_stays_away_the_outcome_is_unknown_until_the_same_key_is_sent_again(store: EventStore) -> None:
    class Silent(Lossy):
        def commit(self, commit: Commit) -> Committed:
            self._lost.clear()
            return super().commit(commit)

    silent = Executor(Silent(store, written=True))
    object.__setattr__(silent, "limits", type(silent.limits)(settle=0.3))
    unknown = silent.submit(registering(key="k"))
    with pytest.raises(OutcomeUnknown):
        unknown.result(20)
    silent.close()
    with running(store) as executor:
        assert (one(executor, registering(key="k")).position, store.head()) == (1, 1)


def test_a_read_of_a_store_that_is_away_for_a_moment_is_retried(store: EventStore) -> None:
    class Blinking(Watched):
        blinks = 3

        def reserve_numbers(self, register: str, count: int) -> Any:
            self.blinks -= 1
            if self.blinks > 0:
                raise StoreUnavailable("blinked")
            return super().reserve_numbers(register, count)

    with running(Blinking(store)) as executor:
        placed, registered = together(executor, placing(), registering())
        assert all(map(accepted, done(placed, registered)))


# A real PostgreSQL, cut off in the middle of a commit


class Faulty(PostgresRecorder):
    """The fault happens once at each named point of a commit."""

    def __init__(self, url: str, points: list[str], fault: Callable[[Any], None]) -> None:
        super().__init__(url)
        self.points, self._fault = points, fault

    def _lock(self, connection: Any) -> None:
        super()._lock(connection)
        self._reach("locking", connection)

    def _write(self, connection: Any, rows: CommitRows, committed: Committed) -> None:
        self._reach("locked", connection)
        super()._write(connection, rows, committed)
        self._reach("written", connection)

    def _end(self, connection: Any) -> None:
        super()._end(connection)
        self._reach("committed", connection)

    def _reach(self, point: str, connection: Any) -> None:
        if self.points[:1] == [point]:
            self.points.pop(0)
            self._fault(connection)


@pytest.mark.servers
def test_a_connection_cut_anywhere_in_a_commit_loses_and_duplicates_nothing(recording_database_url: str) -> None:
    def cut(connection: Any) -> None:
        with psycopg.connect(recording_database_url, autocommit=True) as other:
            other.execute("SELECT pg_terminate_backend(%s, 5000)", [connection.info.backend_pid])

    points = [*POINTS]
    store, id = opened(recording_database_url, Faulty(recording_database_url, points, cut)), new_id()
    with running(store) as executor:
        one(executor, registering(id))
        outcomes = [one(executor, tagging(id, f"t-{number}")) for number in range(4)]
    assert points == []
    assert [outcome.version for outcome in outcomes] == list(range(2, 6))
    assert tags(store, id) == [f"t-{number}" for number in range(4)]
    types(store, id)
    store.close()


@pytest.mark.servers
def test_connections_cut_at_random_while_they_work_lose_and_duplicate_nothing(recording_database_url: str) -> None:
    over = threading.Event()

    def cut() -> None:
        with psycopg.connect(recording_database_url, autocommit=True) as other:
            while not over.wait(0.03):
                other.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE datname = current_database() AND pid <> pg_backend_pid() AND state <> 'idle'"
                )

    cutter = threading.Thread(target=cut)
    with worker(recording_database_url, batch=10) as executor, worker(recording_database_url, batch=10) as rival:
        ids = registered(executor, 10)
        cutter.start()
        submitted = flow(executor, ids, "ours", 150) + flow(rival, ids, "theirs", 150)
        done(*(future for _, future in submitted))
        over.set()
        cutter.join()
    exactly(recording_database_url, ids, submitted)


@pytest.mark.servers
def test_a_server_that_is_killed_and_restarted_loses_and_duplicates_nothing() -> None:
    with tempfile.TemporaryDirectory(prefix="recount-postgres-") as folder, Postgres(Path(folder)) as postgres:
        url = postgres.create_database("store")
        points: list[str] = []
        # A server that is killed while it is waited for would look like one that cannot start.
        kills, one_at_a_time = threading.Semaphore(0), threading.Lock()

        def kill(_: Any) -> None:
            with one_at_a_time:
                postgres.kill()
            kills.release()

        store = opened(url, Faulty(url, points, kill))
        with running(store, batch=10) as executor:
            ids = registered(executor, 10)
            points += POINTS
            submitted = flow(executor, ids, "t", 300)
            for _ in POINTS:
                assert kills.acquire(timeout=60)
                with one_at_a_time:
                    postgres.restart()
            done(*(future for _, future in submitted))
        store.close()
        exactly(url, ids, submitted)


@pytest.mark.servers
@pytest.mark.parametrize("point", ["locked", "written"])
def test_a_writer_frozen_in_the_middle_of_its_commit_blocks_the_others_only_for_a_moment(
    recording_database_url: str, point: str
) -> None:
    store = opened(recording_database_url)
    quick = opened(recording_database_url, recorder(recording_database_url, lock_timeout=1.0, idle_timeout=1.0))
    with running(quick) as executor:
        [id] = registered(executor, 1)
        with frozen(recording_database_url, point, id) as process:
            began = time.monotonic()
            assert accepted(one(executor, tagging(id, "ours")))
            assert time.monotonic() - began < 5
            os.kill(process.pid, signal.SIGCONT)
            assert process.stdout
            assert json.loads(process.stdout.read()) == ["theirs-0"]
    assert sorted(tags(store, id)) == ["ours", "theirs-0"]
    types(store, id)
    quick.close()
    store.close()


@contextmanager
def frozen(url: str, point: str, id: UUID) -> Iterator[subprocess.Popen[str]]:
    """A worker in another process that stopped itself at this point."""
    arguments = [sys.executable, "-m", "tests.commands.shared.rival", "--freeze", point, url, "theirs", str(id)]
    with subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
        try:
            assert process.stdout
            assert process.stdin
            assert process.stdout.readline() == "ready\n"
            process.stdin.close()
            wait_until(
                lambda: "T" in Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()[0],
                "the process is frozen",
            )
            yield process
        finally:
            process.kill()


def registered(executor: Executor, count: int) -> list[UUID]:
    ids = [new_id() for _ in range(count)]
    assert all(map(accepted, done(*together(executor, *map(registering, ids)))))
    return ids


def flow(executor: Executor, ids: list[UUID], name: str, count: int) -> Submitted:
    names = [f"{name}-{number}" for number in range(count)]
    return [(tag, executor.submit(tagging(ids[number % len(ids)], tag))) for number, tag in enumerate(names)]


def exactly(where: str, ids: list[UUID], submitted: Submitted) -> None:
    """Asserts that every accepted tag is stored, exactly once."""
    outcomes = done(*(future for _, future in submitted))
    store = opened(where)
    stored = [tag for id in ids for tag in tags(store, id)]
    assert all(map(accepted, outcomes))
    assert sorted(stored) == sorted(tag for tag, _ in submitted)
    assert len({outcome.position for outcome in outcomes}) == len(submitted)
    assert all(types(store, id) for id in ids)
    store.close()

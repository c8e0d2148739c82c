"""What a commit costs, by phase: its batch, and each of its two round trips, in the committer and in PostgreSQL."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from statistics import median, quantiles
from typing import Any, NamedTuple
from unittest.mock import patch

import psycopg

from commands.customers import customers
from commands.shared.batch import Command
from commands.shared.executor import Executor
from domain.shared.events import Context
from domain.shared.ids import new_id
from infra.event_store import postgres, postgres_commit
from infra.wiring import Deployment
from tests.benchmarks import pipeline
from tests.benchmarks.clock import now
from tests.benchmarks.guard import rounded
from tests.benchmarks.scaling.costs import Commits, line

BATCHES = {1: 200, 4: 100, 16: 60, 64: 30, 256: 12}
"""How many commits are measured for each number of commands in one."""


class Phases(NamedTuple):
    """Microseconds of CPU of one commit in the committer and in PostgreSQL, and how long it took in all."""

    look_client: float
    look: float
    write_client: float
    write: float
    waited: float


def of_commits(deployment: Deployment, url: str) -> Commits:
    executor, phases = deployment.executor(), dict[int, list[Phases]]()
    run: dict[int, float] = {}
    with closing(psycopg.connect(url, autocommit=True)) as watching, closing(executor):
        watching.execute("ALTER SYSTEM SET track_wal_io_timing = on")
        watching.execute("SELECT pg_reload_conf()")
        committer = next(thread.native_id for thread in threading.enumerate() if thread.name == "committer")
        before = _flushed(watching)
        for count, repeats in {0: 20, **BATCHES}.items():
            with _phases() as seen:
                _commit(executor, count or 16, repeats)
            phases[count] = seen
            begun = cpu(committer)
            _commit(executor, count or 16, repeats)
            within = median(one.look_client + one.write_client for one in seen)
            run[count] = (cpu(committer) - begun) / repeats - within
        fsyncs, spent_in = (after - earlier for after, earlier in zip(_flushed(watching), before, strict=True))
    costs = {name: line({n: median(getattr(one, name) for one in phases[n]) for n in BATCHES}) for name in Phases._fields[:4]}
    costs["run"] = line({count: run[count] for count in BATCHES})
    fsync = 1000 * spent_in / fsyncs
    # Four handovers: to PostgreSQL and back, twice. The least quarter, because others may use the machine.
    waits = [one.waited - sum(one[:4]) - fsync for one in phases[1]]
    return Commits(**costs, fsync=rounded(fsync), handover=rounded(max(quantiles(waits, n=4)[0] / 4, 0.0)))


def _commit(executor: Executor, commands: int, repeats: int) -> None:
    """So many commits, each of so many commands."""
    for _ in range(repeats):
        for future in executor.submit_all([_registration() for _ in range(commands)]):
            assert not future.result().refusal


def _registration() -> Command:
    facts: dict[str, Any] = {"customer_id": new_id(), **pipeline.customer_facts(new_id().int), "allow_duplicate": False}
    facts |= {"team": "t-1", "language": "de", "time_zone": "Europe/Berlin", "attributes": {"size": "small", "income": 58138}}
    context = Context(now=now(), actor=pipeline.ACTOR, command_id=new_id())
    return Command(customers.register, facts, context, target=facts["customer_id"], fresh=True)


class Mark(NamedTuple):
    """CPU of the committer before and after the mark, CPU of each backend, and the time before and after."""

    begun: float
    ended: float
    backends: Mapping[int, float]
    at: float
    until: float


@contextmanager
def _phases() -> Iterator[list[Phases]]:
    """Fills the list, commit by commit, as long as the block runs. The committer is the only thread that commits."""
    seen: list[Phases] = []
    marks: list[Mark] = []
    look, commit = postgres_commit.look, postgres.PostgresRecorder.commit
    backends: list[int] = []

    def mark() -> None:
        begun, at = time.thread_time(), time.perf_counter()
        used = {pid: cpu(pid) for pid in set(backends)}
        marks.append(Mark(begun * 1e6, time.thread_time() * 1e6, used, at * 1e6, time.perf_counter() * 1e6))

    def looking(connection: Any, *arguments: Any) -> Any:
        found = look(connection, *arguments)
        backends.append(connection.info.backend_pid)
        mark()
        return found

    def committing(recorder: Any, rows: Any) -> Any:
        mark()
        committed = commit(recorder, rows)
        mark()
        first, second, third, by = *marks[-3:], backends[-1]
        if by in first.backends:
            seen.append(
                Phases(
                    look_client=second.begun - first.ended,
                    look=second.backends[by] - first.backends[by],
                    write_client=third.begun - second.ended,
                    write=third.backends[by] - second.backends[by],
                    waited=second.at - first.until + third.at - second.until,
                )
            )
        return committed

    with patch.object(postgres_commit, "look", looking), patch.object(postgres.PostgresRecorder, "commit", committing):
        yield seen


def cpu(thread: int | None) -> float:
    """Microseconds of CPU of a thread, or of a process with one thread, that waits now."""
    return int(Path(f"/proc/{thread}/schedstat").read_text().split()[0]) / 1000


def _flushed(connection: Any) -> tuple[float, float]:
    """How many times the log was written to the disk, and milliseconds that took. Statistics are a second behind at most."""
    time.sleep(1.5)
    [row] = connection.execute("SELECT sum(fsyncs), sum(fsync_time) FROM pg_stat_io WHERE object = 'wal'").fetchall()
    return float(row[0]), float(row[1])

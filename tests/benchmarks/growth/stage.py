"""What is measured of a deployment at one stage of its growth."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from random import Random
from typing import NamedTuple

from sqlalchemy import create_engine, text

from domain.customers.customer.events import Registered
from domain.shared.events import type_name
from infra.event_store.store import EventStore
from tests.benchmarks.bytes import IN_POSTGRES, LOG
from tests.benchmarks.figures import Figure, alone, compared, in_turn
from tests.benchmarks.grown import grow
from tests.benchmarks.growth.ground import Ground, memory_mb, until_quiet
from tests.benchmarks.growth.rebuilding import in_a_process
from tests.benchmarks.load import Load, Measured, measure
from tests.benchmarks.services import Ids, Side

Named = tuple[str, Figure]
READ, ASKED_AS_OF = 4000, 200
"""Customers who are read."""
REGISTERED = [type_name(Registered)]


class Effort(NamedTuple):
    """How much is measured: starts of a server, rounds, and seconds of load for each side of a round."""

    starts: int = 3
    rounds: int = 3
    seconds: float = 3


class Readable(NamedTuple):
    """Random customers of the log; those of `before` are registered up to the position `middle`."""

    some: Ids
    before: Ids
    middle: int


class Answered(NamedTuple):
    """A load, and the CPU seconds of the server for each request, with what it does afterwards."""

    load: Measured
    cpu: float


def write(ground: Ground, events: int, seed: int) -> tuple[Figure, int]:
    """Lets the log grow to so many events. Returns events per second, and the number of events."""
    with ground.opened() as deployment:
        head, begun = deployment.store.head(), time.perf_counter()
        written = grow(deployment.store, events - head, seed, first=head)
        return alone([written / (time.perf_counter() - begun)]), deployment.store.head()


def fill(ground: Ground) -> Iterator[Named]:
    """Rebuilds all read models and waits until the disk has what was written."""
    done = in_a_process(ground.variables)
    yield "rebuild", alone([done.events / done.seconds])
    yield "rebuild-cpu", alone([done.events / done.cpu])
    yield "rebuild-peak", alone([done.peak])
    yield from _bytes(ground, done.events)
    os.sync()


def serve(ground: Ground, empty: Ground, effort: Effort) -> Iterator[Named]:
    """Starts a server of each, and sends the loads."""
    readable = _readable(ground)
    path = f"/v1/customers/{readable.some[0]}"
    starts = [_start(ground, path) for _ in range(effort.starts - 1)]
    with ExitStack() as stack:
        grown, seconds = stack.enter_context(ground.served(path))
        yield "start", alone([*starts, seconds])
        yield from _reads(grown, readable, effort)
        beside, _ = stack.enter_context(empty.served("/v1/customers"))
        for connections in (64, 1):
            yield from _commands(grown, beside, connections, effort)
        [server] = grown.processes
        yield "memory", alone([memory_mb(server.process.pid, "VmRSS")])
        yield "memory-peak", alone([memory_mb(server.process.pid, "VmHWM")])


def _start(ground: Ground, path: str) -> float:
    with ground.served(path) as (_, seconds):
        return seconds


# Loads


def _commands(grown: Side, empty: Side, connections: int, effort: Effort) -> Iterator[Named]:
    sides = {"grown": grown, "empty": empty}
    for side in sides.values():
        _registered(side, connections, min(1, effort.seconds))
    acts = {name: partial(_registered, side, connections, effort.seconds) for name, side in sides.items()}
    results = in_turn(acts, effort.rounds)
    pairs = [(one["grown"].load, one["empty"].load) for one in results]
    act = f"register-{connections}"
    yield act, compared((ours.requests_per_second, theirs.requests_per_second) for ours, theirs in pairs)
    yield f"{act}-p50", compared((ours.p50_ms, theirs.p50_ms) for ours, theirs in pairs)
    yield f"{act}-p99", compared((ours.p99_ms, theirs.p99_ms) for ours, theirs in pairs)
    if connections > 1:
        yield f"{act}-cpu", compared((1000 * one["grown"].cpu, 1000 * one["empty"].cpu) for one in results)


def _registered(side: Side, connections: int, seconds: float) -> Answered:
    """The embedded server also folds what it recorded: the next load begins when it has done so."""
    before = side.cpu_seconds()
    load = side.register(connections, seconds)
    until_quiet(side)
    return Answered(load, (side.cpu_seconds() - before) / load.requests)


def _reads(side: Side, readable: Readable, effort: Effort) -> Iterator[Named]:
    connections = min(64, len(readable.some))
    side.get(readable.some, connections, min(1, effort.seconds))
    gets = [side.get(readable.some, connections, effort.seconds) for _ in range(effort.rounds)]
    yield "get-64", alone([one.requests_per_second for one in gets])
    yield "get-64-p50", alone([one.p50_ms for one in gets])
    path = f"{side.path}/{{id}}?as_of={readable.middle}"
    [server] = side.processes
    load = Load(urls=[server.url], path=path, headers=side.headers, ids=readable.before, connections=1, seconds=effort.seconds)
    as_of = [measure(load) for _ in range(effort.rounds)]
    yield "as-of-p50", alone([one.p50_ms for one in as_of])
    yield "as-of-p99", alone([one.p99_ms for one in as_of])
    until_quiet(side)


def _readable(ground: Ground) -> Readable:
    dice = Random(1)
    with ground.opened() as deployment:
        head = deployment.store.head()
        middle = head // 2
        return Readable(
            _customers(deployment.store, head, READ, dice), _customers(deployment.store, middle, ASKED_AS_OF, dice), middle
        )


def _customers(store: EventStore, upto: int, count: int, dice: Random) -> Ids:
    """Who registered next after some random positions."""
    places = (dice.randrange(upto) for _ in range(min(count, upto)))
    found = [str(stored.stream) for place in places for stored in store.log(place, 1, upto, REGISTERED)]
    return list(dict.fromkeys(found))


# Bytes


def _bytes(ground: Ground, events: int) -> Sequence[Named]:
    """As they were written, with the space that is free in pages, but without pages that are free."""
    url = ground.variables.get("RECOUNT_DATABASE_URL")
    log, read_models = _in_postgres(url) if url else _in_sqlite(Path(ground.variables["RECOUNT_HOME"]))
    return [("log-bytes", alone([log / events])), ("read-model-bytes", alone([read_models / events]))]


def _in_sqlite(home: Path) -> tuple[int, int]:
    log, read_models = (_used(home / name) for name in ("events.db", "read-models.db"))
    return log, read_models


def _used(file: Path) -> int:
    engine = create_engine(f"sqlite:///{file}")
    with engine.connect() as connection:
        pages, free, size = (
            int(connection.exec_driver_sql(f"PRAGMA {name}").scalar_one())
            for name in ("page_count", "freelist_count", "page_size")
        )
    engine.dispose()
    return (pages - free) * size


def _in_postgres(url: str) -> tuple[int, int]:
    engine = create_engine(url.replace("postgresql://", "postgresql+psycopg://", 1), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        # As autovacuum does after a while.
        connection.execute(text("VACUUM ANALYZE"))
        connection.execute(text("CHECKPOINT"))
        parts = connection.execute(text(IN_POSTGRES)).all()
    engine.dispose()
    log = sum(size for table, _, size in parts if table in LOG)
    return log, sum(size for _, _, size in parts) - log

"""Every read model folded from one log, against a plain loop: the same events decoded and upserted into one table.

The loop shares no code with Recount, so a change of Recount affects one side only.
"""

import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from itertools import islice

import msgspec
import psycopg
from psycopg.types.json import Jsonb

from infra.event_store.mapper import Stored
from infra.servers.postgres import PostgresAt
from tests.benchmarks import mixed_log
from tests.benchmarks.recount import deployed, rebuild_all_of
from tests.benchmarks.sides import Pair

CUSTOMERS = 200
PASSES = 25  # passes of the plain loop over the log: it is much faster than all read models together
BATCH = 2000

PLAIN_TABLE = """
    CREATE TABLE plain (
        stream uuid PRIMARY KEY, version integer NOT NULL, type text NOT NULL, recorded_at text NOT NULL, facts jsonb NOT NULL
    )
"""
UPSERT = """
    INSERT INTO plain VALUES (%s, %s, %s, %s, %s) ON CONFLICT (stream) DO UPDATE
    SET version = excluded.version, type = excluded.type, recorded_at = excluded.recorded_at, facts = excluded.facts
"""


@contextmanager
def pairs(postgres: PostgresAt, kafka: str) -> Iterator[dict[str, Pair]]:
    with closing(Folds(postgres, kafka)) as folds:
        yield {"fold": Pair(folds.every_read_model, folds.plain_loop)}


class Folds:
    """One log on PostgreSQL, folded again and again. Rates are events per second of this process's CPU."""

    def __init__(self, postgres: PostgresAt, kafka: str) -> None:
        self._deployment = deployed(postgres.create_database("bench_fold"), kafka)
        self._events = mixed_log.fill(self._deployment, CUSTOMERS)
        self._log = self._deployment.store.log(0, self._events)
        self._plain = psycopg.connect(
            postgres.create_database("bench_plain"), options="-c synchronous_commit=off", autocommit=True
        )
        self._plain.execute(PLAIN_TABLE)

    def every_read_model(self) -> float:
        begun = time.process_time()
        rebuild_all_of(self._deployment)
        return self._events / (time.process_time() - begun)

    def plain_loop(self) -> float:
        begun = time.process_time()
        for _ in range(PASSES):
            for batch in _batches(self._log):
                with self._plain.transaction(), self._plain.cursor() as cursor:
                    cursor.executemany(UPSERT, [_row(stored) for stored in batch])
        return PASSES * self._events / (time.process_time() - begun)

    def close(self) -> None:
        self._plain.close()
        self._deployment.close()


def _batches(log: Sequence[Stored]) -> Iterator[list[Stored]]:
    left = iter(log)
    while batch := list(islice(left, BATCH)):
        yield batch


def _row(stored: Stored) -> tuple[object, ...]:
    written = msgspec.json.decode(stored.state)
    return stored.stream, stored.version, stored.type, written["metadata"]["recorded_at"], Jsonb(written["data"])

"""A fit labels many customers again while others read: how long the longest wait of each kind of read is.

    python -m tests.benchmarks.relabelling --customers 1000000 [--postgresql] [--no-reports]

Customers are made directly as rows, because only their features count here. The projector runs in a thread, and reads in
another, as in the embedded deployment.
"""

from __future__ import annotations

import argparse
import random
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from datetime import UTC, date, datetime, timedelta
from functools import partial
from itertools import count
from math import inf
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Thread
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import Connection

from commands.shared.commit import Commit, NewEvent
from consumers.projecting.beginning import begin_new
from consumers.projecting.projector import Projector
from consumers.projecting.settling import Walks
from consumers.projecting.tail import Tail
from domain.customers.customer.events import Registered
from domain.segmentation.segment_model import Activated, Feature, Fitted, Quality
from domain.shared.events import Actor, Context, Event
from domain.shared.ids import new_id
from infra.event_store.store import EventStore
from infra.processes.parts import running
from infra.read_models.completeness import Completeness
from infra.read_models.database import ReadModels
from infra.read_models.settled import settled_upto
from infra.servers.postgres import Postgres, PostgresAt
from infra.settings import Settings
from infra.wiring import deploy
from projections.customers.customer_behaviour import Behaviour, Spent
from projections.customers.customer_features import customer_features, stored
from projections.customers.customers import customer_view
from projections.segmentation import segment_answers, segment_report
from projections.segmentation.segment_labels import segment_labels
from projections.segmentation.segment_models import known
from projections.shared.rows import Row, Rows
from tests.benchmarks.figures import Figure, alone
from tests.benchmarks.recount import MASTER_KEY
from tests.benchmarks.rows import WAITS
from tests.waiting import wait_until

DAY = date(2026, 3, 1)
FEATURES = (Feature(name="orders"), Feature(name="days_since_last"), Feature(name="total", currency="EUR"))
MODEL = UUID(int=0x5E6)
FOLLOWED = (segment_labels, customer_view)
AT_ONCE = 20_000
ENOUGH = 30.0
"""Seconds that `make bench` reads at most, while customers get new labels."""


class Read(NamedTuple):
    """When it began, in seconds, and how long it took; `fits` are the positions of the fits that the answer is of."""

    kind: str
    at: float
    seconds: float
    fits: frozenset[int]


class Relabelled(NamedTuple):
    """`fit` is the position of the new fit. Answers are of it after `until_answered` seconds; reads end after `until_end`."""

    fit: int
    until_answered: float
    until_end: float
    reads: Sequence[Read]

    def longest(self) -> Mapping[str, float]:
        found: dict[str, float] = defaultdict(float)
        for read in self.reads:
            found[read.kind] = max(found[read.kind], read.seconds)
        return found


class Crowd:
    """Customers, whom a model labels."""

    def __init__(self, store: EventStore, read_models: ReadModels, customers: int) -> None:
        self.store, self.read_models = store, read_models
        self.customers = [UUID(int=(number << 96) | number) for number in range(1, customers + 1)]
        self._versions = count(1)
        self._ended = False
        begin_new(FOLLOWED, read_models, 1, Tail.topic_id)
        chance = random.Random(1)
        for start in range(0, customers, AT_ONCE):
            some = self.customers[start : start + AT_ONCE]
            with read_models.writer.begin() as connection:
                Rows(connection).insert(customer_features, [_row(id, chance) for id in some])
        self.fit(3)
        self.record(MODEL, next(self._versions), Activated())
        projector = self._following()
        while projector.turn(timeout=0.0) or not self.is_settled():
            """The next portion."""

    def _following(self) -> Projector:
        return Projector(FOLLOWED, Tail(self.store), self.store, self.read_models, 1)

    def fit(self, clusters: int) -> int:
        """The position of another fit, which has as many clusters."""
        return self.record(MODEL, next(self._versions), _fitted(clusters))

    def record(self, stream: UUID, version: int, event: Event) -> int:
        context = Context(now=datetime.now(UTC), actor=Actor(type="system", id="benchmark"), command_id=new_id())
        new = NewEvent(stream, version, event, context.metadata(stream, event, ()))
        return self.store.commit(Commit(new_id(), [new], {})).positions[0]

    def is_settled(self) -> bool:
        with self.read_models.reader.connect() as connection:
            return Walks(self.read_models, 1).is_done(connection, segment_labels)

    def relabel(self, clusters: int, *, reports: bool = True, enough: float = inf) -> Relabelled:
        """Fits again and reads until all rows are labelled by the fit, or for `enough` seconds. With `reports`, too."""
        reads: list[Read] = []
        self._ended = False
        with running(self._following()):
            pollers = (self._poll, self._poll_reports) if reports else (self._poll,)
            polling = [Thread(target=poll, args=[reads]) for poll in pollers]
            for thread in polling:
                thread.start()
            wait_until(lambda: any(read.fits for read in reads), "reads", lambda: len(reads))
            begun = time.perf_counter()
            fit = self.fit(clusters)
            wait_until(lambda: any(fit in read.fits for read in reads[-20:]), "an answer of the fit", lambda: len(reads))
            answered = time.perf_counter()
            until = begun + enough
            wait_until(lambda: time.perf_counter() > until or self.is_settled(), "rows of the fit", lambda: len(reads))
            ended = time.perf_counter()
            self._ended = True
            for thread in polling:
                thread.join()
        return Relabelled(fit, answered - begun, ended - begun, reads)

    def _rounds(self) -> Iterator[None]:
        """Until the end, and once after it."""
        while not self._ended:
            yield
        yield

    def _poll(self, reads: list[Read]) -> None:
        chance = random.Random(2)
        completeness = Completeness(self.read_models)
        for _ in self._rounds():
            reads.append(self._timed("customer", partial(self._one, id=chance.choice(self.customers))))
            reads.append(self._timed("list", lambda connection: self._listed(connection, None)))
            reads.append(self._timed("segment", lambda connection: self._listed(connection, "2")))
            reads.append(self._own_write(completeness))

    def _poll_reports(self, reads: list[Read]) -> None:
        for _ in self._rounds():
            reads.append(self._timed("report", self._reported))
            time.sleep(0.1)

    def _timed(self, kind: str, query: Callable[[Connection], frozenset[int]]) -> Read:
        begun = time.perf_counter()
        with self.read_models.reader.connect() as connection:
            fits = query(connection)
        return Read(kind, begun, time.perf_counter() - begun, fits)

    def _own_write(self, completeness: Completeness) -> Read:
        """A write, and the wait until all read models hold it, which is the wait of a read with `?after=`."""
        begun = time.perf_counter()
        id = new_id()
        position = self.record(id, 1, Registered(kind="person"))
        while min(completeness.up_to(one.name) for one in FOLLOWED) < position:
            time.sleep(0.002)
        return Read("write", begun, time.perf_counter() - begun, frozenset())

    @staticmethod
    def _one(connection: Connection, *, id: UUID) -> frozenset[int]:
        found = segment_answers.of_customer(connection, id, settled_upto(connection, segment_labels.name))
        assert found is not None
        return frozenset(label["fit_position"] for label in found["labels"])

    @staticmethod
    def _listed(connection: Connection, label: str | None) -> frozenset[int]:
        settled = settled_upto(connection, segment_labels.name)
        page = segment_answers.listing(connection, MODEL, label=label, settled=settled)
        return frozenset(row["fit_position"] for row in page.rows)

    @staticmethod
    def _reported(connection: Connection) -> frozenset[int]:
        model = known(connection).models[MODEL]
        segment_report.report(connection, model)
        return frozenset({model.fit_position})


def _row(id: UUID, chance: random.Random) -> Row:
    days = {DAY - timedelta(days=chance.randrange(700)) for _ in range(1 + chance.randrange(6))}
    spent = {day.isoformat(): Spent(1, chance.randrange(100, 50_000)) for day in days}
    behaviour = Behaviour(purchases={"EUR": spent})
    return {"customer_id": id, "position": 0, **stored(behaviour)}


def _fitted(clusters: int) -> Fitted:
    zeros, ones = (0.0,) * len(FEATURES), (1.0,) * len(FEATURES)
    return Fitted(
        name="baseline",
        features=FEATURES,
        cut_off_position=1,
        cut_off_day=DAY,
        transform="log1p",
        mean=zeros,
        scale=ones,
        centroids=tuple((1.0 + cluster / 3, 4.0 - cluster / 2, 4.0 + cluster / 2) for cluster in range(clusters)),
        cluster_names=tuple(str(cluster + 1) for cluster in range(clusters)),
        seed=1,
        customers=1,
        left_out=0,
        quality=Quality(inertia=0.0, silhouette=None, smallest_share=1.0),
    )


@contextmanager
def crowd(settings: Settings, customers: int) -> Iterator[Crowd]:
    with closing(deploy(settings)) as deployment:
        yield Crowd(deployment.store, deployment.read_models, customers)


def figures(postgres: PostgresAt, folder: Path, customers: int) -> Iterator[tuple[str, Figure]]:
    """The longest wait of each kind of read, in seconds, on each engine."""
    database = postgres.create_database("bench_relabelling")
    places = {
        "sqlite": Settings(home=folder / "relabelling", master_key=MASTER_KEY),
        "postgresql": Settings(database_url=database, kafka="127.0.0.1:1", master_key=MASTER_KEY),
    }
    for engine, settings in places.items():
        with crowd(settings, customers) as place:
            longest = place.relabel(4, enough=ENOUGH).longest()
        for kind in WAITS:
            yield f"wait-{kind}-{engine}", alone([longest[kind]])
    postgres.drop_database("bench_relabelling")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.relabelling")
    parser.add_argument("--customers", type=int, default=1_000_000)
    parser.add_argument("--postgresql", action="store_true")
    parser.add_argument("--no-reports", action="store_true")
    asked = parser.parse_args()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="recount-bench-")))
        settings = Settings(home=folder, master_key=MASTER_KEY)
        if asked.postgresql:
            postgres = stack.enter_context(Postgres(folder / "postgres"))
            url = postgres.create_database("relabelling")
            settings = Settings(database_url=url, kafka="127.0.0.1:1", master_key=MASTER_KEY)
        begun = time.perf_counter()
        place = stack.enter_context(crowd(settings, asked.customers))
        print(f"{asked.customers:,} customers made and labelled in {time.perf_counter() - begun:.1f} s")
        done = place.relabel(4, reports=not asked.no_reports)
        print(f"answers are of the fit after {done.until_answered:.2f} s, all rows after {done.until_end:.1f} s")
        for kind, seconds in done.longest().items():
            alike = sorted(read.seconds for read in done.reads if read.kind == kind)
            median = alike[len(alike) // 2]
            print(f"{kind:24} {len(alike):6} times, median {median * 1e3:8.1f} ms, longest {seconds * 1e3:8.1f} ms")


if __name__ == "__main__":
    main()

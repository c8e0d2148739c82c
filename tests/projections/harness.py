"""Histories made by real decisions, and read models folded from them in every way that a projector may use.

The rows must always be those of one recompute. The number of partitions, the size of batches, the order across partitions,
repeated batches and keys that were destroyed before a batch was read must make no difference.
"""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any, NamedTuple, TypeVar
from uuid import NAMESPACE_OID, UUID, uuid5

import msgspec
from sqlalchemy import Connection, Table, create_engine, delete, select
from sqlalchemy.pool import StaticPool

from domain.shared.aggregate import Aggregate, replayed
from domain.shared.events import Actor, Context, Recorded
from domain.shared.refusals import Refusal
from infra.event_store.mapper import Mapper, Stored
from infra.read_models.settled import Walk
from infra.routing import Message, OnPartitions, link, subjects_here
from infra.wiring import EVENTS
from projections.customers.customers import customer_view
from projections.sales.leads import leads
from projections.shared.projection import Delivery, Projection
from projections.shared.raw_ids import store_raw_ids
from projections.shared.rows import Row, Rows

A = TypeVar("A", bound=Aggregate)

START = datetime(2024, 3, 1, 9, tzinfo=UTC)
AGENT = Actor(type="user", id="agent-1")
MAPPER = Mapper(EVENTS)


def uuid(name: object) -> UUID:
    return uuid5(NAMESPACE_OID, str(name))


class History:
    """A log as the store keeps it: positions rise with gaps, and an erasure concerns every subject whose key it destroys.

    It destroys the keys of all subjects linked to the erased one, such as a guest's order or a customer who was merged.
    """

    def __init__(self) -> None:
        self.log: list[Recorded] = []
        self.now = START
        self._aggregates: dict[UUID, Aggregate] = {}
        self._links: dict[UUID, set[UUID]] = defaultdict(set)
        self._erased_at: dict[UUID, int] = {}

    def of(self, kind: type[A], name: object) -> A:
        return self.by_id(kind, uuid(name))

    def by_id(self, kind: type[A], id: UUID) -> A:
        aggregate = self._aggregates.setdefault(id, kind(id))
        assert isinstance(aggregate, kind)
        return aggregate

    def do(self, aggregate: Aggregate, decide: Callable[[Context], object], **circumstances: Any) -> bool:
        """Makes the decision one minute later. Returns whether it was accepted; a refused decision records nothing."""
        self.now += timedelta(minutes=1)
        try:
            decide(Context(**{"now": self.now, "actor": AGENT, **circumstances}))
        except Refusal:
            self._aggregates[aggregate.id] = replayed(
                type(aggregate), aggregate.id, [recorded for recorded in self.log if recorded.stream == aggregate.id]
            )
            return False
        self._keep(aggregate)
        return True

    def must(self, aggregate: Aggregate, decide: Callable[[Context], object], **circumstances: Any) -> None:
        assert self.do(aggregate, decide, **circumstances)

    def as_read(self, recorded: Recorded, *, late: bool) -> Recorded:
        """The event as a projector decodes it. If `late`, all keys that the history destroys are already destroyed.

        If not, only events after the erasure of their subject have no key.
        """
        erased_at = self._erased_at.get(recorded.metadata.subject)
        if erased_at is None or not (late or recorded.position > erased_at):
            return recorded
        state = MAPPER.encode(recorded.stream, recorded.version, recorded.event, recorded.metadata, None)
        return MAPPER.decode(Stored(recorded.position, recorded.stream, recorded.version, recorded.type, state), {})

    def _keep(self, aggregate: Aggregate) -> None:
        version = aggregate.version - len(aggregate.pending)
        for event, metadata in aggregate.pending:
            version += 1
            if event.erases():
                metadata = msgspec.structs.replace(metadata, concerns=tuple(sorted(self._erased_with(metadata.subject))))
            position = (self.log[-1].position if self.log else 0) + 1 + len(self.log) % 3
            self.log.append(Recorded(position, aggregate.id, version, event, metadata))
            if aggregate.id == metadata.subject:
                for other in event.erased_with():
                    self._links[other].add(metadata.subject)
                for other in event.parted_from():
                    self._links[other].discard(metadata.subject)
            if event.erases():
                self._erased_at.update(dict.fromkeys((metadata.subject, *metadata.concerns), position))
        aggregate.pending.clear()

    def _erased_with(self, subject: UUID) -> set[UUID]:
        """All subjects linked to the subject, directly or through others."""
        along: set[UUID] = set()
        while fresh := {one for other in along | {subject} for one in self._links[other]} - along - {subject}:
            along |= fresh
        return along


class Step(NamedTuple):
    """One batch read on a partition: it repeats `back` messages and continues with `size` new ones.

    A `late` batch is read after the history's erasures have destroyed their keys.
    """

    partition: int
    back: int
    size: int
    late: bool


class Lanes:
    """A projection on all partitions of a history: each partition takes the messages that follow its last one."""

    def __init__(self, connection: Connection, projection: Projection, history: History, partitions: int) -> None:
        self._connection, self._projection, self._history, self._partitions = connection, projection, history, partitions
        self._recorded = {recorded.position: recorded for recorded in history.log}
        self._messages: dict[int, list[Message]] = {partition: [] for partition in range(partitions)}
        self._held = dict.fromkeys(self._messages, 0)
        self._walks = dict.fromkeys(self._messages, Walk(0))
        last: dict[int, int] = {}
        for recorded in history.log:
            stored = Stored(recorded.position, recorded.stream, recorded.version, recorded.type, b"")
            for message in link(stored, recorded.metadata, last, partitions):
                self._messages[message.partition].append(message)

    def take(self, step: Step) -> None:
        partition = step.partition % self._partitions
        messages, at = self._messages[partition], self._held[partition]
        next_one = sum(message.stored.position <= at for message in messages)
        batch = []
        for message in messages[max(0, next_one - step.back) : next_one + step.size]:
            if message.previous == at:
                at = message.stored.position
                batch.append(self._delivery(message, step.late))
        wanted = [delivery for delivery in batch if self._projection.wants(delivery.recorded.type)]
        if wanted:
            self._projection.apply(wanted, self._rows(partition))
        self._held[partition] = at
        if step.back % 2:
            self.settle(partition)

    def finish(self) -> None:
        for partition, messages in self._messages.items():
            self.take(Step(partition, 0, len(messages), late=True))
        self.settle_all()

    def settle(self, partition: int) -> bool:
        """One portion of what events for everyone change; returns whether there is more to do."""
        settling, held, walk = self._projection.settling, self._held[partition], self._walks[partition]
        rows = self._rows(partition)
        if settling is None:
            return False
        if walk.target is None and not settling.lacks(rows, walk.upto, held + 1):
            self._walks[partition] = Walk(held)
            return False
        target = held if walk.target is None else walk.target
        cursor = settling.portion(rows, walk.upto, held + 1, walk.cursor)
        self._walks[partition] = Walk(target) if cursor is None else Walk(walk.upto, target, cursor)
        return True

    def settle_all(self) -> None:
        for partition in self._messages:
            while self.settle(partition):
                """The next portion."""

    def _rows(self, partition: int) -> Rows:
        rows = Rows(self._connection, lives_here=OnPartitions({partition}, self._partitions))
        rows.settled = self._walks[partition].upto
        return rows

    def _delivery(self, message: Message, late: bool) -> Delivery:
        recorded = self._history.as_read(self._recorded[message.stored.position], late=late)
        return Delivery(recorded, subjects_here(recorded.metadata, message.partition, self._partitions))


@contextmanager
def in_memory(*projections: Projection) -> Iterator[Connection]:
    """An empty SQLite database with the read models' tables, and the tables of merged customers and of leads' customers."""
    wanted = {projection.name: projection for projection in (*projections, customer_view, leads)}.values()
    free = _free_databases(tuple(table for projection in wanted for table in projection.tables))
    database = free.pop() if free else _Database(*wanted)
    with database.engine.connect() as connection:
        database.empty.backup(_raw(connection))
        yield connection
    free.append(database)


class _Database:
    """An engine with its database in memory, and an empty copy of that. An engine knows the statements that it compiled."""

    def __init__(self, *projections: Projection) -> None:
        self.engine = create_engine("sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False})
        self.empty = sqlite3.connect(":memory:", check_same_thread=False)
        store_raw_ids(self.engine)
        with self.engine.begin() as connection:
            create(connection, *projections)
        with self.engine.connect() as connection:
            _raw(connection).backup(self.empty)


@cache
def _free_databases(tables: tuple[Table, ...]) -> list[_Database]:
    """Databases with these tables that no test uses at the moment."""
    return []


def _raw(connection: Connection) -> sqlite3.Connection:
    raw: sqlite3.Connection = connection.connection.driver_connection  # type: ignore[assignment]
    return raw


def create(connection: Connection, *projections: Projection) -> None:
    for projection in projections:
        for table in projection.tables:
            table.create(connection)


def clear(connection: Connection, projection: Projection) -> None:
    for table in projection.tables:
        connection.execute(delete(table))


def fold(connection: Connection, history: History, *projections: Projection) -> None:
    """One recompute: a single batch on a single partition, after the whole history."""
    for projection in projections:
        Lanes(connection, projection, history, 1).finish()


def rows_of(connection: Connection, projection: Projection) -> dict[str, list[Row]]:
    """All rows of a read model, ordered by their keys."""
    found: dict[str, list[Row]] = {}
    for table in projection.tables:
        rows = [dict(row) for row in connection.execute(select(table)).mappings()]
        found[table.name] = sorted(rows, key=lambda row, t=table: tuple(str(row[c.name]) for c in t.primary_key))  # type: ignore[misc]
    return found


def assert_recomputes(
    connection: Connection, projection: Projection, history: History, partitions: int, steps: Sequence[Step]
) -> None:
    """Asserts that after these steps and the rest of the history, the rows are those of one recompute."""
    clear(connection, projection)
    fold(connection, history, projection)
    recomputed = rows_of(connection, projection)
    clear(connection, projection)
    lanes = Lanes(connection, projection, history, partitions)
    for step in steps:
        lanes.take(step)
    lanes.finish()
    assert rows_of(connection, projection) == recomputed


def some_attributes(n: int) -> tuple[dict[str, str | int | None], set[str]]:
    """Attributes (a number that is sometimes a text, a text that is sometimes None), and the keys of texts that are plain."""
    size, colour = (n if n % 4 else "large"), (None if n % 3 else "blue")
    return {"size": size, "colour": colour, "mood": f"mood {n}"}, {"size"} if n % 8 else {"colour", "mood"}

"""A read model for tests that notices lost, duplicate or unordered events, and a source that plays any schedule."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

from sqlalchemy import BigInteger, Column, Index, MetaData, Table, Uuid, select

from commands.shared.commit import Commit, NewEvent
from consumers.projecting.projector import Projector
from consumers.projecting.tail import Tail
from domain.shared.events import Actor, Context, Event
from domain.shared.ids import new_id
from domain.shared.personal import Personal
from infra import wiring
from infra.event_store.mapper import Mapper, Stored, read_metadata
from infra.event_store.postgres import PostgresRecorder
from infra.event_store.sqlite import SqliteRecorder
from infra.event_store.store import EventStore
from infra.event_store.vault import Vault
from infra.read_models.database import ReadModels, postgres_read_models, sqlite_read_models
from infra.read_models.digest import digest, one_moment
from infra.read_models.positions import dead_letters
from infra.routing import Held, Message, link
from projections.shared.projection import Delivery, Projection
from projections.shared.rows import Row, Rows

NOW = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
TRAIL = 2**61 - 1


class Added(Event, frozen=True, tag="crm.tally.added.v1"):
    amount: int
    name: Personal[str] = None


class Linked(Event, frozen=True, tag="crm.tally.linked.v1"):
    other: UUID

    def concerns(self) -> tuple[UUID, ...]:
        return (self.other,)


class Raised(Event, frozen=True, tag="crm.tally.raised.v1"):
    by: int

    def everyone(self) -> bool:
        return True


class Ignored(Event, frozen=True, tag="crm.tally.ignored.v1"):
    pass


EVENTS = (Added, Linked, Raised, Ignored)
SUBJECTS = [UUID(int=0x1234_0000 + 7 * number) for number in range(9)]


class Poisoned(Exception):
    """The event cannot be folded. The text is personal, so nothing may store it."""


class Tallies:
    """Sums by subject. `trail` depends on every event and on their order; `poison` are positions that cannot be folded."""

    def __init__(self, name: str = "tallies", version: int = 1, reads: frozenset[str] | None = None) -> None:
        self.poison: set[int] = set()
        self.failures: list[Exception] = []
        self.batches: list[int] = []
        self.table = Table(
            name,
            MetaData(),
            Column("subject", Uuid, primary_key=True),
            Column("total", BigInteger, nullable=False),
            Column("events", BigInteger, nullable=False),
            Column("trail", BigInteger, nullable=False),
            Index(f"{name}_by_total", "total"),
        )
        self.projection = Projection(name, version, [self.table], self.apply, reads)

    def apply(self, batch: Sequence[Delivery], rows: Rows) -> None:
        self.batches.append(len(batch))
        loaded: dict[UUID, Row] = rows.load(self.table, {subject for delivery in batch for subject in delivery.here})
        for delivery in batch:
            if isinstance(delivery.recorded.event, Raised):
                every = {
                    row["subject"]: dict(row) for row in rows.connection.execute(select(rows.table(self.table))).mappings()
                }
                loaded = {**{s: row for s, row in every.items() if rows.lives_here(s)}, **loaded}
        for delivery in batch:
            self._apply(delivery, loaded)
        rows.save(self.table, list(loaded.values()))

    def _apply(self, delivery: Delivery, loaded: dict[UUID, Row]) -> None:
        recorded = delivery.recorded
        if recorded.position in self.poison:
            raise Poisoned("Ms Secret of Hidden Street")
        if self.failures:
            raise self.failures.pop(0)
        match recorded.event:
            case Added(amount=amount):
                for subject in delivery.here:
                    _count(loaded, subject, amount, recorded.position)
            case Linked():
                for subject in delivery.here:
                    _count(loaded, subject, 1, recorded.position)
            case Raised(by=by):
                for subject in loaded:
                    _count(loaded, subject, by, recorded.position)


def _count(loaded: dict[UUID, Row], subject: UUID, amount: int, position: int) -> None:
    row = loaded.setdefault(subject, {"subject": subject, "total": 0, "events": 0, "trail": 0})
    row["total"] += amount
    row["events"] += 1
    row["trail"] = (row["trail"] * 1_000_003 + position) % TRAIL


class Schedule:
    """A source with partitions. It gives the messages that a test sends, in that order, even duplicate or early messages."""

    topic_id, is_log = "schedule", False

    def __init__(self, partitions: Iterable[int]) -> None:
        self.records: dict[int, list[Message]] = {partition: [] for partition in partitions}
        self.read = dict.fromkeys(self.records, 0)
        self.portion = 50
        self.sought: list[tuple[int, Held]] = []
        self.closed = False

    def send(self, messages: Iterable[Message]) -> None:
        for message in messages:
            records = self.records.get(message.partition)
            if records is not None:
                records.append(message._replace(offset=len(records)))

    def assigned(self) -> frozenset[int]:
        return frozenset(self.records)

    def poll(self, timeout: float) -> Sequence[Message]:
        found: list[Message] = []
        for partition, records in self.records.items():
            start = self.read[partition]
            found += records[start : start + self.portion]
            self.read[partition] = min(len(records), start + self.portion)
        return found

    def seek(self, partition: int, held: Held) -> None:
        self.sought.append((partition, held))
        self.read[partition] = held.next_offset if held.topic_id == self.topic_id else 0

    def stop_waiting(self) -> None:
        """It never waits."""

    def close(self) -> None:
        self.closed = True

    @property
    def is_read(self) -> bool:
        return all(self.read[partition] >= len(records) for partition, records in self.records.items())


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


class World:
    """An event store and a read model database, both on the same engine."""

    def __init__(self, store: EventStore, read_models: ReadModels) -> None:
        self.store, self.read_models = store, read_models
        self.versions: dict[UUID, int] = defaultdict(int)

    def record(self, *events: tuple[UUID, Event]) -> Sequence[int]:
        """Records each event in the stream of its subject; returns the positions."""
        new = [self._new(subject, event) for subject, event in events]
        return self.store.commit(Commit(new_id(), new, {})).positions

    def _new(self, subject: UUID, event: Event) -> NewEvent:
        self.versions[subject] += 1
        context = Context(now=NOW, actor=Actor(type="system", id="test"), command_id=new_id())
        return NewEvent(subject, self.versions[subject], event, context.metadata(subject, event, ()))

    def messages(self, partitions: int, stored: Sequence[Stored] | None = None) -> list[Message]:
        """The messages of the log on all partitions."""
        last: dict[int, int] = {}
        log = self.store.log(0, 1_000_000) if stored is None else stored
        return [message for one in log for message in link(one, read_metadata(one.state), last, partitions)]

    def recomputed(self, tallies: Tallies) -> dict[UUID, Row]:
        """The rows that a single fold of the whole log gives."""
        loaded: dict[UUID, Row] = {}
        fresh = Tallies()
        for recorded in self.store.decode(self.store.log(0, 1_000_000)):
            metadata = recorded.metadata
            fresh._apply(Delivery(recorded, frozenset({metadata.subject, *metadata.concerns})), loaded)
        return loaded

    def rows(self, tallies: Tallies) -> dict[UUID, Row]:
        with self.read_models.reader.connect() as connection:
            found = connection.execute(select(tallies.table)).mappings()
            return {row["subject"]: dict(row) for row in found}

    def digest(self, tallies: Tallies) -> str:
        with one_moment(self.read_models) as connection:
            return digest(connection, [tallies.table])

    def letters(self, projection: str = "tallies") -> list[tuple[int, UUID]]:
        """The positions and subjects of the waiting events."""
        query = select(dead_letters.c.position, dead_letters.c.subject).where(
            dead_letters.c.projection == projection, dead_letters.c.discarded == 0
        )
        with self.read_models.reader.connect() as connection:
            return sorted((row[0], row[1]) for row in connection.execute(query))

    def tailing(self, *tallies: Tallies, clock: Clock | None = None) -> Projector:
        projections = [each.projection for each in tallies]
        return Projector(projections, Tail(self.store), self.store, self.read_models, 1, clock=clock or Clock())

    def close(self) -> None:
        self.store.close()
        self.read_models.close()


def sqlite_world(folder: Path) -> World:
    folder.mkdir(parents=True, exist_ok=True)
    store = EventStore(SqliteRecorder(folder / "events.db"), Mapper((*EVENTS, *wiring.EVENTS)), Vault(b"k" * 32))
    return World(store, sqlite_read_models(folder / "read-models.db"))


def postgres_world(url: str) -> World:
    return World(
        EventStore(PostgresRecorder(url), Mapper((*EVENTS, *wiring.EVENTS)), Vault(b"k" * 32)), postgres_read_models(url)
    )


def drain(projector: Projector, limit: int = 1000) -> None:
    """Calls `turn` until no more messages arrive."""
    for _ in range(limit):
        if not projector.turn(timeout=0):
            return
    raise AssertionError("messages never end")

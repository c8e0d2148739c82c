"""A relay and a projector beside real servers, whose databases a test can replace by their backup."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from typing import NamedTuple
from uuid import uuid4

from kafka import KafkaConsumer, TopicPartition
from sqlalchemy import delete, text

from consumers import same_log
from consumers.projecting.projector import Projector
from consumers.relay import Relay
from infra import wiring
from infra.event_store.mapper import Mapper
from infra.event_store.postgres import PostgresRecorder
from infra.event_store.postgres_terms import POSITION
from infra.event_store.store import EventStore
from infra.event_store.vault import Vault
from infra.kafka.connection import Brokers, KafkaUnavailable
from infra.kafka.consumer import KafkaSource
from infra.kafka.ends import seen_in_kafka
from infra.kafka.epochs import topic_of
from infra.kafka.topic import Topics
from infra.read_models import checkpoints, troubles
from infra.read_models.completeness import Completeness
from infra.read_models.database import postgres_read_models
from infra.read_models.positions import positions, projections
from infra.read_models.tables import create_tables, prepare
from infra.routing import PARTITIONS
from infra.servers.postgres import PostgresAt
from tests.consumers.reading import read_all, running
from tests.consumers.tallies import EVENTS, SUBJECTS, Added, Tallies, World
from tests.infra.kafka.test_kafka_topic import ensured_in_the_end
from tests.waiting import wait_until


class Servers(NamedTuple):
    postgres: PostgresAt
    bootstrap: str
    topic: str


class Restored:
    """A log, a read model and a topic. `world` is what they hold now; `tallies` is the read model."""

    def __init__(self, servers: Servers) -> None:
        self.servers, self.tallies = servers, Tallies()
        self._databases: list[str] = []
        self._events = self._read_models = self._backup = self._database()
        self.world = self._opened()

    def record(self, *amounts: int) -> None:
        """One event for each amount; the subjects take turns."""
        for number, amount in enumerate(amounts):
            self.world.record((SUBJECTS[number % len(SUBJECTS)], Added(amount=amount)))

    def back_up(self) -> None:
        """Keep a copy of both databases as they are now."""
        self.world.close()
        self._backup = self._database(self._events)
        self.world = self._opened()

    def restore(self, *, read_models: bool = True) -> None:
        """Put the copy in the place of the log and, if asked, of the read models."""
        self.world.close()
        self._events = self._database(self._backup)
        if read_models:
            self._read_models = self._events
        self.world = self._opened()

    def go_back(self, position: int, then: int) -> None:
        """The log goes back to this position under everybody who has it open; then other processes record some events."""
        with self.world.read_models.writer.begin() as connection:
            connection.execute(text("DELETE FROM stored_events WHERE notification_id > :position"), {"position": position})
            connection.execute(text(f"DELETE FROM event_terms WHERE {POSITION} > :position"), {"position": position})
            connection.execute(text("SELECT setval('stored_events_notification_id_seq', :position)"), {"position": position})
        with closing(self._opened()) as elsewhere:
            for number in range(then):
                elsewhere.record((SUBJECTS[number % len(SUBJECTS)], Added(amount=1)))

    def is_routed(self) -> bool:
        with self.world.read_models.reader.connect() as connection:
            checkpoint = checkpoints.load(connection, self.topic)
        return checkpoint is not None and checkpoint.routed == self.world.store.head()

    def relay(self, verify_every: float = 0.1) -> Relay:
        return Relay(
            self.world.store,
            self.world.read_models,
            Brokers(self.servers.bootstrap),
            self.servers.topic,
            epoch=self.world.store.identity().epoch,
            verify_every=verify_every,
            flush_timeout=3,
        )

    @contextmanager
    def projector(self) -> Iterator[Projector]:
        with closing(Topics(Brokers(self.servers.bootstrap))) as topics:
            topic = ensured_in_the_end(self.topic, topics)
            with closing(KafkaSource(Brokers(self.servers.bootstrap), topics, topic, uuid4().hex, lambda _: {})) as source:
                completeness = Completeness(self.world.read_models, PARTITIONS, self.topic)
                projections = [self.tallies.projection]
                stores = self.world.store, self.world.read_models
                yield Projector(projections, source, *stores, PARTITIONS, completeness=completeness, patience=0.5)

    def follow_until(self, condition: Callable[[], bool], what: str) -> None:
        """Let the relay and the projector work until this holds."""
        with running(self.relay()), self.projector() as projector:

            def holds() -> bool:
                with suppress(KafkaUnavailable):
                    projector.turn(timeout=0.05)
                return condition()

            wait_until(holds, what, lambda: (self.rows(), self.expected()))

    def work_until(self, condition: Callable[[], bool], what: str) -> Projector:
        """Let the projector alone work until this holds; returns it."""
        with self.projector() as projector:

            def holds() -> bool:
                with suppress(KafkaUnavailable):
                    projector.turn(timeout=0.05)
                return condition()

            wait_until(holds, what, self.rows)
        return projector

    def repair(self) -> None:
        """What a repair does for this read model: higher positions, another topic, and rows from the log."""
        seen = seen_in_kafka(Brokers(self.servers.bootstrap), self.servers.topic)
        self.world.store.raise_positions(seen.position)
        self.world.store.begin_epoch(seen.epoch)
        with self.world.read_models.writer.begin() as connection:
            for table in (positions, projections, self.tallies.table):
                connection.execute(delete(table))
            troubles.end(connection, same_log.AHEAD)

    @property
    def topic(self) -> str:
        return topic_of(self.servers.topic, self.world.store.identity().epoch)

    def troubles(self) -> dict[str, str]:
        """What health shows, by its source."""
        with self.world.read_models.reader.connect() as connection:
            return {trouble.source: trouble.detail for trouble in troubles.standing(connection)}

    def topic_positions(self) -> list[int]:
        """The positions of all messages that the topic has now, each once."""
        return sorted({message.stored.position for message in read_all(self.servers.bootstrap, self.topic)})

    def last_records(self, topic: str) -> list[object]:
        """The value of the last record of each partition, as any reader finds it."""
        consumer = KafkaConsumer(bootstrap_servers=self.servers.bootstrap, enable_auto_commit=False)
        places = [TopicPartition(topic, partition) for partition in range(PARTITIONS)]
        consumer.assign(places)
        for place, end in consumer.end_offsets(places).items():
            consumer.seek(place, end - 1)
        found: dict[int, object] = {}

        def all_are_found() -> bool:
            for place, records in consumer.poll(100).items():
                found[place.partition] = json.loads(records[-1].value)
            return len(found) == PARTITIONS

        wait_until(all_are_found, "the last records are read")
        consumer.close()
        return [found[partition] for partition in range(PARTITIONS)]

    def is_complete(self) -> bool:
        return self.rows() == self.expected()

    def rows(self) -> dict[object, int]:
        return {subject: row["total"] for subject, row in self.world.rows(self.tallies).items()}

    def expected(self) -> dict[object, int]:
        return {subject: row["total"] for subject, row in self.world.recomputed(self.tallies).items()}

    def close(self) -> None:
        self.world.close()
        for name in self._databases:
            self.servers.postgres.drop_database(name)

    def _database(self, copy_of: str = "template1") -> str:
        name = f"restored_{uuid4().hex}"
        self.servers.postgres.create_database(name, copy_of)
        self._databases.append(name)
        return name

    def _opened(self) -> World:
        events, read_models = map(self.servers.postgres.create_database, (self._events, self._read_models))
        mapper = Mapper((*EVENTS, *wiring.EVENTS))
        world = World(EventStore(PostgresRecorder(events), mapper, Vault(b"k" * 32)), postgres_read_models(read_models))
        prepare(world.read_models)
        with world.read_models.writer.begin() as connection:
            create_tables(connection, [self.tallies.table])
        world.versions.update({subject: world.store.version(subject) for subject in SUBJECTS})
        return world

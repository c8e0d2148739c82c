"""The environment of a relay under test: a store, read models, a broker, and a topic that does not exist yet."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

from consumers.relay import Relay
from infra.event_store.store import EventStore
from infra.kafka.connection import Brokers
from infra.read_models import checkpoints
from infra.read_models.checkpoints import Checkpoint
from infra.read_models.database import ReadModels, postgres_read_models
from infra.read_models.tables import prepare
from tests.consumers.reading import applied, concerned, read_all
from tests.consumers.things import store_at
from tests.waiting import wait_until


class Place(NamedTuple):
    store: EventStore
    read_models: ReadModels
    database_url: str
    bootstrap: str
    topic: str

    def relay(self, *, exclusive: bool = True, verify_every: float = 0.2, alarm_after: int = 5) -> Relay:
        return Relay(
            self.store,
            self.read_models,
            Brokers(self.bootstrap),
            self.topic,
            exclusive=exclusive,
            verify_every=verify_every,
            flush_timeout=3,
            alarm_after=alarm_after,
        )

    def checkpoint(self) -> Checkpoint | None:
        with self.read_models.reader.connect() as connection:
            return checkpoints.load(connection, self.topic)

    def routed(self) -> int:
        checkpoint = self.checkpoint()
        return checkpoint.routed if checkpoint else 0

    def routed_to(self) -> str:
        """The topic id in the checkpoint."""
        checkpoint = self.checkpoint()
        return checkpoint.topic_id if checkpoint else ""

    def is_routed(self) -> bool:
        return self.routed() == self.store.head()

    def wait_until_routed(self) -> None:
        wait_until(self.is_routed, "everything is routed", self.routed)

    def assert_each_event_once_in_order(self) -> None:
        assert applied(read_all(self.bootstrap, self.topic)) == concerned(self.store)

    def has_each_event_once_in_order(self) -> bool:
        return applied(read_all(self.bootstrap, self.topic)) == concerned(self.store)


@contextmanager
def place_at(database_url: str, bootstrap: str, topic: str) -> Iterator[Place]:
    store, read_models = store_at(database_url), postgres_read_models(database_url)
    prepare(read_models)
    yield Place(store, read_models, database_url, bootstrap, topic)
    store.close()
    read_models.close()

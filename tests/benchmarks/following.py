"""The progress of relay and projector, read from outside their processes."""

import time
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from functools import cached_property

from sqlalchemy import delete

from infra.event_store.mapper import read_metadata
from infra.kafka.connection import Brokers
from infra.kafka.consumer import KafkaSource
from infra.kafka.topic import Topics
from infra.read_models.completeness import Completeness
from infra.read_models.positions import held, positions
from infra.read_models.positions import projections as registered
from infra.routing import PARTITIONS, Held, partitions_of
from infra.servers.process import wait_until
from infra.wiring import Deployment
from projections.shared.projection import Projection

LIMIT = 60.0
OFTEN = 0.02


class Following:
    def __init__(self, deployment: Deployment, topic: str) -> None:
        self._deployment, self._topic = deployment, topic
        self._completeness = Completeness(deployment.read_models, PARTITIONS, topic)

    @cached_property
    def _routed_to(self) -> list[list[int]]:
        """Positions by partition, in order."""
        found: list[list[int]] = [[] for _ in range(PARTITIONS)]
        for stored in self._deployment.store.log(0, 10_000_000):
            for partition in partitions_of(read_metadata(stored.state), PARTITIONS):
                found[partition].append(stored.position)
        return found

    def forget(self, projections: Sequence[Projection]) -> None:
        """Delete the read models, so that they start from the beginning."""
        with self._deployment.read_models.writer.begin() as connection:
            for projection in projections:
                connection.execute(delete(positions).where(positions.c.projection == projection.name))
                connection.execute(delete(registered).where(registered.c.name == projection.name))
                for table in projection.tables:
                    table.drop(connection, checkfirst=True)

    def applied(self, name: str) -> int:
        """The number of messages that the read model has applied."""
        with self._deployment.read_models.reader.connect() as connection:
            reached = {partition: place.position for partition, place in held(connection, name).items()}
        return sum(bisect_right(self._routed_to[partition], position) for partition, position in reached.items())

    def wait_for_first(self, name: str) -> None:
        wait_until(lambda: self.applied(name) > 0, LIMIT, f"{name} has begun")

    def wait_for_complete(self, name: str, every: float = OFTEN) -> None:
        """Looks every so many seconds. A look costs some CPU of this process."""
        head, deadline = self._deployment.store.head(), time.monotonic() + LIMIT
        while self._completeness.up_to(name) < head:
            if time.monotonic() > deadline:
                raise TimeoutError(f"{name} is not complete after {LIMIT:g} s")
            time.sleep(every)


def kafka_source(deployment: Deployment, kafka: str, topic: str, name: str) -> KafkaSource:
    """A source that continues after what the read model holds, in its own consumer group."""

    def stored(partitions: Iterable[int]) -> dict[int, Held]:
        with deployment.read_models.reader.connect() as connection:
            places = held(connection, name)
        return {partition: places[partition] for partition in partitions if partition in places}

    topics = Topics(Brokers(kafka))
    return KafkaSource(Brokers(kafka), topics, topics.ensure(topic), f"bench-{topic}", stored)

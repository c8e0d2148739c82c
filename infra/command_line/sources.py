"""The source that a projector of the distributed deployment reads from."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager

import structlog

from infra.kafka.connection import KafkaUnavailable
from infra.kafka.consumer import KafkaSource
from infra.kafka.topic import Topic, Topics
from infra.read_models import ReadModels
from infra.read_models.positions import held
from infra.routing import Held
from infra.settings import Settings
from infra.wiring import PROJECTIONS, Deployment
from projections.projection import Projection

log = structlog.get_logger()

PAUSE = 0.5


@contextmanager
def kafka_source(
    projections: Sequence[Projection], settings: Settings, kafka: str, deployment: Deployment
) -> Iterator[KafkaSource]:
    """Waits for Kafka, however long it takes. Raises UnfitTopic."""
    topics, topic = _topic(settings, kafka, deployment.partitions)
    try:
        source = KafkaSource(
            kafka,
            topics,
            topic,
            _group(projections, settings),
            _furthest_behind(projections, deployment.read_models),
            session_timeout=settings.session_timeout,
        )
        try:
            yield source
        finally:
            source.close()
    finally:
        topics.close()


def _topic(settings: Settings, kafka: str, partitions: int) -> tuple[Topics, Topic]:
    """Several processes make a topic at once, and it takes a moment until every broker knows it."""
    while True:
        try:
            topics = Topics(kafka)
            return topics, topics.ensure(settings.topic, partitions, settings.replication_factor)
        except KafkaUnavailable as error:
            log.warning("project.waits_for_kafka", reason=str(error))
            time.sleep(PAUSE)


def _group(projections: Sequence[Projection], settings: Settings) -> str:
    """The consumer group: one for each set of read models."""
    names = sorted(projection.name for projection in projections)
    everything = sorted(projection.name for projection in PROJECTIONS)
    return f"{settings.topic}.{'all' if names == everything else '+'.join(names)}"


def _furthest_behind(
    projections: Sequence[Projection], read_models: ReadModels
) -> Callable[[Collection[int]], Mapping[int, Held]]:
    """What the read model that is furthest behind holds of each partition; nothing where one of them has not begun."""

    def stored(partitions: Collection[int]) -> Mapping[int, Held]:
        with read_models.reader.connect() as connection:
            places = [held(connection, projection.name) for projection in projections]
        return {
            partition: min((each[partition] for each in places), key=lambda place: place.position)
            for partition in partitions
            if all(partition in each for each in places)
        }

    return stored

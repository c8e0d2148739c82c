"""The source of messages for a projector of the distributed deployment."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager

import structlog

from infra.kafka.connection import Brokers, KafkaUnavailable
from infra.kafka.consumer import KafkaSource
from infra.kafka.topic import Topics
from infra.read_models.database import ReadModels
from infra.read_models.positions import held
from infra.routing import Held
from infra.settings import Settings
from infra.wiring import PROJECTIONS, Deployment
from projections.shared.projection import Projection

log = structlog.get_logger()

PAUSE = 0.5


@contextmanager
def kafka_source(
    projections: Sequence[Projection], settings: Settings, brokers: Brokers, deployment: Deployment
) -> Iterator[KafkaSource]:
    """Waits for Kafka, however long it takes. Raises UnfitTopic."""
    topics, source = _opened(projections, settings, brokers, deployment)
    try:
        yield source
    finally:
        source.close()
        topics.close()


def _opened(
    projections: Sequence[Projection], settings: Settings, brokers: Brokers, deployment: Deployment
) -> tuple[Topics, KafkaSource]:
    """Retries: several processes create the topic at the same time, and it takes a moment until every broker knows it."""
    stored, name = _furthest_behind(projections, deployment.read_models), deployment.topic
    while True:
        try:
            with ExitStack() as failing:
                topics = failing.enter_context(closing(Topics(brokers)))
                topic = topics.ensure(name, deployment.partitions, settings.replication_factor)
                group, patience = _group(projections, name), settings.session_timeout
                source = KafkaSource(brokers, topics, topic, group, stored, session_timeout=patience)
                failing.pop_all()
            return topics, source
        except KafkaUnavailable as error:
            log.warning("project.waits_for_kafka", reason=str(error))
            time.sleep(PAUSE)


def _group(projections: Sequence[Projection], topic: str) -> str:
    """The consumer group: one for each topic and set of read models."""
    names = sorted(projection.name for projection in projections)
    everything = sorted(projection.name for projection in PROJECTIONS)
    return f"{topic}.{'all' if names == everything else '+'.join(names)}"


def _furthest_behind(
    projections: Sequence[Projection], read_models: ReadModels
) -> Callable[[Collection[int]], Mapping[int, Held]]:
    """For each partition, the offset of the read model that is furthest behind; nothing if one of them has not started."""

    def stored(partitions: Collection[int]) -> Mapping[int, Held]:
        with read_models.reader.connect() as connection:
            places = [held(connection, projection.name) for projection in projections]
        return {
            partition: min((each[partition] for each in places), key=lambda place: place.position)
            for partition in partitions
            if all(partition in each for each in places)
        }

    return stored

"""Compares the topic with the log before a process records anything.

A database that was restored as a whole does not know which positions it gave out later. The topic does: new positions are
raised above its messages, so that no position is given out twice.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from typing import TYPE_CHECKING

import structlog

from consumers import same_log
from infra.read_models import checkpoints

if TYPE_CHECKING:
    from infra.kafka.connection import Brokers
    from infra.wiring import Deployment

PATIENCE = 3.0
SOURCE = "topic"

log = structlog.get_logger()


def compare_with_topic(deployment: Deployment) -> None:
    """If Kafka does not answer within some seconds, commands go on: the relay compares before it sends.

    Raises the errors of the stores.
    """
    from infra.kafka.connection import KafkaUnavailable
    from infra.kafka.security import brokers

    try:
        highest = _highest_position(deployment, brokers(deployment.settings)._replace(patience=PATIENCE))
    except KafkaUnavailable as error:
        log.warning("topic.not_compared", reason=str(error))
        return
    if highest > deployment.store.head():
        # Positions are raised first: if this process is killed in between, the next one finds the same.
        deployment.store.raise_positions(highest)
        detail = same_log.ghost_at(highest)
        log.error("topic.positions_ahead", reason=detail)
        with deployment.read_models.writer.begin() as connection:
            same_log.note(connection, detail, SOURCE)


def _highest_position(deployment: Deployment, brokers: Brokers) -> int:
    """The highest position in the topic of this epoch and in those of later ones, which a repair after the backup made."""
    from infra.kafka.ends import highest_position
    from infra.kafka.epochs import later_topics
    from infra.kafka.topic import Topics

    own = deployment.topic
    with deployment.read_models.reader.connect() as connection:
        checkpoint = checkpoints.load(connection, own)
    known: dict[str, Mapping[int, int]] = {own: checkpoint.last if checkpoint else {}}
    with closing(Topics(brokers)) as topics:
        names = [own, *later_topics(deployment.settings.topic, deployment.identity.epoch)]
        existing = [topics.find(name) for name in topics.existing(names)]
    return max((highest_position(brokers, topic, known.get(topic.name, {})) for topic in existing), default=0)

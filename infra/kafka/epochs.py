"""The topic of an epoch. A repair of the log begins a new epoch, and a new topic, which holds events of the repaired log only.

The topic of the first epoch has the name in the settings. That of epoch 2 has the name with `.2` added, and so on. Nothing is
ever deleted: the old topics stay for their readers.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from contextlib import closing
from typing import NamedTuple

from infra.event_store.identity import FIRST_EPOCH, Identity
from infra.kafka import ends
from infra.kafka.connection import Brokers
from infra.kafka.topic import Topics
from infra.settings import Settings


class SeenInKafka(NamedTuple):
    """`position` is the highest position in the topics of all epochs, `epoch` the last epoch that has a topic; 0 if none."""

    position: int
    epoch: int


def topic_name(settings: Settings, identity: Identity) -> str:
    """The name of the topic for events of the log with this identity."""
    return topic_of(settings.topic, identity.epoch)


def topic_of(name: str, epoch: int) -> str:
    """The name of the topic of an epoch; `name` is that of the first one."""
    return name if epoch <= FIRST_EPOCH else f"{name}.{epoch}"


def last_epoch(name: str, topics: Iterable[str]) -> int:
    """The last epoch that has one of these topics; 0 if none has."""
    epoch = re.compile(rf"{re.escape(name)}\.([1-9][0-9]*)")
    later = [int(found[1]) for topic in topics if (found := epoch.fullmatch(topic))]
    return max(later, default=FIRST_EPOCH if name in topics else 0)


def seen_in_kafka(brokers: Brokers, name: str) -> SeenInKafka:
    """What a repair must go beyond; `name` is that of the first topic. Raises KafkaUnavailable."""
    with closing(Topics(brokers)) as topics:
        names = topics.names()
        last = last_epoch(name, names)
        every = [topic for epoch in range(FIRST_EPOCH, last + 1) if (topic := topic_of(name, epoch)) in names]
        return SeenInKafka(max((_highest_position(brokers, topics, topic) for topic in every), default=0), last)


def _highest_position(brokers: Brokers, topics: Topics, name: str) -> int:
    with ends.opened(brokers, topics.find(name)) as topic_ends:
        found = topic_ends.last_messages({})
    return max((message.stored.position for messages in found.values() for message in messages), default=0)

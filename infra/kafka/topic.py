"""The topic that events go through. It is created with the settings that it needs, or checked for them.

A topic that was deleted and created again has the same name and another id. Offsets of the old topic are not valid in the
new one.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from contextlib import suppress
from typing import Any, NamedTuple

from kafka import KafkaAdminClient, TopicPartition
from kafka.admin import ConfigResource, ConfigResourceType, NewTopic, OffsetSpec
from kafka.errors import TopicAlreadyExistsError

from infra.kafka.connection import Brokers, KafkaUnavailable, unavailable_when_failing
from infra.routing import PARTITIONS, Held

# No record expires. The broker sets the time of a record: it would reject a time too far in the future and stop the producer.
KEPT = {
    "cleanup.policy": "delete",
    "retention.ms": "-1",
    "retention.bytes": "-1",
    "message.timestamp.type": "LogAppendTime",
}
# The largest event is somewhat larger than the largest body of a request.
LARGEST = 16 * 1024 * 1024


class Topic(NamedTuple):
    name: str
    id: str
    partitions: int

    @property
    def dead(self) -> str:
        """The name of the topic for unreadable records."""
        return f"{self.name}.dead"


class UnfitTopic(Exception):
    """The topic exists with wrong settings. To continue, use another topic and rebuild the read models."""


class Topics:
    """Creates and describes topics. Every method raises KafkaUnavailable."""

    def __init__(self, brokers: Brokers) -> None:
        self._admin = brokers.connected(KafkaAdminClient)

    def ensure(self, name: str, partitions: int = PARTITIONS, replication: int = 1) -> Topic:
        """The topic, created with its dead topic if it is missing. Raises UnfitTopic."""
        self._make(f"{name}.dead", 1, replication)
        self._make(name, partitions, replication)
        topic = self.find(name)
        # While a broker takes note of a new topic, it can know the topic's id and no partition of it yet.
        if not topic.id or not topic.partitions:
            raise KafkaUnavailable(f"{name} is not known to every broker yet")
        if topic.partitions != partitions:
            raise UnfitTopic(f"{name} has {topic.partitions} partitions and needs {partitions}")
        self._refuse_settings_that_lose(name)
        return topic

    def find(self, name: str) -> Topic:
        """The topic as it is now; without id and partitions if it does not exist."""
        with unavailable_when_failing():
            [found] = self._admin.describe_topics([name])
        return Topic(name, str(found["topic_id"] or ""), len(found["partitions"]))

    def names(self) -> frozenset[str]:
        """The names of all topics that the user may see."""
        with unavailable_when_failing():
            return frozenset(self._admin.list_topics())

    def existing(self, names: Collection[str]) -> frozenset[str]:
        """Those of these topics that exist. Asks for no others: a cluster can have thousands."""
        with unavailable_when_failing():
            found = self._admin.describe_topics(list(names))
        return frozenset(str(topic["name"]) for topic in found if topic["topic_id"])

    def lag(self, topic: Topic, held: Mapping[int, Held]) -> dict[int, int]:
        """The number of messages in each partition after the held offset; all of them if the offset is of another topic."""
        asked = {TopicPartition(topic.name, p): OffsetSpec.LATEST for p in held}
        with unavailable_when_failing():
            ends = self._admin.list_partition_offsets(asked)
        starts = {p: one.next_offset if one.topic_id == topic.id else 0 for p, one in held.items()}
        return {place.partition: max(0, end.offset - starts[place.partition]) for place, end in ends.items()}

    def close(self) -> None:
        self._admin.close()

    def _make(self, name: str, partitions: int, replication: int) -> None:
        settings = KEPT | {"max.message.bytes": str(LARGEST)}
        new = NewTopic(name, partitions, replication, topic_configs=settings)
        with unavailable_when_failing(), suppress(TopicAlreadyExistsError):
            self._admin.create_topics([new], wait_for_metadata=True)

    def _refuse_settings_that_lose(self, name: str) -> None:
        with unavailable_when_failing():
            described = self._admin.describe_configs(
                [ConfigResource(ConfigResourceType.TOPIC, name, KEPT)], config_filter="all"
            )
        actual: dict[str, Any] = described["topic"][name]
        for setting, value in KEPT.items():
            if (found := actual[setting]["value"]) != value:
                raise UnfitTopic(f"{name} has {setting}={found} and needs {value}")

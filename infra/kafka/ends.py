"""The last messages of a topic. A relay and a repair compare them with the log."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator, Mapping
from contextlib import closing, contextmanager
from typing import Any

from kafka import KafkaConsumer, TopicPartition

from infra.kafka.connection import Brokers, KafkaUnavailable, unavailable_when_failing
from infra.kafka.epochs import Seen, earlier_topics, last_epoch
from infra.kafka.headers import Unreadable, decode
from infra.kafka.producer import WINDOW_MESSAGES
from infra.kafka.topic import Topic, Topics
from infra.routing import Message

PATIENCE = 20.0
POLL_MS = 200
SETTINGS: dict[str, Any] = {"enable_auto_commit": False, "auto_offset_reset": "none", "metrics_enabled": False}


@contextmanager
def opened(brokers: Brokers, topic: Topic) -> Iterator[Ends]:
    """The ends of a topic, as they are now. Raises KafkaUnavailable, as its methods do."""
    consumer = brokers.connected(KafkaConsumer, **SETTINGS)
    try:
        with unavailable_when_failing():
            yield Ends(consumer, topic)
    finally:
        consumer.close()


class Ends:
    """`unused` are the partitions that never had a record."""

    def __init__(self, consumer: KafkaConsumer, topic: Topic) -> None:
        self._consumer = consumer
        places = [TopicPartition(topic.name, partition) for partition in range(topic.partitions)]
        consumer.assign(places)
        self._ends: Mapping[TopicPartition, int] = consumer.end_offsets(places)
        self._begins: Mapping[TopicPartition, int] = consumer.beginning_offsets(places)
        self.unused = frozenset(place.partition for place in places if self._ends[place] == 0)

    def last(self, count: int, partitions: Collection[int]) -> dict[int, list[Message]]:
        """The messages among the last `count` records of these partitions, in order; not those that cannot be read."""
        starts = {place: max(self._begins[place], end - count) for place, end in self._ends.items()}
        unread = {place for place, start in starts.items() if place.partition in partitions and start < self._ends[place]}
        found: dict[int, list[Message]] = {partition: [] for partition in partitions}
        self._consumer.assign(unread)
        for place in unread:
            self._consumer.seek(place, starts[place])
        deadline = time.monotonic() + PATIENCE
        while unread:
            if time.monotonic() > deadline:
                raise KafkaUnavailable(f"the ends of {sorted(unread)} are not read within {PATIENCE:g} s")
            for place, records in self._consumer.poll(POLL_MS).items():
                found[place.partition] += _readable(place.partition, records, self._ends[place])
            unread = {place for place in unread if self._consumer.position(place) < self._ends[place]}
        return found

    def last_messages(self, known: Mapping[int, int]) -> dict[int, list[Message]]:
        """The last message of each partition; where that is not the one at the position in `known`, up to a thousand.

        A relay that was killed sends again what was not saved as sent. So the message with the highest position is not
        always the last one.
        """
        found = self.last(1, range(len(self._ends)))
        last = {partition: messages[-1].stored.position for partition, messages in found.items() if messages}
        return found | self.last(
            WINDOW_MESSAGES, [partition for partition in found if last.get(partition) != known.get(partition)]
        )


def _readable(partition: int, records: Collection[Any], end: int) -> Iterator[Message]:
    for record in records:
        if record.offset < end:
            try:
                yield decode(partition, record.offset, record.value, record.headers)
            except Unreadable:
                """It is in the dead topic, or will be."""


def seen_in_kafka(brokers: Brokers, name: str) -> Seen:
    """What is in the topics of all epochs. `name` is that of the first epoch's topic. Raises KafkaUnavailable."""
    with closing(Topics(brokers)) as topics:
        names = topics.names()
        last = last_epoch(name, names)
        every = earlier_topics(name, last + 1, names)
        return Seen(max((highest_position(brokers, topics.find(topic), {}) for topic in every), default=0), last)


def highest_position(brokers: Brokers, topic: Topic, known: Mapping[int, int]) -> int:
    """The highest position in the topic, 0 if it is empty; `known` are the last positions that a relay sent, by partition."""
    with opened(brokers, topic) as ends:
        found = ends.last_messages(known)
    return max((message.stored.position for messages in found.values() for message in messages), default=0)

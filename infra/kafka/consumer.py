"""Messages from Kafka, read from the offsets that the read models store.

A read model stores its offset with its rows; Kafka's own committed offsets are not used. A record that cannot be read goes
to the dead topic before any record after it is returned.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from typing import Any

import structlog
from kafka import ConsumerRebalanceListener, KafkaConsumer, TopicPartition
from kafka.errors import KafkaError, NoOffsetForPartitionError, OffsetOutOfRangeError
from prometheus_client import Counter

from infra.kafka.connection import Brokers, KafkaUnavailable, unavailable_when_failing
from infra.kafka.fetched import Fetched, read_as_whole
from infra.kafka.headers import Record, Unreadable, decode, with_reason
from infra.kafka.producer import Producer
from infra.kafka.topic import Topic, Topics, UnfitTopic
from infra.routing import Held, Message

Stored = Callable[[Collection[int]], Mapping[int, Held]]
ByPartition = dict[TopicPartition, list[Fetched]]

VERIFY_EVERY = 5.0
# A few messages wait so many seconds for others. A turn of the projector costs nearly the same for one message and for ten.
GATHERING, FEW = 0.01, 200

SETTINGS: dict[str, Any] = {
    "enable_auto_commit": False,
    "auto_offset_reset": "none",
    "heartbeat_interval_ms": 1_500,
    "max_poll_interval_ms": 60_000,
    "max_poll_records": 2_000,
    "fetch_max_wait_ms": 100,
    "metrics_enabled": False,
}

log = structlog.get_logger()
dead_messages = Counter("recount_dead_messages_total", "Records that could not be read and went to the dead topic.")


class KafkaSource:
    """Reads the partitions that the group gives to this process.

    `stored` returns the offsets that the read models hold, by partition. It is a short query, and runs on the consumer's own
    thread each time partitions are assigned. A partition is read from its beginning if no offset of it is held, or an offset
    of a topic that no longer exists. The constructor and `poll` raise KafkaUnavailable. `poll` also raises the errors of
    `stored`, and the next `poll` calls `stored` again. Times are in seconds.
    """

    is_log = False

    def __init__(
        self,
        brokers: Brokers,
        topics: Topics,
        topic: Topic,
        group: str,
        stored: Stored,
        *,
        session_timeout: float = 6.0,
        verify_every: float = VERIFY_EVERY,
    ) -> None:
        self._topics, self._topic, self._stored, self._verify_every = topics, topic, stored, verify_every
        self._verified = time.monotonic()
        self._passed_over: dict[int, int] = {}
        self._dead = Producer(brokers)
        self._consumer = brokers.connected(
            KafkaConsumer,
            group_id=group,
            session_timeout_ms=int(session_timeout * 1000),
            **SETTINGS,
        )
        read_as_whole(self._consumer)
        try:
            self._consumer.subscribe([topic.name], listener=SeekWhenAssigned(self._seek_to_stored))
            self._require_metadata()
        except BaseException:
            self._consumer.close()
            raise

    @property
    def topic_id(self) -> str:
        return self._topic.id

    @property
    def partitions(self) -> int:
        return self._topic.partitions

    def assigned(self) -> frozenset[int]:
        return frozenset(place.partition for place in self._consumer.assignment() or ())

    def poll(self, timeout: float) -> Sequence[Message]:
        self._verify()
        messages: list[Message] = []
        unreadable: list[Record] = []
        fetched = self._fetch(timeout)
        for place, records in fetched.items():
            for record in records:
                try:
                    messages.append(decode(place.partition, record.offset, record.value, record.headers))
                except Unreadable as error:
                    unreadable.append(_dead_record(place, record, error))
        if unreadable:
            self._send_to_dead_topic(unreadable, fetched)
        self._note_passed_over(messages, fetched)
        return messages

    def passed_over(self) -> Mapping[int, int]:
        """The offset to continue from, for each partition whose last polled record could not be read."""
        return dict(self._passed_over)

    def seek(self, partition: int, held: Held) -> None:
        """Continue at the held offset. Does nothing if the partition has just been revoked."""
        with suppress(ValueError, KeyError):
            self._consumer.seek(TopicPartition(self._topic.name, partition), self._offset(held))

    def lag(self, held: Mapping[int, Held]) -> Mapping[int, int]:
        """The number of messages after the held offset, by partition."""
        return self._topics.lag(self._topic, held)

    def stop_waiting(self) -> None:
        """Does nothing: the client has no call for it, and waits in short turns."""

    def close(self) -> None:
        """Leave the group. The given `topics` stay open."""
        self._dead.close()
        self._consumer.close()

    def _require_metadata(self) -> None:
        """Raises KafkaUnavailable if the topic's partitions are not known yet.

        A group's leader that does not know them assigns none, and may never notice the mistake.
        """
        with unavailable_when_failing():
            known = self._consumer.partitions_for_topic(self._topic.name)
        if len(known or ()) != self._topic.partitions:
            raise KafkaUnavailable(f"the partitions of {self._topic.name} are not known yet")

    def _offset(self, held: Held) -> int:
        return held.next_offset if held.topic_id == self._topic.id else 0

    def _seek_to_stored(self, partitions: Collection[int]) -> None:
        held = self._stored(partitions)
        nothing = Held(0, 0, self._topic.id)
        for partition in partitions:
            self._passed_over.pop(partition, None)
            self.seek(partition, held.get(partition, nothing))

    def _fetch(self, timeout: float) -> ByPartition:
        try:
            fetched: ByPartition = self._consumer.poll(int(timeout * 1000))
            self._gather(fetched)
            return fetched
        except OffsetOutOfRangeError as error:
            log.warning("kafka.offset_out_of_range", topic=self._topic.name, offsets=str(error.args))
            self._consumer.seek_to_beginning(*error.args[0])
            return {}
        except NoOffsetForPartitionError:
            # The database was unavailable when partitions were assigned.
            self._seek_to_stored(self.assigned())
            return {}
        except KafkaError as error:
            raise KafkaUnavailable(str(error)) from error

    def _gather(self, fetched: ByPartition) -> None:
        """Adds what arrives in the next moment.

        The client asks for more as soon as it returns something, and is answered with the next message alone: what comes after
        that would wait for two turns.
        """
        end = time.monotonic() + GATHERING
        while fetched and (left := end - time.monotonic()) > 0 and sum(map(len, fetched.values())) < FEW:
            try:
                more: ByPartition = self._consumer.poll(max(1, int(left * 1000)))
            except Exception:
                # What was fetched is not lost. If the reason stays, the next poll meets it.
                return
            for place, records in more.items():
                fetched.setdefault(place, []).extend(records)

    def _send_to_dead_topic(self, unreadable: Sequence[Record], fetched: ByPartition) -> None:
        """Send the records to the dead topic. If it does not answer, no fetched record counts as read."""
        try:
            self._dead.send(self._topic.dead, unreadable)
        except KafkaUnavailable:
            for place, records in fetched.items():
                self._consumer.seek(place, records[0].offset)
            raise
        log.error("kafka.unreadable", topic=self._topic.name, records=len(unreadable))
        dead_messages.inc(len(unreadable))

    def _note_passed_over(self, messages: Sequence[Message], fetched: ByPartition) -> None:
        read = {message.partition: message.offset for message in messages}
        for place, records in fetched.items():
            self._passed_over.pop(place.partition, None)
            if read.get(place.partition) != (last := records[-1].offset):
                self._passed_over[place.partition] = last + 1

    def _verify(self) -> None:
        """Seek again if the topic was deleted and created again: stored offsets are not valid in the new topic."""
        if time.monotonic() - self._verified < self._verify_every:
            return
        now = self._topics.find(self._topic.name)
        self._verified = time.monotonic()
        if not now.id:
            raise KafkaUnavailable(f"there is no topic {now.name}")
        if now.partitions != self._topic.partitions:
            raise UnfitTopic(f"{now.name} had {self._topic.partitions} partitions and now has {now.partitions}")
        if now.id != self._topic.id:
            log.warning("kafka.topic_made_anew", topic=now.name)
            self._topic = now
            self._seek_to_stored(self.assigned())


class SeekWhenAssigned(ConsumerRebalanceListener):  # type: ignore[misc]  # the client has no types
    """Moves newly assigned partitions to their stored offsets."""

    def __init__(self, seek: Callable[[Collection[int]], None]) -> None:
        self._seek = seek

    def on_partitions_revoked(self, revoked: Collection[TopicPartition]) -> None:
        pass

    def on_partitions_assigned(self, assigned: Collection[TopicPartition]) -> None:
        if assigned:
            self._seek([place.partition for place in assigned])


def _dead_record(place: TopicPartition, record: Fetched, error: Unreadable) -> Record:
    origin = {"topic": place.topic, "partition": place.partition, "offset": record.offset}
    headers = [(name, value or b"") for name, value in record.headers]
    return with_reason(Record(0, record.key, record.value, headers), str(error), origin)

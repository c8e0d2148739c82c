"""The content of a topic, as a consumer that follows the chain sees it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from threading import Thread

from kafka import KafkaConsumer, TopicPartition

from consumers.relay import Relay
from infra.event_store.mapper import read_metadata
from infra.event_store.store import EventStore
from infra.kafka.headers import decode
from infra.routing import PARTITIONS, Message, partitions_of
from tests.waiting import PATIENCE, wait_until

Positions = dict[int, list[int]]


def concerned(store: EventStore, partitions: int = PARTITIONS) -> Positions:
    """The positions of the events that concern each partition, in order."""
    found: Positions = {partition: [] for partition in range(partitions)}
    for stored in store.log(0, 1_000_000):
        for partition in partitions_of(read_metadata(stored.state), partitions):
            found[partition].append(stored.position)
    return found


def read_all(bootstrap: str, topic: str, partitions: int = PARTITIONS) -> list[Message]:
    """All messages of a topic, to which nothing more is sent."""
    places = [TopicPartition(topic, partition) for partition in range(partitions)]
    consumer = KafkaConsumer(bootstrap_servers=bootstrap, enable_auto_commit=False, auto_offset_reset="none")
    consumer.assign(places)
    consumer.seek_to_beginning()
    ends: Mapping[TopicPartition, int] = consumer.end_offsets(places)
    messages: list[Message] = []

    def all_are_read() -> bool:
        for records in consumer.poll(200).values():
            messages.extend(decode(one.partition, one.offset, one.value, one.headers) for one in records)
        return all(consumer.position(place) >= end for place, end in ends.items())

    wait_until(all_are_read, f"{topic} is read")
    consumer.close()
    return messages


def applied(messages: Sequence[Message], partitions: int = PARTITIONS) -> Positions:
    """The positions that a consumer that follows the chain applies on each partition."""
    found: Positions = {partition: [] for partition in range(partitions)}
    for message in messages:
        mine = found[message.partition]
        if message.previous == (mine[-1] if mine else 0):
            mine.append(message.stored.position)
    return found


def sent(messages: Sequence[Message], partitions: int = PARTITIONS) -> Positions:
    """The positions of all messages on each partition, including duplicates."""
    return {p: [message.stored.position for message in messages if message.partition == p] for p in range(partitions)}


@contextmanager
def running(*relays: Relay) -> Iterator[None]:
    threads = [Thread(target=relay.run, daemon=True) for relay in relays]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        for relay in relays:
            relay.stop()
        for thread in threads:
            thread.join(PATIENCE)
        assert not any(thread.is_alive() for thread in threads)

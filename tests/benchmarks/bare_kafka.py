"""Bare loops: the throughput of kafka-python alone, with the settings, headers and windows of Recount's processes."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import islice

from kafka import KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import KafkaAdminClient, NewTopic

PRODUCER = {
    "acks": "all",
    "enable_idempotence": True,
    "linger_ms": 60_000,
    "batch_size": 1_000_000,
    "delivery_timeout_ms": 3_600_000,
    "request_timeout_ms": 5_000,
    "max_block_ms": 10_000,
    "bootstrap_timeout_ms": 3_000,
    "reconnect_backoff_max_ms": 1_000,
    "metadata_max_age_ms": 30_000,
    "metrics_enabled": False,
}
CONSUMER = {
    "enable_auto_commit": False,
    "auto_offset_reset": "none",
    "session_timeout_ms": 6_000,
    "heartbeat_interval_ms": 1_500,
    "max_poll_interval_ms": 60_000,
    "max_poll_records": 2_000,
    "fetch_max_wait_ms": 100,
    "request_timeout_ms": 5_000,
    "bootstrap_timeout_ms": 3_000,
    "reconnect_backoff_max_ms": 1_000,
    "metrics_enabled": False,
}
Clock = Callable[[], float]
HEADERS = (
    "ce_specversion", "ce_id", "ce_type", "ce_source", "ce_subject", "ce_time",
    "position", "previous", "version", "correlation", "causation", "traceparent",
)  # fmt: skip


@dataclass(frozen=True)
class Message:
    """One record: by default with a value of 300 bytes and twelve headers of 36."""

    partition: int
    value: bytes = b"x" * 300
    headers: list[tuple[str, bytes]] = field(default_factory=lambda: [(name, b"0" * 36) for name in HEADERS])


def create_topic(bootstrap: str, topic: str, partitions: int = 12) -> None:
    admin = KafkaAdminClient(bootstrap_servers=bootstrap)
    admin.create_topics([NewTopic(topic, partitions, -1, topic_configs={"retention.ms": "-1"})], wait_for_metadata=True)
    admin.close()


def produce(
    bootstrap: str, topic: str, messages: Sequence[Message], window: int = 1_000, clock: Clock = time.perf_counter
) -> float:
    """Messages per second of the clock, sent window by window and all acknowledged.

    Raises the KafkaError of a message that is not acknowledged.
    """
    producer = KafkaProducer(bootstrap_servers=bootstrap, **PRODUCER)
    producer.partitions_for(topic)
    pending, begin = iter(messages), clock()
    while batch := list(islice(pending, window)):
        futures = [producer.send(topic, m.value, partition=m.partition, headers=m.headers) for m in batch]
        producer.flush(timeout=20)
        for future in futures:
            future.get(timeout=0)
    rate = len(messages) / (clock() - begin)
    producer.close(timeout=5)
    return rate


def consume(bootstrap: str, topic: str, count: int, timeout: float = 120, clock: Clock = time.perf_counter) -> float:
    """Records per second of the clock, from the first one to the `count`-th. Raises TimeoutError after `timeout` seconds."""
    consumer = KafkaConsumer(bootstrap_servers=bootstrap, **CONSUMER)
    consumer.assign([TopicPartition(topic, partition) for partition in consumer.partitions_for_topic(topic)])
    consumer.seek_to_beginning()
    seen, begin, deadline = 0, clock(), time.monotonic() + timeout
    while seen < count:
        seen += sum(map(len, consumer.poll(500).values()))
        if time.monotonic() > deadline:
            raise TimeoutError(f"{seen} of {count} records after {timeout:g} s")
    rate = seen / (clock() - begin)
    consumer.close()
    return rate

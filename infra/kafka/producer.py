"""Sends records to Kafka one window at a time, and waits until every batch of it is acknowledged.

After an uncertain outcome the producer is thrown away. A producer whose delivery time-out has expired accepts records for
ever and sends nothing, so the time-out is set too long to be reached. Only `force_close` closes a producer that is stuck. It is
quick as long as windows are small.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

from kafka import KafkaProducer
from kafka.errors import KafkaError, KafkaTimeoutError
from kafka.producer.producer_batch import ProducerBatch

from infra.kafka.batches import batches, hand_over
from infra.kafka.connection import Brokers, KafkaUnavailable
from infra.kafka.headers import Record
from infra.kafka.topic import LARGEST

WINDOW_MESSAGES = 1_000
WINDOW_BYTES = 800_000
FLUSH_SECONDS = 20.0
CLOSE_SECONDS = 10.0

# A batch is complete when the client is given it, so it waits for nothing (no linger).
SETTINGS: dict[str, Any] = {
    "acks": "all",
    "enable_idempotence": True,
    "linger_ms": 0,
    "max_request_size": LARGEST,
    "delivery_timeout_ms": 3_600_000,
    "max_block_ms": 10_000,
    "metadata_max_age_ms": 30_000,
    "metrics_enabled": False,
}


def nothing() -> None:
    """What a sender does meanwhile if it has nothing to do."""


class Producer:
    """Sends windows of at most 1,000 records and 800 KB (or one larger record), one at a time."""

    def __init__(self, brokers: Brokers, flush_timeout: float = FLUSH_SECONDS) -> None:
        self._brokers, self._flush_timeout = brokers, flush_timeout
        self._kafka: KafkaProducer | None = None

    def send(self, topic: str, window: Sequence[Record], meanwhile: Callable[[], None] = nothing) -> None:
        """Returns when all records are acknowledged. Calls `meanwhile` while they are on their way.

        Raises KafkaUnavailable if it is unknown which records arrived, and in which order. The next window then goes
        through a new producer. So it does after an error of `meanwhile`.
        """
        try:
            self._send(self._connected(), topic, window, meanwhile)
        except BaseException as error:
            self.close()
            if isinstance(error, KafkaError):
                raise KafkaUnavailable(str(error)) from error
            raise

    def close(self) -> None:
        """Close without sending anything more."""
        if self._kafka is not None:
            self._kafka._sender.force_close()
            self._kafka._sender.join(CLOSE_SECONDS)
            self._kafka = None

    def _send(self, kafka: KafkaProducer, topic: str, window: Sequence[Record], meanwhile: Callable[[], None]) -> None:
        kafka.partitions_for(topic)
        sent = batches(topic, window)
        hand_over(kafka._accumulator, sent)
        kafka._sender.wakeup()
        deadline = time.monotonic() + self._flush_timeout
        meanwhile()
        for batch in sent:
            _require_acknowledged(batch, deadline)

    def _connected(self) -> KafkaProducer:
        if self._kafka is None:
            self._kafka = self._brokers.connected(KafkaProducer, **SETTINGS)
        return self._kafka


def _require_acknowledged(batch: ProducerBatch, deadline: float) -> None:
    """Waits until the brokers have the batch. Raises the KafkaError that says why they do not."""
    answer = batch.produce_future
    answer.wait(max(0.0, deadline - time.monotonic()))
    if not answer.is_done:
        raise KafkaTimeoutError(f"{batch.topic_partition} is not acknowledged")
    *_, error_of = answer.value
    if error_of is not None:
        raise error_of(0)

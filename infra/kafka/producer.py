"""Sends records to Kafka one window at a time: send, flush, check every acknowledgement.

After an uncertain outcome the producer is thrown away. A producer whose delivery time-out has expired accepts records for
ever and sends nothing, so the time-out is set too long to be reached. Only `force_close` closes a producer that is stuck. It is
quick as long as windows are small.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from kafka import KafkaProducer
from kafka.errors import KafkaError

from infra.kafka.connection import Brokers, KafkaUnavailable
from infra.kafka.headers import Record
from infra.kafka.topic import LARGEST

WINDOW_MESSAGES = 1_000
WINDOW_BYTES = 800_000
FLUSH_SECONDS = 20.0
CLOSE_SECONDS = 10.0

# With a long linger and large batches, each partition gets one batch per window, sent by the flush.
SETTINGS: dict[str, Any] = {
    "acks": "all",
    "enable_idempotence": True,
    "linger_ms": 60_000,
    "batch_size": 1_000_000,
    "max_request_size": LARGEST,
    "delivery_timeout_ms": 3_600_000,
    "max_block_ms": 10_000,
    "metadata_max_age_ms": 30_000,
    "metrics_enabled": False,
}


class Producer:
    """Sends windows of at most 1,000 records and 800 KB (or one larger record), one at a time."""

    def __init__(self, brokers: Brokers, flush_timeout: float = FLUSH_SECONDS) -> None:
        self._brokers, self._flush_timeout = brokers, flush_timeout
        self._kafka: KafkaProducer | None = None

    def send(self, topic: str, window: Sequence[Record]) -> None:
        """Returns when all records are acknowledged.

        Raises KafkaUnavailable if it is unknown which records arrived, and in which order. The next window then goes
        through a new producer.
        """
        try:
            self._send(self._connected(), topic, window)
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

    def _send(self, kafka: KafkaProducer, topic: str, window: Sequence[Record]) -> None:
        futures = [kafka.send(topic, value, key, headers, partition) for partition, key, value, headers in window]
        kafka.flush(timeout=self._flush_timeout)
        for future in futures:
            future.get(timeout=0)

    def _connected(self) -> KafkaProducer:
        if self._kafka is None:
            self._kafka = self._brokers.connected(KafkaProducer, **SETTINGS)
        return self._kafka

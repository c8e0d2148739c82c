"""Record batches in Kafka's message format 2, each encoded as a whole.

kafka-python makes a future for each record and encodes it header by header, which is two thirds of the CPU of a relay. A window
needs only one answer for each partition: so a batch is encoded here, and kafka-python sends it as if it were its own. Formats:
https://kafka.apache.org/documentation/#recordbatch
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache

from kafka import TopicPartition
from kafka.producer.producer_batch import ProducerBatch
from kafka.producer.record_accumulator import RecordAccumulator
from kafka.record.memory_records import MemoryRecordsBuilder

from infra.kafka.headers import Headers, Record

# The records of a partition are sent in several batches if they are larger. A larger record has a batch of its own.
BATCH_BYTES = 1_000_000
FORMAT, UNCOMPRESSED = 2, 0
# A record's attributes, and the difference of its time to that of its batch: the broker sets the time.
PLAIN_AND_AT_THE_SAME_TIME = b"\0\0"


def encoded_integer(number: int) -> bytes:
    """A signed integer of variable length, as Protocol Buffers encode it (ZigZag)."""
    number = number << 1 if number >= 0 else ~(number << 1)
    encoded = bytearray()
    while number > 0x7F:
        encoded.append(0x80 | number & 0x7F)
        number >>= 7
    encoded.append(number)
    return bytes(encoded)


class Integers(dict[int, bytes]):
    """Encoded integers by their value. Small ones are ready, others are encoded when needed."""

    def __missing__(self, number: int) -> bytes:
        return encoded_integer(number)


INTEGERS = Integers({number: encoded_integer(number) for number in range(4096)})
ABSENT = (encoded_integer(-1),)


class Encoded(MemoryRecordsBuilder):  # type: ignore[misc]  # the client has no types
    """A batch's records, already encoded. The client adds the head of the batch when it sends them."""

    def __init__(self, count: int, records: Iterable[bytes], timestamp_ms: int) -> None:
        super().__init__(FORMAT, UNCOMPRESSED, BATCH_BYTES)
        builder = self._builder
        builder._buffer += b"".join(records)
        builder._first_timestamp = builder._max_timestamp = timestamp_ms
        builder._last_offset, builder._num_records, self._next_offset = count - 1, count, count


def batches(topic: str, window: Sequence[Record]) -> list[ProducerBatch]:
    """The batches that carry these records to their partitions, in order within each partition."""
    by_partition: dict[int, list[Record]] = defaultdict(list)
    for record in window:
        by_partition[record.partition].append(record)
    now = int(time.time() * 1000)
    return [
        ProducerBatch(TopicPartition(topic, partition), Encoded(count, records, now))
        for partition, own in by_partition.items()
        for count, records in encoded(own)
    ]


def hand_over(accumulator: RecordAccumulator, made: Iterable[ProducerBatch]) -> None:
    """Lets the client send these batches after all that it was given before, as soon as it wakes up."""
    accumulator._appends_in_progress.increment()
    try:
        for batch in made:
            with accumulator._tp_lock(batch.topic_partition):
                accumulator._batches[batch.topic_partition].append(batch)
                accumulator._incomplete.add(batch)
    finally:
        accumulator._appends_in_progress.decrement()


def encoded(records: Iterable[Record]) -> Iterator[tuple[int, list[bytes]]]:
    """The records of each batch, encoded, with their number."""
    count, size, parts = 0, 0, list[bytes]()
    for _, key, value, headers in records:
        body = _body(count, key, value, headers)
        if count and size + len(body) > BATCH_BYTES:
            yield count, parts
            count, size, parts = 0, 0, []
            body = _body(count, key, value, headers)
        parts += (INTEGERS[len(body)], body)
        size += len(body)
        count += 1
    if count:
        yield count, parts


def _body(offset: int, key: bytes | None, value: bytes | None, headers: Headers) -> bytes:
    """A record without its length. `offset` is its place in its batch."""
    fields = [
        PLAIN_AND_AT_THE_SAME_TIME,
        INTEGERS[offset],
        *(ABSENT if key is None else (INTEGERS[len(key)], key)),
        *(ABSENT if value is None else (INTEGERS[len(value)], value)),
        INTEGERS[len(headers)],
        encoded_headers(headers),
    ]
    return b"".join(fields)


def encoded_headers(headers: Headers) -> bytes:
    """The headers without their number."""
    fields: list[bytes] = []
    for name, text in headers:
        fields += (_name(name), INTEGERS[len(text)], text)
    return b"".join(fields)


@lru_cache(256)
def _name(name: str) -> bytes:
    """The name of a header, with its length."""
    text = name.encode()
    return INTEGERS[len(text)] + text

"""Record batches in Kafka's message format 2, each read as a whole: the counterpart of `batches`.

kafka-python reads each header by calls of its own, copies each record twice, and measures it; that is most of the CPU of a
consumer. Formats: https://kafka.apache.org/documentation/#recordbatch
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from kafka import KafkaConsumer, TopicPartition
from kafka.consumer.fetcher import Fetcher
from kafka.errors import CorruptRecordError

from infra.kafka.batches import encoded_headers
from infra.kafka.headers import SAME_FOR_ALL

FORMAT = 2
HEADERS_AT_FIRST = encoded_headers(SAME_FOR_ALL)

FetchedHeaders = list[tuple[str, bytes | None]]


class Fetched(NamedTuple):
    """A record as it was fetched from a partition."""

    offset: int
    key: bytes | None
    value: bytes | None
    headers: FetchedHeaders


def read_as_whole(consumer: KafkaConsumer) -> None:
    """From now on, the consumer's records are `Fetched`. Its fetches, its checks and its positions are the client's own."""
    consumer._fetcher.PartitionRecords = Batches


class Batches(Fetcher.PartitionRecords):  # type: ignore[misc]  # the client has no types
    """The fetched batches of a partition, for the client's fetcher."""

    def _unpack_records(self, place: TopicPartition, fetched: Any, *_: Any) -> Iterator[Fetched]:
        while (batch := fetched.next_batch()) is not None:
            if batch.magic != FORMAT or not batch.validate_crc():
                raise CorruptRecordError(f"the batch at offset {batch.base_offset} of {place} is damaged")
            self.leader_epoch = batch.leader_epoch
            if not batch.is_control_batch:
                for record in records(batch):
                    self.next_fetch_offset = record.offset + 1
                    yield record
            # Also if its last records were removed by compaction.
            self.next_fetch_offset = batch.next_offset
        self.drain()


def records(batch: Any) -> Iterator[Fetched]:
    """The records of the client's batch. Raises CorruptRecordError for bytes that are not those of records."""
    batch._maybe_uncompress()
    data, at, first = bytes(batch._buffer), batch._pos, batch.base_offset
    try:
        for _ in range(batch.records_count):
            length, at = integer(data, at)
            end = at + length
            record, at = _record(data, at, first)
            if at != end:
                raise ValueError(f"a record has {length} bytes and does not end there")
            yield record
        if at != len(data):
            raise ValueError(f"{len(data) - at} bytes follow the last record")
    except (ValueError, IndexError) as error:
        raise CorruptRecordError(f"the batch at offset {first} is damaged: {error}") from error


def _record(data: bytes, at: int, first: int) -> tuple[Fetched, int]:
    """The record whose attributes are `at`, and where it ends. `first` is the offset of its batch."""
    _, at = integer(data, at)  # Its attributes and its time are not used.
    _, at = integer(data, at)
    offset, at = integer(data, at)
    key, at = _bytes(data, at)
    value, at = _bytes(data, at)
    count, at = integer(data, at)
    if count < 0:
        raise ValueError(f"a record has {count} headers")
    headers: FetchedHeaders = []
    if data.startswith(HEADERS_AT_FIRST, at) and count >= len(SAME_FOR_ALL):
        headers += SAME_FOR_ALL
        at += len(HEADERS_AT_FIRST)
    for _ in range(count - len(headers)):
        # This is `_bytes` twice, without its calls: a record has a dozen headers, and most lengths have one byte.
        if (length := data[at]) & 0x81:
            name, at = _bytes(data, at)
        else:
            start, at = at + 1, at + 1 + (length >> 1)
            name = data[start:at]
        if (length := data[at]) & 0x81:
            text, at = _bytes(data, at)
        else:
            start, at = at + 1, at + 1 + (length >> 1)
            text = data[start:at]
        headers.append((NAMES[name], text))
    return Fetched(first + offset, key, value, headers), at


def _bytes(data: bytes, at: int) -> tuple[bytes | None, int]:
    """Bytes after their length, and where they end; None for the length −1."""
    length, start = integer(data, at)
    if length < 0:
        return None, start
    end = start + length
    return data[start:end], end


def integer(data: bytes, at: int) -> tuple[int, int]:
    """A signed integer of variable length, as Protocol Buffers encode it (ZigZag), and where it ends."""
    byte = data[at]
    number, shift = byte & 0x7F, 7
    while byte & 0x80:
        at += 1
        byte = data[at]
        number |= (byte & 0x7F) << shift
        shift += 7
    return number >> 1 ^ -(number & 1), at + 1


class Names(dict[bytes | None, str]):
    """The names of headers by their bytes. A record has few different ones, and a sender may send any: only ours are kept."""

    def __missing__(self, name: bytes | None) -> str:
        if name is None:
            raise ValueError("a header has no name")
        return name.decode()


OURS = (
    *("ce_id", "ce_type", "ce_subject", "ce_time", "position", "previous", "version"),
    *("correlation", "causation", "traceparent"),
)
NAMES = Names({name.encode(): name for name in OURS})

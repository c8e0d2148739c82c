"""Batches that are read here give the records that the client itself would read, and damage is noticed as it is there."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from kafka import TopicPartition
from kafka.errors import CorruptRecordError
from kafka.record import MemoryRecords
from kafka.record.default_records import DefaultRecordBatch, DefaultRecordBatchBuilder

from infra.kafka.batches import encoded_integer
from infra.kafka.fetched import Batches, Fetched, integer, records
from infra.kafka.headers import SAME_FOR_ALL, Headers

GZIP = 1
names = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
headers = st.lists(st.tuples(names, st.none() | st.binary(max_size=200)), max_size=5)
sent = st.tuples(
    st.none() | st.binary(max_size=200),
    st.none() | st.binary(max_size=5_000),
    headers | headers.map(lambda more: [*SAME_FOR_ALL, *more]),
)
Sent = tuple[bytes | None, bytes | None, Headers]
ONE: list[Sent] = [(b"key", b"value", [*SAME_FOR_ALL, ("position", b"1")])]


def batch_of(window: Sequence[Sent], first: int = 0, codec: int = 0) -> bytearray:
    builder = DefaultRecordBatchBuilder(2, codec, False, -1, -1, -1, 100_000_000)
    for offset, (key, value, more) in enumerate(window):
        builder.append(offset, 1_700_000_000_000, key, value, more)
    made = bytearray(builder.build())
    made[:8] = first.to_bytes(8, "big")
    return made


def as_the_client_reads(batch: DefaultRecordBatch) -> list[Fetched]:
    return [Fetched(one.offset, one.key, one.value, one.headers) for one in batch]


def outcome(read: Callable[[DefaultRecordBatch], Any], data: bytes) -> list[Fetched] | None:
    """The records, or None if they are damaged."""
    try:
        return list(read(DefaultRecordBatch(data)))
    except CorruptRecordError:
        return None


@given(window=st.lists(sent, max_size=20), first=st.integers(0, 2**40), codec=st.sampled_from([0, GZIP]))
def test_the_records_of_a_batch_are_those_that_the_client_reads(window: list[Sent], first: int, codec: int) -> None:
    data = bytes(batch_of(window, first, codec))
    found = list(records(DefaultRecordBatch(data)))
    assert found == as_the_client_reads(DefaultRecordBatch(data))
    assert [one[1:] for one in found] == window
    assert [one.offset for one in found] == list(range(first, first + len(window)))


@given(window=st.lists(sent, min_size=1, max_size=3), where=st.floats(0, 1), byte=st.integers(0, 255))
@example(window=ONE, where=1.0, byte=1)
def test_what_the_client_calls_damaged_is_damaged_here(window: list[Sent], where: float, byte: int) -> None:
    """The checksum is left out here: it finds nearly all damage before anything is read."""
    data = batch_of(window)
    begin = DefaultRecordBatch.HEADER_STRUCT.size
    data[begin + int(where * (len(data) - begin - 1))] = byte
    found, expected = outcome(records, bytes(data)), outcome(as_the_client_reads, bytes(data))
    assert found == expected


@given(st.integers(-(2**63), 2**63 - 1))
def test_an_integer_is_read_as_it_was_encoded(number: int) -> None:
    encoded = encoded_integer(number)
    assert integer(b"\7" + encoded + b"\7", 1) == (number, 1 + len(encoded))


def fetched(data: bytes, at: int = 0) -> Batches:
    return Batches(at, TopicPartition("t", 0), MemoryRecords(data))


def test_given_several_batches_the_client_takes_a_few_records_at_a_time_and_knows_where_the_next_is() -> None:
    found = fetched(bytes(batch_of(ONE * 3, 10) + batch_of(ONE * 2, 20)), at=11)
    assert [one.offset for one in found.take(3)] == [11, 12, 20]
    assert found.next_fetch_offset == 21
    assert [one.offset for one in found.take(3)] == [21]
    assert (found.next_fetch_offset, bool(found)) == (22, False)


def test_a_batch_with_a_wrong_checksum_is_refused_after_what_is_before_it() -> None:
    broken = batch_of(ONE, 1)
    broken[-1] ^= 1
    found = fetched(bytes(batch_of(ONE) + broken))
    assert [one.offset for one in found.take(9)] == [0]
    with pytest.raises(CorruptRecordError):
        found.take(9)

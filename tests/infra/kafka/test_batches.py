"""Batches that are encoded here are those that the client itself would make, and arrive as they were given."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kafka import KafkaConsumer, TopicPartition
from kafka.record.default_records import DefaultRecordBatchBuilder

from infra.kafka.batches import BATCH_BYTES, batches, encoded_integer
from infra.kafka.connection import Brokers, KafkaUnavailable
from infra.kafka.headers import Record
from infra.kafka.producer import Producer
from infra.kafka.topic import LARGEST, Topics
from tests.waiting import wait_until

names = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
records = st.builds(
    Record,
    partition=st.integers(0, 2),
    key=st.none() | st.binary(max_size=200),
    value=st.none() | st.binary(max_size=5_000),
    headers=st.lists(st.tuples(names, st.binary(max_size=200)), max_size=5),
)


def by_the_client(window: Sequence[Record], timestamp_ms: int) -> bytes:
    builder = DefaultRecordBatchBuilder(2, 0, False, -1, -1, -1, 100_000_000)
    for offset, (_, key, value, headers) in enumerate(window):
        builder.append(offset, timestamp_ms, key, value, headers)
    return bytes(builder.build())


@given(window=st.lists(records, max_size=20))
def test_a_batch_is_byte_for_byte_the_one_that_the_client_makes(window: list[Record]) -> None:
    made = batches("t", window)
    assert [batch.topic_partition.partition for batch in made] == list(dict.fromkeys(one.partition for one in window))
    for batch in made:
        own = [one for one in window if one.partition == batch.topic_partition.partition]
        timestamp_ms = batch.records._builder._first_timestamp
        assert batch.record_count == len(own)
        batch.records.close()
        assert bytes(batch.records.buffer()) == by_the_client(own, timestamp_ms)


@pytest.mark.parametrize(
    ("number", "encoded"),
    [
        (0, b"\0"),
        (-1, b"\1"),
        (1, b"\2"),
        (63, b"\x7e"),
        (64, b"\x80\1"),
        (8192, b"\x80\x80\1"),
        (-(2**31), b"\xff\xff\xff\xff\x0f"),
    ],
)
def test_integers_are_encoded_as_protocol_buffers_do(number: int, encoded: bytes) -> None:
    assert encoded_integer(number) == encoded


def test_records_that_are_too_large_for_one_batch_are_in_several_in_order() -> None:
    window = [Record(0, b"k", bytes(400_000), [("n", b"%d" % n)]) for n in range(5)]
    window.insert(2, Record(0, None, bytes(2 * BATCH_BYTES), []))
    made = batches("t", window)
    assert [batch.record_count for batch in made] == [2, 1, 2, 1]
    timestamp_ms = made[0].records._builder._first_timestamp
    expected = [window[0:2], window[2:3], window[3:5], window[5:6]]
    for batch, own in zip(made, expected, strict=True):
        batch.records.close()
        assert bytes(batch.records.buffer()) == by_the_client(own, timestamp_ms)


class Sent:
    """A producer, and a topic of three partitions that it sends to."""

    def __init__(self, bootstrap: str, name: str) -> None:
        self.producer, self._bootstrap, self.topic = Producer(Brokers(bootstrap), flush_timeout=20), bootstrap, name
        topics = Topics(Brokers(bootstrap))
        topics.ensure(name, 3)
        topics.close()

    def found(self, count: int, among: Sequence[int] = (0, 1, 2)) -> dict[int, list[Record]]:
        """The first `count` records of these partitions, by partition."""
        found: dict[int, list[Record]] = defaultdict(list)
        consumer = KafkaConsumer(bootstrap_servers=self._bootstrap, enable_auto_commit=False, auto_offset_reset="none")
        consumer.assign([TopicPartition(self.topic, partition) for partition in among])
        consumer.seek_to_beginning()

        def arrived() -> bool:
            for place, some in consumer.poll(200).items():
                found[place.partition] += [Record(place.partition, r.key, r.value, list(r.headers)) for r in some]
            return sum(map(len, found.values())) >= count

        wait_until(arrived, f"{count} records arrive")
        consumer.close()
        return found


@pytest.fixture
def sent(bootstrap: str, topic_name: str) -> Iterator[Sent]:
    sent = Sent(bootstrap, topic_name)
    yield sent
    sent.producer.close()


@pytest.mark.servers
def test_records_arrive_as_they_were_given_and_in_order_also_in_several_batches(sent: Sent) -> None:
    small = [Record(n % 3, b"k%d" % n, b"v" * n, [("größe", b"%d" % n), ("größe", b"")]) for n in range(50)]
    large = [Record(1, b"k", b"%d" % n * 400_000, []) for n in range(5)]
    last = [Record(2, None, b"v", []), Record(2, b"k", None, [])]
    meanwhile: list[str] = []
    sent.producer.send(sent.topic, small, lambda: meanwhile.append("called"))
    sent.producer.send(sent.topic, large)
    sent.producer.send(sent.topic, last)
    given = [*small, *large, *last]
    assert meanwhile == ["called"]
    assert sent.found(len(given)) == {n: [one for one in given if one.partition == n] for n in range(3)}


@pytest.mark.servers
def test_an_error_in_the_meantime_ends_the_producer_and_the_next_window_has_another(sent: Sent) -> None:
    def fail() -> None:
        raise OSError("the store is away")

    with pytest.raises(OSError, match="the store is away"):
        sent.producer.send(sent.topic, [Record(0, b"k", b"first", [])], fail)
    assert sent.producer._kafka is None
    sent.producer.send(sent.topic, [Record(1, b"k", b"second", [])])
    assert [one.value for one in sent.found(1, among=(1,))[1]] == [b"second"]


@pytest.mark.servers
def test_a_batch_that_the_broker_refuses_makes_the_outcome_uncertain(sent: Sent) -> None:
    with pytest.raises(KafkaUnavailable):
        sent.producer.send(sent.topic, [Record(0, b"k", bytes(LARGEST + 1), [])])
    sent.producer.send(sent.topic, [Record(0, b"k", b"after", [])])
    assert [one.value for one in sent.found(1)[0]] == [b"after"]

"""Kafka as a source: it starts where the read models are, and unreadable records go to the dead topic."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import closing
from threading import Event, Thread
from typing import Any

import pytest
from kafka import KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import KafkaAdminClient, NewPartitions
from kafka.errors import KafkaError
from sqlalchemy.exc import OperationalError

from domain.shared.events import Metadata
from infra.event_store.mapper import Stored
from infra.kafka.connection import Brokers, KafkaUnavailable
from infra.kafka.consumer import KafkaSource
from infra.kafka.headers import Headers, encode
from infra.kafka.producer import Producer
from infra.kafka.topic import Topics, UnfitTopic
from infra.routing import Held, Message, link
from tests.infra.kafka.test_kafka_headers import METADATA, stored_event
from tests.waiting import PATIENCE, wait_until

pytestmark = pytest.mark.servers

PARTITIONS = 3
EVERYONE = {**{name: getattr(METADATA, name) for name in METADATA.__struct_fields__}, "everyone": True}


class Bench:
    """A topic with sources, a consumer group, and the offsets that a read model holds."""

    def __init__(self, bootstrap: str, name: str, group: str) -> None:
        self.bootstrap, self.group = bootstrap, group
        self.topics, self.producer = Topics(Brokers(bootstrap)), Producer(Brokers(bootstrap))
        self.topic = self.topics.ensure(name, PARTITIONS)
        self.held: dict[int, Held] = {}
        self.last: dict[int, int] = {}
        self.sources: list[KafkaSource] = []

    def source(self) -> KafkaSource:
        source = KafkaSource(Brokers(self.bootstrap), self.topics, self.topic, self.group, self.stored, verify_every=0.2)
        self.sources.append(source)
        return source

    def stored(self, partitions: Collection[int]) -> Mapping[int, Held]:
        return {partition: self.held[partition] for partition in partitions if partition in self.held}

    def send(self, *positions: int) -> None:
        """One event for everyone at each position."""
        metadata = Metadata(**EVERYONE)
        for position in positions:
            event = stored_event(metadata, position)
            self.producer.send(self.topic.name, encode(link(event, metadata, self.last, PARTITIONS)))

    def send_raw(self, partition: int, value: bytes | None, headers: Headers, key: bytes | None = None) -> None:
        producer = KafkaProducer(bootstrap_servers=self.bootstrap)
        producer.send(self.topic.name, value, key, headers, partition).get(timeout=PATIENCE)
        producer.close()

    def dead(self, count: int) -> list[dict[str, bytes]]:
        """The headers of the first records of the dead topic."""
        place = TopicPartition(self.topic.dead, 0)
        consumer = KafkaConsumer(bootstrap_servers=self.bootstrap, auto_offset_reset="none", enable_auto_commit=False)
        consumer.assign([place])
        consumer.seek_to_beginning()
        found: list[dict[str, bytes]] = []

        def arrived() -> bool:
            found.extend(dict(one.headers) for records in consumer.poll(200).values() for one in records)
            return len(found) >= count

        wait_until(arrived, f"{count} dead messages are in the topic")
        consumer.close()
        return found

    def recreate(self) -> None:
        admin = KafkaAdminClient(bootstrap_servers=self.bootstrap)
        admin.delete_topics([self.topic.name])
        admin.close()
        self.topic = self.topics.ensure(self.topic.name, PARTITIONS)
        self.last = {}

    def close(self) -> None:
        for source in self.sources:
            source.close()
        self.producer.close()
        self.topics.close()


@pytest.fixture
def bench(bootstrap: str, topic_name: str, group_name: str) -> Iterator[Bench]:
    bench = Bench(bootstrap, topic_name, group_name)
    yield bench
    bench.close()


def read(source: KafkaSource, count: int) -> list[Message]:
    messages: list[Message] = []

    def enough() -> bool:
        messages.extend(source.poll(0.2))
        return len(messages) >= count

    wait_until(enough, f"{count} messages are read")
    assert len(messages) == count
    return messages


def positions(messages: list[Message], partition: int) -> list[int]:
    return [message.stored.position for message in messages if message.partition == partition]


def test_if_the_client_fails_while_more_messages_are_awaited_the_first_are_not_lost(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = bench.source()
    bench.send(1)
    poll: Any = source._consumer.poll
    failures: list[Exception] = [KafkaError("the coordinator is gone"), OperationalError("away", None, Exception())]

    def fails_after_messages(timeout: int) -> object:
        fetched = poll(timeout)
        if fetched and failures:
            monkeypatch.setattr(source._consumer, "poll", fails_once)
        return fetched

    def fails_once(_: int) -> object:
        monkeypatch.setattr(source._consumer, "poll", fails_after_messages)
        raise failures.pop()

    monkeypatch.setattr(source._consumer, "poll", fails_after_messages)
    read(source, PARTITIONS)
    bench.send(2)
    read(source, PARTITIONS)
    assert not failures


def test_a_read_model_that_holds_nothing_reads_from_the_beginning(bench: Bench) -> None:
    bench.send(1, 2)
    messages = read(bench.source(), 2 * PARTITIONS)
    expected = Stored(2, *stored_event(Metadata(**EVERYONE), 2)[1:])
    for partition in range(PARTITIONS):
        mine = [message for message in messages if message.partition == partition]
        assert [(one.offset, one.previous, one.stored.position) for one in mine] == [(0, 0, 1), (1, 1, 2)]
        assert mine[1].stored == expected


def test_each_partition_continues_from_its_stored_offset(bench: Bench) -> None:
    bench.send(1, 2, 3)
    bench.held = {0: Held(1, 1, bench.topic.id), 1: Held(3, 3, bench.topic.id), 2: Held(9, 9, "another topic's")}
    messages = read(bench.source(), 2 + 0 + 3)
    assert [positions(messages, partition) for partition in range(3)] == [[2, 3], [], [1, 2, 3]]


def test_a_source_reads_again_from_an_earlier_offset(bench: Bench) -> None:
    bench.send(1, 2, 3)
    source = bench.source()
    read(source, 3 * PARTITIONS)
    source.seek(1, Held(1, 1, source.topic_id))
    assert positions(read(source, 2), 1) == [2, 3]
    assert source.assigned() == {0, 1, 2}


def test_seeking_a_partition_that_belongs_to_another_process_does_nothing(bench: Bench) -> None:
    source = bench.source()
    source.seek(1, Held(0, 0, source.topic_id))
    assert source.assigned() == frozenset()


def test_partitions_that_move_to_a_new_process_are_read_from_their_stored_offsets(bench: Bench) -> None:
    bench.send(1, 2)
    first = bench.source()
    read(first, 2 * PARTITIONS)
    bench.held = {partition: Held(2, 2, bench.topic.id) for partition in range(PARTITIONS)}
    second, stopping = bench.source(), Event()
    kept: list[Message] = []

    def keep_polling() -> None:
        while not stopping.is_set():
            kept.extend(first.poll(0.1))

    thread = Thread(target=keep_polling)
    thread.start()
    try:
        moved: list[Message] = []

        def shared_out() -> bool:
            moved.extend(second.poll(0.1))
            return bool(second.assigned()) and len(first.assigned() | second.assigned()) == PARTITIONS

        wait_until(shared_out, "the new process has its share")
        bench.send(3)

        def all_is_read() -> bool:
            moved.extend(second.poll(0.1))
            return len(kept) + len(moved) >= PARTITIONS

        wait_until(all_is_read, "all is read")
    finally:
        stopping.set()
        thread.join()
    assert sorted((one.partition, one.stored.position) for one in kept + moved) == [(0, 3), (1, 3), (2, 3)]
    assert moved


def test_a_database_that_is_unavailable_at_assignment_is_asked_again(bench: Bench) -> None:
    bench.send(1)
    source, stored, tries = bench.source(), bench.stored, []

    def unavailable_at_first(partitions: Collection[int]) -> Mapping[int, Held]:
        tries.append(partitions)
        if len(tries) == 1:
            raise OSError("the database is unavailable")
        return stored(partitions)

    source._stored = unavailable_at_first
    with pytest.raises(KafkaUnavailable):
        read(source, PARTITIONS)
    read(source, PARTITIONS)


def test_a_malformed_record_goes_to_the_dead_topic_and_the_others_are_read(bench: Bench) -> None:
    bench.send(1)
    bench.send_raw(0, b"hello", [("a", b"1")])
    bench.send_raw(2, None, [], key=b"tombstone")
    bench.send(2)
    source = bench.source()
    messages = read(source, 2 * PARTITIONS)
    assert [positions(messages, partition) for partition in range(3)] == [[1, 2], [1, 2], [1, 2]]
    assert [one.offset for one in messages if one.partition == 0] == [0, 2]
    assert source.passed_over() == {}
    first = next(dead for dead in bench.dead(2) if dead["dead_partition"] == b"0")
    assert first["a"] == b"1"
    assert first["dead_reason"] == b"There is no header 'ce_id'."
    assert (first["dead_topic"], first["dead_offset"]) == (bench.topic.name.encode(), b"1")


def test_a_malformed_record_at_the_end_gives_the_next_offset_and_is_not_read_twice(bench: Bench) -> None:
    bench.send(1)
    bench.send_raw(0, b"hello", [])
    source = bench.source()
    read(source, PARTITIONS)
    wait_until(lambda: not source.poll(0.1) and bool(source.passed_over()), "the record is passed over")
    assert source.passed_over() == {0: 2}
    bench.held = {partition: Held(1, source.passed_over().get(partition, 1), source.topic_id) for partition in range(3)}
    assert source.lag(bench.held) == {0: 0, 1: 0, 2: 0}
    source.seek(0, bench.held[0])
    bench.send(2)
    read(source, PARTITIONS)
    assert len(bench.dead(1)) == 1


def test_nothing_counts_as_read_while_the_dead_topic_does_not_answer(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    bench.send(1)
    bench.send_raw(0, b"hello", [])
    source = bench.source()

    def refuse(*_: object) -> None:
        raise KafkaUnavailable("no")

    with monkeypatch.context() as patch:
        patch.setattr(source._dead, "send", refuse)
        with pytest.raises(KafkaUnavailable):
            read(source, PARTITIONS + 1)
        assert source.passed_over() == {}
    found: list[Message] = []

    def is_passed_over() -> bool:
        found.extend(source.poll(0.1))
        return source.passed_over() == {0: 2}

    wait_until(is_passed_over, "the record is passed over")
    assert len(bench.dead(1)) == 1
    bench.send(2)
    assert positions([*found, *read(source, PARTITIONS)], 0)[-1] == 2


def test_a_partition_whose_offset_does_not_exist_is_read_from_its_beginning(bench: Bench) -> None:
    bench.send(1, 2)
    bench.held = {0: Held(50, 50, bench.topic.id)}
    assert positions(read(bench.source(), 2 * PARTITIONS), 0) == [1, 2]


def test_a_topic_that_was_deleted_and_created_again_is_read_from_its_beginning(bench: Bench) -> None:
    bench.send(1, 2)
    source = bench.source()
    read(source, 2 * PARTITIONS)
    old = source.topic_id
    bench.held = {partition: Held(2, 2, old) for partition in range(PARTITIONS)}
    bench.recreate()
    bench.send(1, 2, 3)
    found: dict[int, set[int]] = {partition: set() for partition in range(PARTITIONS)}

    def all_again() -> bool:
        try:
            messages = source.poll(0.2)
        except KafkaUnavailable:
            return False
        for message in messages:
            found[message.partition].add(message.stored.position)
        return all(positions == {1, 2, 3} for positions in found.values())

    wait_until(all_again, "the new topic is read from its beginning")
    assert source.topic_id == bench.topic.id != old


def test_a_topic_that_gets_more_partitions_is_read_no_further(bench: Bench) -> None:
    bench.send(1)
    source = bench.source()
    read(source, PARTITIONS)
    admin = KafkaAdminClient(bootstrap_servers=bench.bootstrap)
    admin.create_partitions({bench.topic.name: NewPartitions(PARTITIONS + 1)})
    admin.close()

    def is_refused() -> bool:
        try:
            source.poll(0.1)
        except UnfitTopic as error:
            return f"had {PARTITIONS} partitions and now has {PARTITIONS + 1}" in str(error)
        return False

    wait_until(is_refused, "the topic is refused")


def test_a_source_knows_its_partitions_before_it_joins_the_group(bootstrap: str, topic_name: str, group_name: str) -> None:
    """A leader that joins without them assigns none, and may never notice."""
    with closing(Topics(Brokers(bootstrap))) as topics:
        topic = topics.ensure(topic_name)
        with closing(KafkaSource(Brokers(bootstrap), topics, topic, group_name, lambda _: {})) as source:
            assert source._consumer.partitions_for_topic(topic_name) == set(range(topic.partitions))
        unknown = topic._replace(partitions=topic.partitions + 1)
        with pytest.raises(KafkaUnavailable):
            KafkaSource(Brokers(bootstrap), topics, unknown, group_name, lambda _: {})

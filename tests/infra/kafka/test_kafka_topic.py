"""The topic is created with the settings that it needs, and an unfit one is refused."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial

import pytest
from kafka.admin import ConfigResource, ConfigResourceType, KafkaAdminClient

from infra.kafka.connection import SHORT, Brokers, KafkaUnavailable
from infra.kafka.headers import Record
from infra.kafka.producer import Producer
from infra.kafka.topic import Topic, Topics, UnfitTopic
from infra.routing import Held
from tests.waiting import wait_until

pytestmark = pytest.mark.servers

PARTITIONS = 3


@pytest.fixture
def topics(bootstrap: str) -> Iterator[Topics]:
    topics = Topics(Brokers(bootstrap))
    yield topics
    topics.close()


@pytest.fixture
def topic(topics: Topics, topic_name: str) -> Topic:
    return topics.ensure(topic_name, PARTITIONS)


def test_lag_is_the_number_of_messages_after_the_held_offset(topics: Topics, topic: Topic, bootstrap: str) -> None:
    producer = Producer(Brokers(bootstrap))
    producer.send(topic.name, [Record(partition, b"k", b"v", []) for partition in range(PARTITIONS)] * 3)
    producer.close()
    held = {0: Held(1, 1, topic.id), 1: Held(3, 3, topic.id), 2: Held(3, 3, "another topic's")}
    assert topics.lag(topic, held) == {0: 2, 1: 0, 2: 3}


def test_a_topic_is_created_once_and_found_again(topics: Topics, topic: Topic) -> None:
    assert topics.ensure(topic.name, PARTITIONS) == topic
    assert topics.find(topic.name) == topic
    assert topics.find(topic.dead).partitions == 1
    assert topics.find("nowhere") == Topic("nowhere", "", 0)


def test_processes_that_start_together_on_a_new_topic_never_refuse_it(topics: Topics, topic_name: str, bootstrap: str) -> None:
    others = [Topics(Brokers(bootstrap)) for _ in range(3)]
    with ThreadPoolExecutor(4) as pool:
        for number in range(10):
            name = f"{topic_name}-{number}"
            ensured = list(pool.map(partial(ensured_in_the_end, name), [topics, *others]))
            assert {topic.partitions for topic in ensured} == {12}
            assert len({topic.id for topic in ensured}) == 1
    for other in others:
        other.close()


def ensured_in_the_end(name: str, topics: Topics) -> Topic:
    """As a process does: again while Kafka is not ready."""
    found: list[Topic] = []

    def ensured() -> bool:
        with suppress(KafkaUnavailable):
            found.append(topics.ensure(name))
        return bool(found)

    wait_until(ensured, f"{name} is known")
    return found[0]


def test_a_topic_that_would_lose_messages_is_refused(topics: Topics, topic: Topic, bootstrap: str) -> None:
    admin = KafkaAdminClient(bootstrap_servers=bootstrap)
    admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, topic.name, {"retention.ms": "604800000"})])
    admin.close()
    with pytest.raises(UnfitTopic, match=r"retention\.ms=604800000"):
        topics.ensure(topic.name, PARTITIONS)


def test_another_number_of_partitions_is_refused(topics: Topics, topic: Topic) -> None:
    with pytest.raises(UnfitTopic, match="3 partitions and needs 12"):
        topics.ensure(topic.name)


def test_a_missing_broker_raises_kafka_unavailable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(SHORT, "bootstrap_timeout_ms", 300)
    with pytest.raises(KafkaUnavailable):
        Topics(Brokers("127.0.0.1:1", patience=0.1))


def test_only_topics_that_exist_are_found(topics: Topics, topic: Topic) -> None:
    assert topics.existing([topic.name, "nowhere", topic.dead]) == {topic.name, topic.dead}
    assert topics.names() >= {topic.name, topic.dead}
    assert "nowhere" not in topics.names()

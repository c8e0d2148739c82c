"""Every event in the log reaches its partitions, once and in order for a consumer that follows the chain."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import structlog
from kafka import KafkaConsumer, TopicPartition
from kafka.admin import KafkaAdminClient
from sqlalchemy import Engine, text

from consumers.relay import Relay, alarms
from consumers.window import next_window
from infra.kafka.connection import Brokers, KafkaUnavailable
from infra.kafka.producer import WINDOW_BYTES, WINDOW_MESSAGES, Producer
from infra.kafka.topic import Topics, UnfitTopic
from infra.read_models import checkpoints, relay_failures
from infra.read_models.checkpoints import Checkpoint
from infra.routing import PARTITIONS
from tests.consumers.place import Place, place_at
from tests.consumers.reading import applied, concerned, read_all, running, sent
from tests.consumers.things import Announced, Made, commit, mixed
from tests.waiting import wait_until

pytestmark = pytest.mark.servers


@pytest.fixture
def place(recording_database_url: str, bootstrap: str, topic_name: str) -> Iterator[Place]:
    with place_at(recording_database_url, bootstrap, topic_name) as place:
        yield place


class Killed(BaseException):
    """The process crashes here."""


def dies_instead_of_saving(monkeypatch: pytest.MonkeyPatch, after: int) -> None:
    """The first relay that would save more than `after` times crashes instead. Its messages were acknowledged before."""
    save = Relay._save
    saves = iter(range(after))

    def save_or_die(self: Relay, *arguments: Any) -> Checkpoint:
        if next(saves, None) is None:
            monkeypatch.setattr(Relay, "_save", save)
            raise Killed
        return save(self, *arguments)

    monkeypatch.setattr(Relay, "_save", save_or_die)


def test_every_event_reaches_exactly_the_partitions_it_concerns_in_order(place: Place) -> None:
    commit(place.store, mixed(1500))
    with running(place.relay()):
        place.wait_until_routed()
        commit(place.store, mixed(300, start=1500))
        place.wait_until_routed()
    messages = read_all(place.bootstrap, place.topic)
    assert sent(messages) == concerned(place.store)
    assert applied(messages) == concerned(place.store)
    assert {m.stored.position: m.stored for m in messages} == {s.position: s for s in place.store.log(0, 10_000)}


def test_the_checkpoint_holds_the_last_position_sent_to_each_partition(place: Place) -> None:
    commit(place.store, mixed(100))
    with running(place.relay()):
        place.wait_until_routed()
    checkpoint = place.checkpoint()
    assert checkpoint
    assert checkpoint.last == {partition: positions[-1] for partition, positions in concerned(place.store).items() if positions}


def test_a_relay_killed_before_the_checkpoint_sends_duplicates_that_the_chain_removes(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit(place.store, mixed(1800))
    dies_instead_of_saving(monkeypatch, after=1)
    with pytest.raises(Killed):
        place.relay().run()
    with running(place.relay()):
        place.wait_until_routed()
    messages = read_all(place.bootstrap, place.topic)
    assert len(messages) > sum(map(len, concerned(place.store).values()))
    assert applied(messages) == concerned(place.store)


def test_two_relays_at_the_same_time_without_the_lock_lose_and_reorder_nothing(place: Place) -> None:
    with running(place.relay(exclusive=False), place.relay(exclusive=False), place.relay(exclusive=False)):
        for start in range(0, 2000, 50):
            commit(place.store, mixed(50, start))
        place.wait_until_routed()
    place.assert_each_event_once_in_order()


@contextmanager
def relay_process(place: Place) -> Iterator[subprocess.Popen[bytes]]:
    command = [sys.executable, "-m", "tests.consumers.relay_process", place.database_url, place.bootstrap, place.topic]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        try:
            yield process
        finally:
            process.kill()


def holders_of_the_lock(engine: Engine) -> list[int]:
    with engine.connect() as connection:
        query = "SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND granted AND objsubid = 1 AND database = " + (
            "(SELECT oid FROM pg_database WHERE datname = current_database())"
        )
        return list(connection.execute(text(query)).scalars())


def test_a_standby_relay_takes_over_when_the_active_one_is_killed(place: Place) -> None:
    commit(place.store, mixed(50))
    with relay_process(place) as active:
        place.wait_until_routed()
        [holder] = holders_of_the_lock(place.read_models.writer)
        with running(place.relay()):
            commit(place.store, mixed(2000, start=50))
            wait_until(lambda: place.routed() > 50, "the active relay continues")
            assert holders_of_the_lock(place.read_models.writer) == [holder]
            active.kill()
            commit(place.store, mixed(50, start=2050))
            place.wait_until_routed()
            assert holders_of_the_lock(place.read_models.writer) != [holder]
    place.assert_each_event_once_in_order()


def test_a_standby_relay_ends_when_it_is_stopped(place: Place) -> None:
    with running(place.relay()):
        wait_until(lambda: bool(holders_of_the_lock(place.read_models.writer)), "the first has the lock")
        with running(place.relay()):
            pass


def test_a_relay_whose_session_was_cut_restarts_at_the_checkpoint(place: Place) -> None:
    with running(place.relay()):
        commit(place.store, mixed(100))
        place.wait_until_routed()
        for pid in holders_of_the_lock(place.read_models.writer):
            with place.read_models.reader.connect() as connection:
                connection.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": pid})
        commit(place.store, mixed(100, start=100))
        place.wait_until_routed()
    place.assert_each_event_once_in_order()
    with place.read_models.reader.connect() as connection:
        failure = relay_failures.last(connection, place.topic)
    assert failure is not None, "the status shows why nothing was sent for a while"
    assert "terminat" in failure.detail


@pytest.mark.parametrize("by_others", [False, True], ids=["by the relay", "by others, at once"])
def test_a_recreated_topic_is_filled_from_the_start_of_the_log(place: Place, by_others: bool) -> None:
    commit(place.store, mixed(300))
    admin, topics = KafkaAdminClient(bootstrap_servers=place.bootstrap), Topics(Brokers(place.bootstrap))
    with running(place.relay()):
        place.wait_until_routed()
        old = topics.find(place.topic)
        admin.delete_topics([place.topic])
        if by_others:
            topics.ensure(place.topic)
        commit(place.store, mixed(100, start=300))
        wait_until(lambda: topics.find(place.topic).id not in ("", old.id), "the topic exists again")
        wait_until(lambda: place.routed_to() == topics.find(place.topic).id, "the relay has restarted")
        place.wait_until_routed()
    topics.close()
    admin.close()
    place.assert_each_event_once_in_order()


def test_messages_that_a_topic_has_lost_at_its_end_are_sent_again(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """A broker that loses its machine can lose what it has acknowledged."""
    commit(place.store, mixed(100))
    with running(place.relay()):
        place.wait_until_routed()
    commit(place.store, mixed(50, start=100))
    with monkeypatch.context() as patch:
        patch.setattr(Producer, "send", lambda *_: None)
        with running(place.relay()):
            place.wait_until_routed()
    with structlog.testing.capture_logs() as logs, running(place.relay()):
        wait_until(lambda: "relay.topic_lost_messages" in [line["event"] for line in logs], "the loss is noticed")
        # The checkpoint says that everything is sent, also while the lost messages are not there yet.
        wait_until(place.has_each_event_once_in_order, "the lost messages are sent again")


def test_a_topic_whose_messages_were_all_deleted_is_not_filled_again(place: Place) -> None:
    commit(place.store, mixed(100))
    with running(place.relay()):
        place.wait_until_routed()
    places = [TopicPartition(place.topic, partition) for partition in range(PARTITIONS)]
    consumer, admin = KafkaConsumer(bootstrap_servers=place.bootstrap), KafkaAdminClient(bootstrap_servers=place.bootstrap)
    admin.delete_records(consumer.end_offsets(places))
    consumer.close()
    admin.close()
    new = commit(place.store, mixed(30, start=100))
    with running(place.relay()):
        place.wait_until_routed()
    assert {message.stored.position for message in read_all(place.bootstrap, place.topic)} == set(new)


def test_a_topic_with_another_number_of_partitions_is_refused(place: Place) -> None:
    topics = Topics(Brokers(place.bootstrap))
    topics.ensure(place.topic, partitions=3)
    topics.close()
    with pytest.raises(UnfitTopic, match="3 partitions and needs 12"):
        place.relay().run()


def test_a_recreated_topic_with_another_number_of_partitions_is_refused(place: Place) -> None:
    with place.read_models.writer.begin() as connection:
        checkpoints.begin(connection, place.topic, Checkpoint("gone", 3, 0, {}))
    with pytest.raises(UnfitTopic, match="started with 3 partitions"):
        place.relay().run()


def test_the_alarm_is_raised_when_nothing_can_be_sent(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    commit(place.store, mixed(10))
    send = Producer.send

    def refuse(*_: object) -> None:
        raise KafkaUnavailable("no")

    monkeypatch.setattr(Producer, "send", refuse)
    before = alarms._value.get()
    with structlog.testing.capture_logs() as logs, running(place.relay(alarm_after=2)):
        wait_until(lambda: alarms._value.get() > before, "the alarm is raised")
        monkeypatch.setattr(Producer, "send", send)
        place.wait_until_routed()
    assert "relay.stuck" in [line["event"] for line in logs if line["log_level"] == "error"]
    place.assert_each_event_once_in_order()


def test_a_window_holds_no_more_than_may_be_in_flight(place: Place) -> None:
    commit(place.store, [Announced(words="a" * 10_000) for _ in range(20)] + [Made(size=n) for n in range(1500)])
    rows, checkpoint, sizes = place.store.log(0, 2000), Checkpoint("t", 12, 0, {}), []
    while rows:
        window = next_window(rows, checkpoint)
        sizes.append((len(window.records), sum(len(record.value or b"") for record in window.records)))
        rows, checkpoint = rows[window.events :], checkpoint._replace(routed=window.routed, last=window.last)
    assert sum(count for count, _ in sizes) == 20 * 12 + 1500
    assert all(count <= WINDOW_MESSAGES and size <= WINDOW_BYTES for count, size in sizes)


def test_an_event_larger_than_a_window_is_sent_alone(place: Place) -> None:
    commit(place.store, [Made(size=1), Announced(words="a" * 2_000_000), Made(size=2)])
    with running(place.relay()):
        place.wait_until_routed()
    place.assert_each_event_once_in_order()

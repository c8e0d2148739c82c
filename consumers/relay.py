"""The relay: it sends events from the store to Kafka, in order, and saves a checkpoint after every acknowledged window.

The event store is the outbox. After any error (of Kafka, of the database, or because another relay was faster) the relay drops
its whole state, and the next turn starts at the stored checkpoint. Consumers find duplicate and early messages by the chain.

A turn starts by comparing the end of the topic with the log, and nothing is sent unless the log still has the event that was
sent last. If the log was restored to an earlier moment, the relay waits for a repair.
"""

from __future__ import annotations

import time
from contextlib import closing, suppress
from datetime import UTC, datetime
from threading import Event

import structlog
from prometheus_client import Counter, Gauge
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from commands.shared.commit import StoreUnavailable
from consumers import same_log
from consumers.same_log import AheadOfLog, WaitsForRepair
from consumers.window import Window, Windows
from infra.event_store.identity import FIRST_EPOCH
from infra.event_store.store import EventStore
from infra.kafka import ends
from infra.kafka.connection import Brokers, KafkaUnavailable
from infra.kafka.ends import seen_in_kafka
from infra.kafka.epochs import earlier_topics, later_topics, topic_of
from infra.kafka.headers import continued_in
from infra.kafka.producer import FLUSH_SECONDS, Producer
from infra.kafka.topic import Topic, Topics, UnfitTopic
from infra.read_models import checkpoints, relay_failures
from infra.read_models.checkpoints import Checkpoint
from infra.read_models.database import ReadModels
from infra.read_models.lease import own_session, wait_for_lock
from infra.read_models.positions import Superseded
from infra.read_models.relay_failures import RelayFailure
from infra.routing import PARTITIONS

# After these errors it is not known what was sent and saved. The next turn starts at the stored checkpoint.
DOUBT = (KafkaUnavailable, StoreUnavailable, DBAPIError, Superseded)

LONGEST_BACKOFF = 5.0
VERIFY_EVERY = 5.0
ALARM_AFTER = 5
SOURCE = "relay"
# Seconds between two looks whether the log was repaired.
HOLD_PAUSE = 5.0
# Seconds between two reads of the store: 5 ms while events arrive, 20 ms after two seconds without events.
SHORTEST_PAUSE, LONGEST_PAUSE, PAUSE_PER_QUIET_SECOND = 0.005, 0.020, 0.010

# A relay that hangs, or has lost its machine, loses the lock after this time. A live one uses its session every few seconds.
# It is longer than a window may take to be acknowledged, so that a relay that only waits keeps its lock.
SILENCE = 30.0

log = structlog.get_logger()
routed_position = Gauge("recount_relay_routed_position", "Everything up to this position was sent to Kafka.")
doubts = Counter("recount_relay_doubts_total", "Turns that ended in doubt and were restarted at the checkpoint.")
alarms = Counter("recount_relay_alarms_total", "How often the relay sent nothing for several turns in a row.")


class Relay:
    """Sends the log to a topic. With `exclusive`, it does so only while it holds the lock; other relays wait to take over.

    `topic` is the name of the first epoch's topic; the relay sends to that of the log's `epoch`. `partitions` and `replication`
    are used if the relay creates the topic. Times are in seconds.
    """

    def __init__(
        self,
        store: EventStore,
        read_models: ReadModels,
        brokers: Brokers,
        topic: str,
        *,
        epoch: int = FIRST_EPOCH,
        partitions: int = PARTITIONS,
        replication: int = 1,
        exclusive: bool = True,
        verify_every: float = VERIFY_EVERY,
        flush_timeout: float = FLUSH_SECONDS,
        alarm_after: int = ALARM_AFTER,
    ) -> None:
        self._store, self._read_models, self._brokers = store, read_models, brokers
        self._name, self._epoch, self._topic = topic, epoch, topic_of(topic, epoch)
        self._partitions, self._replication, self._exclusive = partitions, replication, exclusive
        self._verify_every, self._flush_timeout, self._alarm_after = verify_every, flush_timeout, alarm_after
        self._stopping = Event()
        self._fruitless, self._held_by = 0, ""

    def run(self) -> None:
        """Runs until `stop` is called. Raises UnfitTopic if the topic does not have the required settings."""
        while not self._stopping.is_set():
            try:
                self._take_turn()
            except (AheadOfLog, WaitsForRepair) as reason:
                self._hold(reason)
            except DOUBT as error:
                self._recover(error)

    def stop(self) -> None:
        """Finishes the current window and ends. May be called from any thread or from a signal handler."""
        self._stopping.set()

    def _take_turn(self) -> None:
        # The session holds the lock and saves the checkpoint, so both are lost together.
        with own_session(self._read_models, SILENCE) as session:
            if self._exclusive and not wait_for_lock(session, f"relay {self._topic}", self._stopping):
                return
            same_log.require_no_trouble(session)
            with closing(Topics(self._brokers)) as topics, closing(self._producer()) as producer:
                self._relay(session, topics, producer)

    def _producer(self) -> Producer:
        return Producer(self._brokers, self._flush_timeout)

    def _relay(self, session: Connection, topics: Topics, producer: Producer) -> None:
        self._require_last_epoch(topics)
        topic = topics.ensure(self._topic, self._partitions, self._replication)
        self._end_earlier_topics(session, topics, producer)
        checkpoint = self._compared(session, topic, self._resume(session, topic))
        sent = same_log.sent_last(self._store, checkpoint)
        log.info("relay.resumed", topic=topic.name, position=checkpoint.routed)
        windows = Windows(self._store, checkpoint)
        verified = advanced = time.monotonic()
        while not self._stopping.is_set():
            if (now := time.monotonic()) - verified > self._verify_every:
                self._verify(topics, topic, session)
                same_log.require(self._store, sent)
                verified = now
            if window := windows.next():
                same_log.require(self._store, [*sent, window.end])
                producer.send(topic.name, window.records, windows.prepare)
                checkpoint = self._save(session, checkpoint, window)
                sent, advanced = [window.end], time.monotonic()
            else:
                self._fruitless = 0
                self._stopping.wait(_pause(now - advanced))

    def _end_earlier_topics(self, session: Connection, topics: Topics, producer: Producer) -> None:
        """Before the first message of an epoch: the topics of earlier epochs name the topic that continues them."""
        if self._epoch > FIRST_EPOCH and checkpoints.load(session, self._topic) is None:
            for name in earlier_topics(self._name, self._epoch, topics.names()):
                producer.send(name, continued_in(self._topic, topics.find(name).partitions))

    def _resume(self, session: Connection, topic: Topic) -> Checkpoint:
        """The checkpoint to continue from; the start of the log if the topic is new or was recreated."""
        old = checkpoints.load(session, topic.name)
        fresh = Checkpoint(topic.id, topic.partitions, 0, {})
        if old is None:
            checkpoints.begin(session, topic.name, fresh)
            return fresh
        if old.partitions != topic.partitions:
            raise UnfitTopic(f"{topic.name} was started with {old.partitions} partitions and now has {topic.partitions}")
        if old.topic_id == topic.id:
            return old
        log.warning("relay.topic_made_anew", topic=topic.name, position=old.routed)
        checkpoints.advance(session, topic.name, old, fresh)
        return fresh

    def _compared(self, session: Connection, topic: Topic, old: Checkpoint) -> Checkpoint:
        """The checkpoint to continue from after the topic's end was compared with it, and with the log. Raises AheadOfLog."""
        same_log.sent_last(self._store, old)
        with ends.opened(self._brokers, topic) as topic_ends:
            new = same_log.compared(self._store, topic_ends, old)
        if new != old:
            log.error("relay.topic_lost_messages", topic=topic.name, sent_up_to=old.routed, sent_again_after=new.routed)
            checkpoints.advance(session, topic.name, old, new)
        return new

    def _require_last_epoch(self, topics: Topics) -> None:
        """Raises AheadOfLog if a later epoch has a topic: then the log is older than a repair that was made."""
        if later := topics.existing(later_topics(self._name, self._epoch)):
            what = same_log.restored(f"Kafka has the topic of a later epoch, {min(later)}")
            raise AheadOfLog(what, seen_in_kafka(self._brokers, self._name).position)

    def _verify(self, topics: Topics, topic: Topic, session: Connection) -> None:
        """Raises KafkaUnavailable if the topic was replaced, WaitsForRepair. Its query also keeps this session alive."""
        same_log.require_no_trouble(session)
        if topics.find(topic.name) != topic:
            raise KafkaUnavailable(f"{topic.name} was deleted or recreated")

    def _save(self, session: Connection, old: Checkpoint, window: Window) -> Checkpoint:
        new = old._replace(routed=window.routed, last=window.last)
        checkpoints.advance(session, self._topic, old, new)
        self._fruitless = 0
        routed_position.set(new.routed)
        return new

    def _hold(self, reason: AheadOfLog | WaitsForRepair) -> None:
        """Shows what is ahead of the log, and waits. Its positions are not given out again, so that later events stay apart."""
        if str(reason) != self._held_by:
            self._held_by = str(reason)
            log.error("relay.waits_for_repair", topic=self._topic, reason=self._held_by)
        if isinstance(reason, AheadOfLog):
            try:
                # Positions are raised first: once it is noted, no turn compares again.
                self._store.raise_positions(reason.position)
                with self._read_models.writer.begin() as connection:
                    same_log.note(connection, self._held_by, SOURCE)
            except DOUBT as error:
                self._recover(error)
        self._stopping.wait(HOLD_PAUSE)

    def _recover(self, error: Exception) -> None:
        """Notes the failure, waits, longer every time, and raises the alarm if several turns in a row send nothing."""
        doubts.inc()
        self._fruitless += 1
        log.warning("relay.doubt", error=type(error).__name__, reason=str(error), turns=self._fruitless)
        self._note(error)
        if self._fruitless % self._alarm_after == 0:
            alarms.inc()
            log.error("relay.stuck", error=type(error).__name__, reason=str(error), turns=self._fruitless)
        self._stopping.wait(min(LONGEST_BACKOFF, 0.05 * 2 ** min(self._fruitless, 10)))

    def _note(self, error: Exception) -> None:
        """For the status. If the database does not answer either, the log of this process has it alone."""
        # A DBAPIError quotes the whole statement; what the driver said is in its cause.
        reason = error.orig if isinstance(error, DBAPIError) else error
        failure = RelayFailure(datetime.now(UTC), type(error).__name__, str(reason))
        with suppress(DBAPIError), self._read_models.writer.begin() as connection:
            relay_failures.keep(connection, self._topic, failure)


def _pause(quiet: float) -> float:
    """The seconds until the next read of the store, after `quiet` seconds without an event."""
    return min(LONGEST_PAUSE, max(SHORTEST_PAUSE, quiet * PAUSE_PER_QUIET_SECOND))

"""The projector: it folds messages into rows, each message exactly once.

Every read model folds a batch and writes its rows and its position in one transaction, and it takes a message only if that
message directly follows the stored position. So a crash, a duplicate or a second projector on the same partition cannot lose
or repeat anything.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from threading import Event

import structlog
from prometheus_client import Counter

from consumers.projecting import health
from consumers.projecting.arrivals import Arrived, decoded_once, routed_to
from consumers.projecting.beginning import begin_new
from consumers.projecting.commits import Commits
from consumers.projecting.faults import frames_of, name_of
from consumers.projecting.folding import Unfoldable
from consumers.projecting.ghosts import ByPartition, Ghosts
from consumers.projecting.lane import Lane, Taken
from consumers.projecting.learning import Learning
from consumers.projecting.leftovers import Leftovers
from consumers.projecting.resting import OUTDATED_PAUSE, STOPPED_PAUSE, Resting, backoff
from consumers.projecting.settling import Walks, unsettled
from consumers.projecting.together import together
from infra.event_store.store import EventStore
from infra.read_models.completeness import Completeness
from infra.read_models.database import ReadModels
from infra.read_models.positions import Outdated, Superseded, all_held, all_registered, held, require_current
from infra.routing import Held, Message, Source
from projections.shared.projection import Projection

log = structlog.get_logger()
broken_chains = Counter("recount_projector_broken_chains_total", "Chains that stayed broken and were repaired from the store.")

POLL = 0.2
PATIENCE = 60.0
LOOKS_PER_PATIENCE = 4
# Events per transaction. On SQLite a transaction makes other writers wait; it should take at most 50 ms.
AT_ONCE = 2000


class Projector:
    """Folds the messages of the source into the given projections.

    `patience` is the number of seconds that a chain may stay broken before it is repaired from the store. Use a projector from
    one thread; `stop` and `status` may be called from any thread.
    """

    def __init__(
        self,
        projections: Sequence[Projection],
        source: Source,
        store: EventStore,
        read_models: ReadModels,
        partitions: int,
        *,
        completeness: Completeness | None = None,
        patience: float = PATIENCE,
        stopped_pause: float = STOPPED_PAUSE,
        outdated_pause: float = OUTDATED_PAUSE,
        at_once: int = AT_ONCE,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._projections, self._source, self._store = tuple(projections), source, store
        self._read_models, self._partitions = read_models, partitions
        self._completeness = completeness or Completeness(read_models, partitions)
        self._patience, self._at_once, self._clock = patience, at_once, clock
        self._resting = Resting(clock, stopped_pause, outdated_pause)
        self._lanes: dict[int, list[Lane]] = {}
        self._stopping, self._leftovers, self._ghosts = Event(), Leftovers(read_models), Ghosts(store, read_models)
        self._learning = Learning(self._projections, store, read_models, partitions)
        self._walks = Walks(read_models, partitions)
        self._begun, self._failures, self._looks_for_missing_at = False, 0, 0.0

    def run(self) -> None:
        """Runs until `stop` is called. Any failure is retried."""
        while not self._stopping.is_set():
            try:
                self.turn()
                self._failures = 0
            except Exception as error:
                self._recover(error)

    def stop(self) -> None:
        """Finishes the current turn and ends."""
        self._stopping.set()
        self._source.stop_waiting()

    def status(self) -> health.Status:
        lanes = [lane for lanes in list(self._lanes.values()) for lane in lanes]
        return health.status(self._projections, lanes, self._store, self._read_models, self._completeness, self._partitions)

    def turn(self, timeout: float = POLL) -> int:
        """Reads once, folds and commits; returns the number of messages read. Raises the errors of source and databases."""
        if not self._begun:
            begin_new(self._projections, self._read_models, self._partitions, self._source.topic_id)
            self._begun = True
        self._follow_assignment()
        for name in self._learning.turn(self._lanes, self._clock()):
            self._completeness.wake(name)
        self._resume_rested()
        if self._lanes and not any(lane.is_live for lane in self._all()):
            # The source is still polled, to stay a member of the consumer group; its messages are read again later.
            self._stopping.wait(timeout)
            timeout = 0.0
        messages = self._source.poll(0.0 if any(unsettled(self._all())) else timeout)
        self._take_in(messages)
        self._walks.turn(self._all(), self._resting)
        self._repair_broken()
        self._repair_missing()
        self._leftovers.wipe()
        return len(messages)

    # Assignment of partitions

    def _follow_assignment(self) -> None:
        """Drops the lanes of partitions that were revoked, and starts lanes for partitions that were assigned."""
        assigned = self._source.assigned()
        for gone in self._lanes.keys() - assigned:
            del self._lanes[gone]
        for fresh in sorted(assigned - self._lanes.keys()):
            nothing, chained = Held(0, 0, self._source.topic_id), not self._source.is_log
            lanes = [Lane(projection, fresh, nothing, chained=chained) for projection in self._projections]
            self._resume(lanes)
            self._lanes[fresh] = lanes
            self._seek(fresh)
            self._learning.soon()

    def _resume_rested(self) -> None:
        now = self._clock()
        rested = [lane for lane in self._all() if not lane.is_live and lane.resumes_at <= now]
        for lane in self._resume(rested) if rested else ():
            self._seek(lane.partition)

    def _resume(self, lanes: Iterable[Lane]) -> list[Lane]:
        """Lets lanes continue from their stored positions, except those whose read models wait for a rebuild; returns them."""
        with self._read_models.reader.connect() as connection:
            known, places = all_registered(connection), all_held(connection)
        resumed = []
        for lane in lanes:
            projection = lane.projection
            try:
                require_current(known.get(projection.name), projection.name, projection.version, self._partitions)
            except Outdated as outdated:
                self._resting.outdated(lane, outdated)
            else:
                lane.resume(places[projection.name][lane.partition])
                resumed.append(lane)
        return resumed

    def _seek(self, partition: int) -> None:
        """Reads again from the position of the lane that is furthest behind; the other lanes skip the duplicates."""
        if live := [lane.held for lane in self._lanes[partition] if lane.is_live]:
            topic_id = self._source.topic_id
            self._source.seek(partition, min(live, key=lambda h: (h.topic_id == topic_id, h.next_offset, h.position)))

    def _all(self) -> list[Lane]:
        return [lane for lanes in self._lanes.values() for lane in lanes]

    # Incoming messages

    def _take_in(self, messages: Sequence[Message]) -> None:
        by_partition: dict[int, list[Message]] = defaultdict(list)
        live = {lane.partition for lane in self._all() if lane.is_live}
        for message in messages:
            if message.partition in live:
                by_partition[message.partition].append(message)
        now = self._clock()
        unbroken = [lane for lane in self._all() if lane.early is None]
        true, ghosts = self._apart(by_partition)
        taken = [
            (lane, following)
            for partition, arrived in true.items()
            for lane in self._lanes[partition]
            if lane.is_live and (following := lane.take(arrived, now))
        ]
        self._fold(taken)
        for lane in unbroken:
            if lane.early is not None:
                self._resume_if_moved(lane)
        for lane in self._all():
            if lane.is_live and (ghost := ghosts.get(lane.partition) or lane.forked):
                if lane.forked:
                    self._ghosts.note_folded(lane)
                self._resting.before_ghost(lane, ghost.stored.position)

    def _apart(self, messages: ByPartition) -> tuple[ByPartition, Mapping[int, Message]]:
        """The messages of events that the log has, and the first message of each partition whose event it does not have."""
        if self._source.is_log:
            return messages, {}
        with self._resting.after_errors(lane for lane in self._all() if lane.is_live and lane.partition in messages):
            return self._ghosts.apart(messages)
        return {}, {}

    def _fold(self, taken: Sequence[Taken]) -> None:
        with self._resting.after_errors(lane for lane, _ in taken):
            found = self._arrived(taken)
            commits = self._commits()
            commits.pass_over(taken, found)
            self._wake(lane for lane, messages in taken if not lane.lags(messages))
            behind = [(lane, messages) for lane, messages in taken if lane.lags(messages)]
            for some in together(behind, found, self._at_once):
                if len(some) == 1 or not self._commit_together(some, found):
                    for lane, messages in some:
                        self._commit(lane, messages, found[lane.partition])

    def _arrived(self, taken: Sequence[Taken]) -> Mapping[int, Arrived]:
        found = decoded_once(self._store, taken, self._partitions)
        self._leftovers.note(one for here in found.values() for one in here.by_position.values())
        return found

    def _commit_together(self, taken: Sequence[Taken], arrived: Mapping[int, Arrived]) -> bool:
        """Commits these lanes in one transaction; returns False if each must commit alone, to find out which of them cannot."""
        lanes = [lane for lane, _ in taken]
        with self._resting.after_errors(lanes):
            try:
                self._commits().commit_together(taken, arrived)
            except (Superseded, Outdated, Unfoldable):
                return False
            self._wake(lanes[:1])
        return True

    def _commit(self, lane: Lane, messages: Sequence[Message], arrived: Arrived) -> bool:
        """Commits in transactions of limited size; returns False if the lane had to pause before the end."""
        commits = self._commits()
        for start in range(0, len(messages), self._at_once):
            with self._resting.after_errors([lane]):
                stop = commits.commit(lane, messages[start : start + self._at_once], arrived)
                self._wake([lane])
                if stop:
                    self._resting.stopped(lane, stop.arrival.position, stop.cause)
            if not lane.is_live:
                return False
        return True

    def _commits(self) -> Commits:
        return Commits(self._read_models, self._partitions, self._source.topic_id, self._store.types_for_everyone)

    def _wake(self, moved: Iterable[Lane]) -> None:
        """Wakes the requests of this process that wait for these read models."""
        for name in {lane.projection.name for lane in moved}:
            self._completeness.wake(name)

    def _resume_if_moved(self, lane: Lane) -> None:
        """Resumes a lane if another projector has moved its stored position.

        This is one cause of early messages: the partition was assigned to another projector meanwhile, and came back.
        """
        with self._read_models.reader.connect() as connection:
            place = held(connection, lane.projection.name).get(lane.partition)
        if place is not None and place.position != lane.held.position:
            lane.resume(place)
            self._seek(lane.partition)

    # Failures

    def _repair_broken(self) -> None:
        now = self._clock()
        for lane in self._all():
            if lane.is_live and lane.is_broken_for(self._patience, now):
                self._repair(lane)

    def _repair_missing(self) -> None:
        """Repairs partitions whose last messages are lost. No early message shows this loss, only the relay's checkpoint."""
        if (now := self._clock()) < self._looks_for_missing_at:
            return
        self._looks_for_missing_at = now + self._patience / LOOKS_PER_PATIENCE
        last = self._completeness.last_sent()
        for lane in self._all():
            if lane.is_live and lane.early is None and lane.lacks(last.get(lane.partition, 0), self._patience, now):
                self._repair_up_to(lane, last[lane.partition], lane.held.next_offset - 1)

    def _repair(self, lane: Lane) -> None:
        assert lane.early is not None
        self._repair_up_to(lane, lane.early.stored.position, lane.early.offset)

    def _repair_up_to(self, lane: Lane, upto: int, offset: int) -> None:
        """Reads the missing events from the event store, which is the source of truth."""
        where = {"projection": lane.projection.name, "partition": lane.partition}
        if not lane.reported:
            lane.reported = True
            broken_chains.inc()
            log.error("projector.chain_broken", **where, held=lane.held.position, missing_up_to=upto)
        routed = routed_to(self._store, lane.partition, self._partitions, lane.held.position, upto, self._at_once)
        for stored in routed:
            messages = [Message(lane.partition, offset, 0, one) for one in stored]
            if not self._commit(lane, messages, self._arrived([(lane, messages)])[lane.partition]):
                return
        lane.early, lane.reported = None, False
        log.warning("projector.chain_mended", **where, held=lane.held.position)

    def _recover(self, error: Exception) -> None:
        self._failures += 1
        log.warning("projector.interrupted", error=name_of(error), frames=frames_of(error))
        self._stopping.wait(backoff(self._failures))

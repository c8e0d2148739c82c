"""Compares what was followed with the log itself: before the first command, and every few seconds while the process runs.

If something is ahead of the log, the log was restored to an earlier moment, or lost events. Then new positions are raised above
everything that was seen, health says so, and no answer claims to be complete, until `recount repair`. Commands go on.
"""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from threading import Event, Lock

import structlog
from sqlalchemy.exc import SQLAlchemyError

from commands.shared.commit import StoreUnavailable
from consumers import same_log
from infra.event_store.identity import Identity
from infra.event_store.store import EventStore
from infra.read_models import ground
from infra.read_models.database import ReadModels
from infra.read_models.ground import Ground
from infra.read_models.repair_lock import BeingRepaired, SharedLock
from infra.read_models.tables import wait_for_others

EVERY = 5.0
SOURCE = "read models"
NAMED = 4

log = structlog.get_logger()


class LogWatch:
    """While it is held, no repair can begin. The read models' tables must exist. Times are in seconds."""

    def __init__(self, store: EventStore, read_models: ReadModels, every: float = EVERY) -> None:
        self._store, self._read_models, self._every = store, read_models, every
        self._epoch = store.identity().epoch
        self._stopping, self._comparing, self._lock = Event(), Lock(), SharedLock(read_models)
        self._when_ahead: list[Callable[[], None]] = []
        self.is_ahead = False

    @contextmanager
    def held(self) -> Iterator[None]:
        """Compares for the first time. Raises BeingRepaired, and the errors of the stores."""
        try:
            self._lock.hold()
            self.compare()
            self._store.when_log_went_back = self._log_went_back
            yield
        finally:
            self._lock.release()

    def run(self) -> None:
        """Compares until it is stopped. Failures are retried. Ends the process if a repair has begun since its start."""
        while not self._stopping.wait(self._every):
            try:
                self.look()
            except BeingRepaired as error:
                log.error("log.repaired", reason=str(error))
                signal.raise_signal(signal.SIGTERM)
                return

    def look(self) -> None:
        """Compares once more, and takes the lock again if it was lost. Raises BeingRepaired."""
        try:
            self._lock.hold()
            self.compare()
        except BeingRepaired:
            raise
        except Exception as error:
            # Whatever it is, such as connections that all hang, the thread goes on.
            self._lock.release()
            log.warning("log.not_compared", error=type(error).__name__, reason=str(error))

    def stop(self) -> None:
        self._stopping.set()

    def when_ahead(self, call: Callable[[], None]) -> None:
        """Call this once, as soon as something is ahead of the log; at once if something is."""
        self._when_ahead.append(call)
        if self.is_ahead:
            call()

    def compare(self) -> None:
        """Raises the errors of the stores, and BeingRepaired if this process is of before a repair."""
        with self._comparing:
            with self._read_models.reader.connect() as connection:
                known, seen = ground.load(connection), ground.furthest(connection)
            seen["this process"] = self._store.highest_seen
            # The log is read last: every position that was seen before is in it.
            identity, head = self._store.identity(), self._store.head()
            if known and known.identity == identity and identity.epoch != self._epoch:
                raise BeingRepaired("the log was repaired while this process ran")
            known = known or self._begun(identity)
            if why := self._why_ahead(known, identity, seen, head):
                self._mark(known, max(head, known.last, *seen.values()), why)
            elif known.sound is None and head != known.last:
                self._anchor(known, head)
            if (why or known.sound is not None) and not self.is_ahead:
                self._hold(why)

    def _why_ahead(self, known: Ground, identity: Identity, seen: Mapping[str, int], head: int) -> str:
        """What shows that this is not the log that was followed; empty if nothing does."""
        if identity.store != known.identity.store:
            return "the read models were made from another event store"
        if identity.epoch > known.identity.epoch:
            return "a repair did not come to its end"
        if identity.epoch < known.identity.epoch:
            return f"the log was repaired since, in epoch {known.identity.epoch}, and this copy is of epoch {identity.epoch}"
        if ahead := sorted((name for name, position in seen.items() if position > head), key=lambda name: -seen[name]):
            some = ", ".join(f"{name} at {seen[name]}" for name in ahead[:NAMED])
            more = f" and {len(ahead) - NAMED} more" if len(ahead) > NAMED else ""
            return f"the log ends at position {head}, and these have seen more: {some}{more}"
        last = {known.last: known.anchors[known.last]} if known.anchors else {}
        if last and not ground.in_the_log(last, self._store.at(last)):
            return f"the log has not the event at position {known.last} that it had"
        return ""

    def _mark(self, known: Ground, highest: int, why: str) -> None:
        """Positions are raised first: if this process is killed in between, the next comparison finds the same."""
        self._store.raise_positions(highest)
        sound = max(ground.in_the_log(known.anchors, self._store.at(known.anchors)), default=0)
        with self._read_models.writer.begin() as connection:
            ground.mark(connection, sound)
            same_log.note(connection, same_log.restored(why), SOURCE)

    def _anchor(self, known: Ground, head: int) -> None:
        """Keep the log's last event. Another process may do so too, or mark the ground meanwhile."""
        [event] = self._store.at([head])
        new = ground.with_anchor(known.anchors, event)
        if new != known.anchors:
            with self._read_models.writer.begin() as connection:
                wait_for_others(connection)
                ground.save(connection, new)

    def _begun(self, identity: Identity) -> Ground:
        """Keep the identity of the log that this deployment follows from now on."""
        with self._read_models.writer.begin() as connection:
            wait_for_others(connection)
            ground.begin(connection, identity)
        return Ground(identity, {})

    def _hold(self, why: str) -> None:
        self.is_ahead = True
        log.error("log.positions_ahead", reason=why or "noted by another process or earlier", repair="recount repair")
        for call in self._when_ahead:
            call()

    def _log_went_back(self) -> None:
        """A commit has found a shorter log than this process has seen, and has written nothing yet."""
        try:
            self.compare()
        except (SQLAlchemyError, BeingRepaired) as error:
            raise StoreUnavailable(str(error)) from error


@contextmanager
def watched(store: EventStore, read_models: ReadModels) -> Iterator[LogWatch]:
    """The comparison of this process: made before the block, and repeated in a thread until its end."""
    from infra.processes.parts import running

    watch = LogWatch(store, read_models)
    with watch.held(), running(watch, "log-watch"):
        yield watch

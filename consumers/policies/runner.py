"""Follows the log and sends the commands of the policies.

A command runs only once, even if the event that caused it is read several times: its receipt, under the policy's name and the
position of that event, is stored permanently in the same commit as the command's events. So the stored position may be behind,
and several processes may follow the log; each turn starts at the highest position that one of them stored. A rebuild changes no
receipt and no position.

An event that cannot be understood, because its type or another event that it depends on is unknown here or damaged, is
postponed: the others go on, and it is handled as soon as it can be read, by this process or by one with a newer version.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Sequence
from threading import Event

import structlog
from prometheus_client import Counter
from sqlalchemy.exc import DBAPIError

from commands.shared.commit import StoreUnavailable, Unreadable
from commands.shared.executor import Executor, OutcomeUnknown, Overloaded
from consumers.policies.policy import Policy
from domain.shared.events import Recorded, type_name
from infra.event_store.mapper import Stored, metadata_of
from infra.event_store.store import EventStore
from infra.read_models import followed, postponed
from infra.read_models.database import ReadModels

NAME = "policies"
BATCH = 500
PAUSE_SECONDS = 0.5
# The pause after an error in DOUBT. Then the same events are read again.
RETRY_SECONDS = 5.0
POSTPONED_SECONDS = 30.0
OUTCOME_SECONDS = 60.0
# After these errors it is not known whether the command ran. It is sent again later.
DOUBT = (StoreUnavailable, Overloaded, OutcomeUnknown, TimeoutError, DBAPIError)

log = structlog.get_logger()
done = Counter("recount_policy_commands_total", "Commands that policies sent, by how they ended.", ["policy", "end"])


class Policies:
    """Runs these policies, in their order. The position in the log is stored under `name`."""

    def __init__(
        self, policies: Sequence[Policy], executor: Executor, store: EventStore, read_models: ReadModels, name: str = NAME
    ) -> None:
        self._policies, self._executor, self._store, self._read_models = policies, executor, store, read_models
        self._name = name
        self._by_type: dict[str, list[Policy]] = defaultdict(list)
        for policy in policies:
            for event in policy.reads:
                self._by_type[type_name(event)].append(policy)
        # Of the types that nobody here knows, it is not known either whether a policy should react.
        self._passed_over = store.types - self._by_type.keys()
        self._postponed_at, self._postponed_from = 0.0, 0
        self._stopping = Event()

    def begin(self) -> None:
        """If there is no stored position yet, stores the head of the log: events recorded before are skipped."""
        followed.begin(self._read_models, self._name, self._store.head())

    def run(self) -> None:
        """Runs until it is stopped. Failures are retried."""
        while not self._stopping.is_set():
            try:
                pause = 0.0 if self.come_back() + self.follow() else PAUSE_SECONDS
            except DOUBT as error:
                log.warning("policies.doubt", error=type(error).__name__, reason=str(error))
                pause = RETRY_SECONDS
            self._stopping.wait(pause)

    def stop(self) -> None:
        """Finishes the current event and ends. May be called from any thread."""
        self._stopping.set()

    def follow(self) -> int:
        """Handles the next events that any policy reacts to; returns how many.

        Raises the errors in DOUBT; events whose position is not stored are then read again.
        """
        with self._read_models.reader.connect() as connection:
            position = followed.position(connection, self._name)
        if position is None:
            self.begin()
            return 0
        head = self._store.head()
        if head <= position:
            return 0
        handled = 0
        found = self._store.log(position, BATCH, head, unless=self._passed_over)
        later = []
        for stored in found:
            if self._stopping.is_set():
                break
            if not self._handle(stored):
                later.append(stored.position)
                log.warning("policies.postponed", follower=self._name, position=stored.position, type=stored.type)
            handled, position = handled + 1, stored.position
        if handled == len(found) < BATCH:
            position = head
        with self._read_models.writer.begin() as connection:
            postponed.add(connection, self._name, later)
            followed.advance(connection, self._name, position)
        return handled

    def come_back(self) -> int:
        """Handles the postponed events that can be read now, in the order of the log; returns how many. Raises as `follow`."""
        if time.monotonic() < self._postponed_at:
            return 0
        with self._read_models.reader.connect() as connection:
            positions = postponed.of(connection, self._name, self._postponed_from, BATCH)
        found = {stored.position: stored for stored in self._store.at(positions)}
        # An event that is gone, because a log without it was restored, is not waited for.
        ended = [position for position in positions if position not in found or self._handle(found[position])]
        if ended:
            with self._read_models.writer.begin() as connection:
                postponed.remove(connection, self._name, ended)
            log.info("policies.came_back", follower=self._name, events=len(ended), first=ended[0], last=ended[-1])
        if len(positions) == BATCH:
            self._postponed_from = positions[-1]
        else:
            self._postponed_at, self._postponed_from = time.monotonic() + POSTPONED_SECONDS, 0
        return len(ended)

    def _handle(self, stored: Stored) -> bool:
        """Runs the policies for one event, without its personal data; returns False if it must be postponed.

        Another failure is logged and skipped: it stops no other policy and no later event.
        """
        if _imported(stored):
            return True
        if self._store.not_understood([stored]):
            return False
        understood = True
        for policy in self._by_type.get(stored.type, ()):
            try:
                self._send(policy, self._store.decode_plain(stored))
            except DOUBT:
                raise
            except Unreadable as error:
                understood = False
                done.labels(policy.name, "postponed").inc()
                log.info("policy.postponed", policy=policy.name, position=stored.position, error=type(error).__name__)
            except Exception as error:
                done.labels(policy.name, "failed").inc()
                log.error("policy.failed", policy=policy.name, position=stored.position, error=type(error).__name__)
        return understood

    def _send(self, policy: Policy, recorded: Recorded) -> None:
        for command in policy.commands(recorded):
            outcome = self._executor.submit(command).result(OUTCOME_SECONDS)
            refusal, irregular = outcome.refusal, outcome.irregular
            done.labels(policy.name, "refused" if refusal else "irregular" if irregular else "accepted").inc()
            if refusal:
                log.info("policy.refused", policy=policy.name, position=recorded.position, rule=refusal.rule)
            elif irregular:
                log.info("policy.irregular", policy=policy.name, position=recorded.position, rules=irregular)


def _imported(stored: Stored) -> bool:
    """Imported events are history: they are skipped without decoding. An event that cannot be read is not skipped silently."""
    metadata = metadata_of(stored)
    return metadata is not None and metadata.origin == "import"

"""The clock of the policies: asks what is due by now, and has it done.

A command runs once, however often and by however many processes it is sent: its receipt stands in the commit of what it
records, for ever, and it runs on no other version of its target than that which was due. So it does not matter how far behind
the read models are, nor whether they are made anew meanwhile.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from datetime import UTC, datetime
from threading import Event

import structlog

from commands.shared.executor import Executor
from commands.shared.outcome import Outcome, VersionMismatch
from consumers.policies.deadline import Deadline
from consumers.policies.runner import DOUBT, OUTCOME_SECONDS, done
from infra.read_models.database import ReadModels

PAUSE_SECONDS = 1.0
AT_ONCE = 200

log = structlog.get_logger()


class Clock:
    """Looks at each deadline in turn; at a look `AT_ONCE` of what is due, and at the next one at what comes then."""

    def __init__(
        self,
        deadlines: Sequence[Deadline],
        executor: Executor,
        read_models: ReadModels,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._deadlines, self._executor, self._read_models, self._clock = deadlines, executor, read_models, clock
        self._stopping = Event()
        self._cursors: dict[str, str | None] = {}

    def run(self) -> None:
        """Look every second until stopped. What fails is tried again."""
        while not self._stopping.is_set():
            for deadline in self._deadlines:
                try:
                    self.look(deadline)
                except DOUBT as error:
                    log.warning("policies.doubt", policy=deadline.name, error=type(error).__name__, reason=str(error))
            self._stopping.wait(PAUSE_SECONDS)

    def stop(self) -> None:
        """Finish what is under way and end. From any thread."""
        self._stopping.set()

    def look(self, deadline: Deadline) -> int:
        """Have done what is due, and tell how much was done. Raises what is in DOUBT; then the rest is for another look."""
        now = self._clock()
        with self._read_models.reader.connect() as connection:
            found, cursor = deadline.due(connection, now, AT_ONCE, self._cursors.get(deadline.name))
        sent = [self._executor.submit(deadline.command(one, now)) for one in found]
        ends = [self._end(deadline, one) for one in sent]
        self._cursors[deadline.name] = cursor
        return ends.count("accepted")

    def _end(self, deadline: Deadline, sent: Future[Outcome]) -> str:
        """What breaks is told and passed over, so that it does not stop the others."""
        try:
            refusal = sent.result(OUTCOME_SECONDS).refusal
        except DOUBT:
            raise
        except Exception as error:
            end = "failed"
            log.error("policy.failed", policy=deadline.name, error=type(error).__name__)
        else:
            end = "accepted" if refusal is None else "moved_on" if isinstance(refusal, VersionMismatch) else "refused"
            if end == "refused":
                log.info("policy.refused", policy=deadline.name, rule=refusal and refusal.rule)
        done.labels(deadline.name, end).inc()
        return end

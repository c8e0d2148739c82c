"""The clock of the policies: it finds the items that are due now and sends their commands.

A command runs only once, even if several processes send it several times: its receipt is stored permanently in the same commit
as its events, and it runs only if its target still has the version that was due. So it does not matter if the read models are
behind or are being rebuilt.
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
    """Looks for due items of each deadline in turn. A look finds up to `AT_ONCE` items; the next look continues after them."""

    def __init__(
        self,
        deadlines: Sequence[Deadline],
        executor: Executor,
        read_models: ReadModels,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        trusted: Callable[[], bool] = lambda: True,
    ) -> None:
        self._deadlines, self._executor, self._read_models = deadlines, executor, read_models
        self._clock, self._trusted = clock, trusted
        self._stopping = Event()
        self._cursors: dict[str, str | None] = {}

    def run(self) -> None:
        """Looks every second until it is stopped. Failures are retried."""
        while not self._stopping.is_set():
            for deadline in self._deadlines:
                try:
                    self.look(deadline)
                except DOUBT as error:
                    log.warning("policies.doubt", policy=deadline.name, error=type(error).__name__, reason=str(error))
            self._stopping.wait(PAUSE_SECONDS)

    def stop(self) -> None:
        """Finishes the current look and ends. May be called from any thread."""
        self._stopping.set()

    def look(self, deadline: Deadline) -> int:
        """Sends the commands for the items that are due; returns how many commands were accepted.

        While the clock is doubted, nothing is due. Raises the errors in DOUBT; the remaining items are then left for the next
        look.
        """
        now = self._clock()
        if not self._trusted():
            return 0
        with self._read_models.reader.connect() as connection:
            found, cursor = deadline.due(connection, now, AT_ONCE, self._cursors.get(deadline.name))
        sent = [self._executor.submit(deadline.command(one, now)) for one in found]
        ends = [self._end(deadline, one) for one in sent]
        self._cursors[deadline.name] = cursor
        return ends.count("accepted")

    def _end(self, deadline: Deadline, sent: Future[Outcome]) -> str:
        """How the command ended. A failure is logged and skipped, so that it does not stop the other commands."""
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

"""Jobs that run longer than their request. Each has a thread of its own, and an id to follow it by."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any, Literal, NamedTuple
from uuid import UUID

import msgspec
import structlog

log = structlog.get_logger()

REMEMBERED = 100
AT_ONCE = 2
# Each job that waits for its turn holds the file that it was given.
WAITING = 20

Progress = Callable[[int, int], None]
Work = Callable[[Progress], Any]
State = Literal["running", "completed", "failed"]
Kind = Literal["rebuild", "check", "master-key-rotation", "verification", "import"]


class Expected(NamedTuple):
    """The errors whose message the caller sees. For any other error the caller sees only its type."""

    errors: tuple[type[Exception], ...] = ()


class TooManyJobs(Exception):
    """So many jobs wait for their turn that no other is accepted. Nothing was done."""


class Stopped(Exception):
    """The process ends. Finished steps are kept; a repeat of the request does the rest."""


class Job(msgspec.Struct, eq=False):
    """`done` and `total` are in the units of the work. `result` is set if it is completed, `error` if it failed.

    `by` is the id of the key that asked for it; None if the process itself began it. It waits for its turn from `begun_at` on.
    """

    id: UUID
    kind: Kind
    begun_at: datetime
    by: str | None = None
    ended_at: datetime | None = None
    state: State = "running"
    done: int = 0
    total: int = 0
    result: Any = None
    error: str | None = None


class Jobs:
    """Runs jobs, at most two at a time, and remembers the latest hundred. At most twenty wait for their turn."""

    def __init__(self) -> None:
        self._jobs: OrderedDict[UUID, Job] = OrderedDict()
        self._threads = ThreadPoolExecutor(AT_ONCE, "job")
        self._lock = threading.Lock()
        self._stopping = False

    def start(
        self,
        id: UUID,
        work: Work,
        expected: Expected = Expected(),  # noqa: B008 (it is immutable)
        *,
        kind: Kind,
        by: str | None = None,
    ) -> Job:
        """Start the job and return it. If one with this id is running, return that one instead.

        Raises TooManyJobs, which is answered with 503.
        """
        with self._lock:
            job = self._jobs.get(id)
            if job is None or job.state != "running":
                if sum(one.state == "running" for one in self._jobs.values()) >= AT_ONCE + WAITING:
                    raise TooManyJobs(f"{WAITING} jobs wait for their turn. Nothing was done.")
                job = self._jobs[id] = Job(id, kind, datetime.now(UTC), by)
                self._jobs.move_to_end(id)
                self._forget_oldest()
                self._threads.submit(self._run, job, work, expected)
            return job

    def get(self, id: UUID) -> Job | None:
        return self._jobs.get(id)

    def latest(self) -> list[Job]:
        """All that are remembered, the one that was begun last first."""
        with self._lock:
            return list(reversed(self._jobs.values()))

    def stop(self) -> None:
        """Stop every job at its next step. Returns at once, and may be called from any thread."""
        self._stopping = True

    def close(self) -> None:
        """Stop every job at its next step, and wait until all have stopped."""
        self.stop()
        self._threads.shutdown(cancel_futures=True)

    def _forget_oldest(self) -> None:
        ended = [id for id, job in self._jobs.items() if job.state != "running"]
        for id in ended[: max(0, len(self._jobs) - REMEMBERED)]:
            del self._jobs[id]

    def _run(self, job: Job, work: Work, expected: Expected) -> None:
        def progress(done: int, total: int) -> None:
            job.done, job.total = done, total
            if self._stopping:
                raise Stopped("The server was stopped. Finished steps are kept; repeat the request to do the rest.")

        try:
            job.result = work(progress)
            job.ended_at = datetime.now(UTC)
            job.state = "completed"
        except Exception as error:
            known = isinstance(error, (*expected.errors, Stopped))
            job.error = str(error) if known else type(error).__name__
            job.ended_at = datetime.now(UTC)
            job.state = "failed"
            if not known:
                log.exception("job failed", job=str(job.id))

"""Submits the commands of an import. Many run in parallel, so that they share commits, but too few to fill the queue."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future

from commands.shared.batch import Command
from commands.shared.commit import Unreadable
from commands.shared.executor import Executor, Overloaded
from commands.shared.outcome import Outcome
from domain.shared.refusals import Refusal

PAUSE = 0.005


class UnreadableEvent(Refusal):
    """A recorded event that the command needs cannot be read."""


class Window:
    """Settles commands in the order in which they were submitted.

    Commands are submitted a full batch at a time, so that each commit is full. At most two batches are submitted: one is being
    committed, and the next one is ready. More batches would only make other callers wait.
    """

    def __init__(self, executor: Executor) -> None:
        self._executor = executor
        self._full = max(1, min(executor.limits.batch, executor.limits.queue // 4))
        self._next: list[tuple[Command, Callable[[Outcome], None]]] = []
        self._waiting: deque[tuple[Future[Outcome], Callable[[Outcome], None]]] = deque()

    def submit(self, command: Command, settle: Callable[[Outcome], None]) -> None:
        """Submits a command, soon; `settle` gets its outcome.

        Raises OutcomeUnknown if the outcome of a command is unknown, Overloaded if the queue stays full for too long.
        """
        self._next.append((command, settle))
        if len(self._next) == self._full:
            self._send()

    def drain(self) -> None:
        self._send()
        while self._waiting:
            self._settle_one()

    def _send(self) -> None:
        while self._waiting and len(self._waiting) > self._full:
            self._settle_one()
        sent, self._next = self._next, []
        futures = self._accepted([command for command, _ in sent])
        self._waiting += ((future, settle) for future, (_, settle) in zip(futures, sent, strict=True))

    def _settle_one(self) -> None:
        future, settle = self._waiting.popleft()
        settle(_outcome(future))

    def _accepted(self, commands: Sequence[Command]) -> Sequence[Future[Outcome]]:
        patience = time.monotonic() + self._executor.limits.settle
        while True:
            try:
                return self._executor.submit_all(commands)
            except Overloaded:
                if time.monotonic() > patience:
                    raise
            if self._waiting:
                self._settle_one()
            else:
                time.sleep(PAUSE)


def _outcome(future: Future[Outcome]) -> Outcome:
    """An event that cannot be read refuses the row that needs it, and no other. The next run of the import tries it again."""
    try:
        return future.result()
    except Unreadable as error:
        return Outcome(refusal=UnreadableEvent(str(error)))

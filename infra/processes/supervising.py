"""Starts processes, watches them, restarts those that end unexpectedly, and ends them in order."""

from __future__ import annotations

import time
import urllib.request
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import msgspec
import structlog

from infra.command_line.terminal import Failed, err
from infra.servers.process import READY_WITHIN, ServerProcess

log = structlog.get_logger()

LOOK_EVERY = 0.2
SHORTEST_BACKOFF, LONGEST_BACKOFF = 0.5, 30.0
STEADY_AFTER = 30.0
STOP_WITHIN = 15.0
PROBE_SECONDS = 2.0
LAST_WORDS = 500


class Watched(msgspec.Struct, eq=False):
    """A process, and a check that it is alive."""

    process: ServerProcess
    lives: Callable[[], bool]
    endings: int = 0
    started_at: float = 0.0
    restarts_at: float | None = None

    @property
    def name(self) -> str:
        return self.process.name

    def start(self) -> None:
        self.started_at, self.restarts_at = time.monotonic(), None
        self.process.start()

    def look(self) -> None:
        """If the process has ended, log that and start it again after a pause. Each pause is longer than the one before."""
        now = time.monotonic()
        if self.process.running:
            if now - self.started_at > STEADY_AFTER:
                self.endings = 0
        elif self.restarts_at is None:
            pause = min(LONGEST_BACKOFF, SHORTEST_BACKOFF * 2.0**self.endings)
            self.endings += 1
            self.restarts_at = now + pause
            log.error("up.ended", process=self.name, restart_in_seconds=pause, log=str(self.process.log))
        elif now >= self.restarts_at:
            self.start()
            log.warning("up.restarted", process=self.name)

    def last_words(self) -> str:
        return self.process.output().strip()[-LAST_WORDS:]


class Supervisor:
    """Starts and ends `processes`. `servers` are already running: they are only restarted if they end."""

    def __init__(self, processes: Sequence[Watched], servers: Sequence[Watched]) -> None:
        self._processes, self._servers = processes, servers

    def start(self) -> None:
        """Returns when all of them are alive. Raises Failed if one ends, or is not alive within READY_WITHIN seconds."""
        for watched in self._processes:
            watched.start()
        deadline = time.monotonic() + READY_WITHIN
        waiting = list(self._processes)
        while waiting := [watched for watched in waiting if not watched.lives()]:
            for watched in waiting:
                if not watched.process.running:
                    raise Failed(f"{watched.name} ended at its start: {watched.last_words()}")
            if time.monotonic() > deadline:
                names = ", ".join(watched.name for watched in waiting)
                raise Failed(f"{names}: not ready within {READY_WITHIN:g} s (see {waiting[0].process.log.parent})")
            time.sleep(LOOK_EVERY)

    def watch(self) -> None:
        """Runs until interrupted."""
        while True:
            for watched in (*self._servers, *self._processes):
                watched.look()
            time.sleep(LOOK_EVERY)

    def stop(self) -> None:
        """Ask all to end, and kill those that do not end in time. If interrupted, kill all immediately."""
        try:
            self._each(lambda watched: watched.process.stop(timeout=STOP_WITHIN))
        except KeyboardInterrupt:
            err.print("Ending immediately.")
            self._each(lambda watched: watched.process.kill())

    def _each(self, do: Callable[[Watched], None]) -> None:
        with ThreadPoolExecutor(max(1, len(self._processes)), "stopping") as pool:
            list(pool.map(do, self._processes))


def answers(url: str) -> bool:
    """Whether a GET is answered with 200."""
    with suppress(OSError), urllib.request.urlopen(url, timeout=PROBE_SECONDS) as answer:  # noqa: S310 (our own address)
        return bool(answer.status == 200)
    return False


def watched_recount(name: str, command: Sequence[str], log: Path, environment: dict[str, str], health: str) -> Watched:
    return Watched(ServerProcess(name, command, log, environment), lambda: answers(health))

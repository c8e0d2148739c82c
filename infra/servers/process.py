"""A server as the operating system sees it: a process with its children, which can be started, stopped, killed and frozen."""

import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Protocol

import psutil

from infra.servers.orphans import watcher

# In seconds. A slow machine needs a minute for what takes seconds elsewhere; only a process that hangs needs longer than this.
READY_WITHIN = 300.0


def wait_until(condition: Callable[[], bool], timeout: float, what: str) -> None:
    """Returns once `condition` is true. Raises TimeoutError, naming `what`, if it is not within `timeout` seconds."""
    deadline = time.monotonic() + timeout
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what}: not within {timeout:g} s")
        time.sleep(0.05)


class Process(Protocol):
    """What is used of `subprocess.Popen`."""

    @property
    def pid(self) -> int: ...

    def poll(self) -> int | None: ...

    def wait(self, timeout: float | None = None) -> int: ...


@dataclass
class ServerProcess:
    """A command to run, and its process. Its output is appended to `log`. It ends with the process that starts it.

    The signal `ends_on` asks it to end in order.
    """

    name: str
    command: Sequence[str]
    log: Path
    environment: Mapping[str, str]
    user: str | None = None
    ends_on: signal.Signals = signal.SIGTERM
    _process: Process | None = None
    _log_start: int = 0

    @property
    def pid(self) -> int:
        """The id of the running process. Raises RuntimeError before the first start."""
        if self._process is None:
            raise RuntimeError(f"{self.name} was never started")
        return self._process.pid

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        """Start it in its own session: Ctrl-C in the terminal reaches only the starting process, which stops it in order."""
        with self.log.open("ab") as log, _uninterrupted():
            self._log_start = log.tell()
            self._process = self._begun(log)
            watcher.watch(self._process.pid, self.ends_on)

    def _begun(self, log: IO[bytes]) -> Process:
        return subprocess.Popen(
            self.command,
            cwd=self.log.parent,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
            user=self.user,
            group=self.user,
            extra_groups=None if self.user is None else [],
        )

    def output(self) -> str:
        """Its output since its last start."""
        with self.log.open("rb") as log:
            log.seek(self._log_start)
            return log.read().decode(errors="replace")

    def wait_until_ready(self, ready: Callable[[], bool], timeout: float = READY_WITHIN) -> None:
        """Raises RuntimeError with its last output if it ends instead, TimeoutError after `timeout` seconds."""

        def ready_or_ended() -> bool:
            if not self.running:
                raise RuntimeError(f"{self.name} ended at its start:\n{self.output()[-3000:]}")
            return ready()

        wait_until(ready_or_ended, timeout, f"{self.name} is ready (see {self.log})")

    def freeze(self) -> None:
        """SIGSTOP: it hangs and keeps its connections open. The parent freezes first, so that it starts no child."""
        psutil.Process(self.pid).suspend()
        for child in self._children():
            _send(child, signal.SIGSTOP)

    def thaw(self) -> None:
        for process in [*self._children(), psutil.Process(self.pid)]:
            _send(process, signal.SIGCONT)

    def kill(self) -> None:
        """SIGKILL to it and its children: a crash. Returns when all of them are gone."""
        if not self.running:
            return
        self.freeze()
        family = [*self._children(), psutil.Process(self.pid)]
        for process in family:
            _send(process, signal.SIGKILL)
        self._wait(None)
        wait_until(lambda: all(map(_is_gone, family)), 10, f"{self.name} is gone")

    def stop(self, timeout: float = 30) -> None:
        """Ask it to end; kill it after `timeout` seconds. A second call does nothing."""
        if not self.running:
            return
        self.thaw()
        _send(psutil.Process(self.pid), self.ends_on)
        try:
            self._wait(timeout)
        except subprocess.TimeoutExpired:
            self.kill()

    def _children(self) -> list[psutil.Process]:
        children: list[psutil.Process] = psutil.Process(self.pid).children(recursive=True)
        return children

    def _wait(self, timeout: float | None) -> None:
        if self._process is not None:
            self._process.wait(timeout)


@contextmanager
def _uninterrupted() -> Iterator[None]:
    """Inside the block, signals wait. An interruption in the middle of a start would leave a process that nobody ends."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    came: list[int] = []
    before = {
        number: signal.signal(number, lambda number, _: came.append(number)) for number in (signal.SIGINT, signal.SIGTERM)
    }
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        for each in came:
            signal.raise_signal(each)


def _send(process: psutil.Process, number: signal.Signals) -> None:
    with suppress(psutil.NoSuchProcess):
        process.send_signal(number)


def _is_gone(process: psutil.Process) -> bool:
    try:
        return bool(process.status() == psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return True

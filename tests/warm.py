"""Starts processes of Recount from a warm one, which has already imported what they import.

The tests start hundreds of processes, and most of the work of a start is to import. So the run has one process that imports
once (`python -m tests.warm SOCKET`) and forks for each start. A forked process has the arguments, the environment, the folder
and the files that a new one would have, and ends as a new one does. Tests of the start itself use a new interpreter.
"""

from __future__ import annotations

import gc
import importlib
import os
import runpy
import selectors
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, suppress
from functools import cache
from pathlib import Path
from typing import IO, Protocol

import msgspec

from infra.servers.process import ServerProcess
from tests.servers import TREE, address_of

IMPORTED = ("api.app", "consumers.policies", "infra.command_line.serve", "infra.command_line.project", "infra.kafka.producer")
LENGTH = 4
"""Bytes of each number on a connection."""
FILES = 3


class Process(Protocol):
    """What is used of `subprocess.Popen`."""

    @property
    def pid(self) -> int: ...

    def poll(self) -> int | None: ...

    def wait(self, timeout: float | None = None) -> int: ...

    def send_signal(self, sig: int, /) -> None: ...

    def terminate(self) -> None: ...

    def kill(self) -> None: ...


class WarmProcess(ServerProcess):
    """A server that is started from the warm process."""

    def _begun(self, log: IO[bytes]) -> Process:
        return started(self.command, self.environment, log, log, self.log.parent)


def started(
    command: Sequence[str], environment: Mapping[str, str], out: IO[bytes], errors: IO[bytes], folder: Path | None = None
) -> Process:
    """A process in a session of its own, with nothing on its standard input.

    `command` is [sys.executable, "-m", module, …]. If it is another one, or if the environment has settings of Python that the
    warm process does not have, a new interpreter runs it.
    """
    folder = folder or Path.cwd()
    if tuple(command[:2]) != (sys.executable, "-m") or _of_python(environment) != _of_python(os.environ):
        return subprocess.Popen(
            command, cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=out, stderr=errors, start_new_session=True
        )
    os.umask(umask := os.umask(0))
    wanted = Wanted(command[2], command[3:], dict(environment), str(folder), umask)
    with open(os.devnull, "rb") as nothing:
        return Forked(wanted, [file.fileno() for file in (nothing, out, errors)])


def run(command: Sequence[str], environment: Mapping[str, str], timeout: float) -> subprocess.CompletedProcess[str]:
    """Like `subprocess.run`, with the output as text. Raises TimeoutExpired."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as errors:
        status = started(command, environment, out, errors).wait(timeout)
        texts = [(file.seek(0), file.read().decode())[1] for file in (out, errors)]
    return subprocess.CompletedProcess(command, status, *texts)


def _of_python(environment: Mapping[str, str]) -> dict[str, str]:
    settings = {name: value for name, value in environment.items() if name.startswith("PYTHON")}
    return {name: value for name, value in settings.items() if (name, value) != ("PYTHONPATH", str(TREE))}


@cache
def _address() -> str:
    """Asked once: the keeper answers nobody while it starts a server."""
    return address_of("warm")


class Wanted(msgspec.Struct):
    """What a forked process becomes."""

    module: str
    arguments: Sequence[str]
    environment: dict[str, str]
    folder: str
    umask: int


class Forked:
    """A process that the warm one has forked. The warm one says on the connection how it ended."""

    def __init__(self, wanted: Wanted, files: Sequence[int]) -> None:
        self._connection = socket.socket(socket.AF_UNIX)
        self._connection.connect(_address())
        content = msgspec.msgpack.encode(wanted)
        socket.send_fds(self._connection, [len(content).to_bytes(LENGTH)], files)
        self._connection.sendall(content)
        self.pid = _number(self._connection)
        self._status: int | None = None

    def poll(self) -> int | None:
        return self._ended(0)

    def wait(self, timeout: float | None = None) -> int:
        """The exit status, or the negative number of the signal that ended it. Raises TimeoutExpired."""
        status = self._ended(timeout)
        if status is None:
            raise subprocess.TimeoutExpired(str(self.pid), timeout or 0)
        return status

    def send_signal(self, sig: int, /) -> None:
        if self.poll() is None:
            with suppress(ProcessLookupError):
                os.kill(self.pid, sig)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def _ended(self, timeout: float | None) -> int | None:
        if self._status is None:
            self._connection.settimeout(timeout)
            with suppress(TimeoutError, BlockingIOError):
                self._status = _number(self._connection)
                self._connection.close()
        return self._status


# The warm process


def main(address: str) -> None:
    """Runs until it is killed. In each forked process this returns when that one ends."""
    for module in IMPORTED:
        importlib.import_module(module)
    gc.freeze()
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(address)
        listener.listen()
        wanted, files = _until_forked(listener)
    _become(wanted, files)
    runpy.run_module(wanted.module, run_name="__main__", alter_sys=True)


def _until_forked(listener: socket.socket) -> tuple[Wanted, Sequence[int]]:
    """Forks for each connection, and says on it how the forked process ended. Returns only in a forked process."""
    starters: dict[int, socket.socket] = {}
    ended, waker = socket.socketpair()
    with ExitStack() as ours:
        for one in (ended, waker):
            one.setblocking(False)
            ours.enter_context(one)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(waker.fileno())
        selector = ours.enter_context(selectors.DefaultSelector())
        selector.register(listener, selectors.EVENT_READ)
        selector.register(ended, selectors.EVENT_READ)
        while True:
            for key, _ in selector.select():
                if key.fileobj is ended:
                    ended.recv(1024)
                    _tell(starters)
                    continue
                starter, _ = listener.accept()
                wanted, files = _wanted(starter)
                if not (pid := os.fork()):
                    for one in (starter, *starters.values()):
                        one.close()
                    signal.set_wakeup_fd(-1)
                    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                    return wanted, files
                for file in files:
                    os.close(file)
                starters[pid] = starter
                _say(starter, pid)


def _wanted(starter: socket.socket) -> tuple[Wanted, Sequence[int]]:
    length, files, _, _ = socket.recv_fds(starter, LENGTH, FILES)
    return msgspec.msgpack.decode(_received(starter, int.from_bytes(length)), type=Wanted), files


def _tell(starters: dict[int, socket.socket]) -> None:
    """Says of each forked process that has ended how it did."""
    with suppress(ChildProcessError):
        while (ended := os.waitpid(-1, os.WNOHANG))[0]:
            with starters.pop(ended[0]) as starter:
                _say(starter, os.waitstatus_to_exitcode(ended[1]))


def _become(wanted: Wanted, files: Sequence[int]) -> None:
    os.setsid()
    for number, file in enumerate(files):
        os.dup2(file, number)
        os.close(file)
    os.umask(wanted.umask)
    os.chdir(wanted.folder)
    os.environ.clear()
    os.environ.update(wanted.environment)
    sys.argv = [wanted.module, *wanted.arguments]
    # The folder is the first place, as for `python -m`. What PYTHONPATH may name is there already: see `started`.
    sys.path.insert(0, wanted.folder)
    tempfile.tempdir = None


def _say(starter: socket.socket, number: int) -> None:
    """The starter may be gone."""
    with suppress(OSError):
        starter.sendall(number.to_bytes(LENGTH, signed=True))


def _number(connection: socket.socket) -> int:
    return int.from_bytes(_received(connection, LENGTH), signed=True)


def _received(connection: socket.socket, length: int) -> bytes:
    """Raises EOFError if the other side is gone."""
    content = b""
    while len(content) < length:
        if not (piece := connection.recv(length - len(content))):
            raise EOFError("the warm process is gone")
        content += piece
    return content


if __name__ == "__main__":
    main(sys.argv[1])

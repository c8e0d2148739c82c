"""Ends the servers that a process started, if it dies without ending them: by SIGKILL, by SIGTERM, or by a fault.

A process that starts a server also starts a watcher (`python -m infra.servers.orphans`) and holds the other end of the
watcher's standard input. When that ends, the watcher asks the servers that are left to end, and kills those that do not.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import IO

import psutil

# Seconds that a server has before it is killed.
ENDS_WITHIN = 10.0
TREE = Path(__file__).parents[2]


class Watcher:
    """The watcher of this process. It is started with the first server."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._of, self._lock = 0, threading.Lock()

    def watch(self, pid: int, number: signal.Signals) -> None:
        """If this process dies before the process `pid`, that one gets the signal `number`."""
        with self._lock:
            # A fork of this process has servers and a watcher of its own.
            if self._process is None or self._of != os.getpid() or self._process.poll() is not None:
                self._process, self._of = _started(), os.getpid()
            assert self._process.stdin is not None
            self._process.stdin.write(b"%d %d\n" % (pid, number))
            self._process.stdin.flush()


watcher = Watcher()


def _started() -> subprocess.Popen[bytes]:
    """In a session of its own: Ctrl-C in the terminal does not reach it. Nothing waits for its output."""
    return subprocess.Popen(
        [sys.executable, "-m", "infra.servers.orphans"],
        cwd=TREE,
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def main(lines: IO[bytes]) -> None:
    servers: list[tuple[psutil.Process, int]] = []
    for line in lines:
        pid, number = map(int, line.split())
        try:
            # It knows when the process began, so that no later process with the same id is taken for it.
            servers.append((psutil.Process(pid), number))
        except psutil.NoSuchProcess:
            continue
    _end(servers)


def _end(servers: list[tuple[psutil.Process, int]]) -> None:
    left = [(server, number) for server, number in servers if server.is_running()]
    families = [one for server, _ in left for one in (server, *_children(server))]
    for server, number in left:
        _send(server, number)
        # It may be frozen.
        for one in (server, *_children(server)):
            _send(one, signal.SIGCONT)
    psutil.wait_procs([server for server, _ in left], timeout=ENDS_WITHIN)
    for one in families:
        _send(one, signal.SIGKILL)


def _children(server: psutil.Process) -> list[psutil.Process]:
    try:
        children: list[psutil.Process] = server.children(recursive=True)
    except psutil.NoSuchProcess:
        return []
    return children


def _send(process: psutil.Process, number: int) -> None:
    try:
        process.send_signal(number)
    except psutil.Error:
        return


if __name__ == "__main__":
    main(sys.stdin.buffer)

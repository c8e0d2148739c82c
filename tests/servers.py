"""One PostgreSQL and one Kafka for a whole run, however many workers it has.

The run starts a keeper (`python -m tests.servers`), a process that holds both servers and starts each when a test first
asks for it. The keeper ends when its standard input does. The run holds the other end of that pipe, so the keeper ends with
the run, also when the run is killed. At its end nothing is left: no process that the run started, and no temporary file.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable
from contextlib import ExitStack, suppress
from functools import cache, partial
from multiprocessing.connection import Client, Listener
from pathlib import Path

import psutil

from tests.waiting import wait_until

# The keeper's folder. Every process that the run starts inherits it, so that the keeper knows these processes.
VARIABLE = "RECOUNT_TEST_KEEPER"
SOCKET = "keeper"
# A file system in memory: a commit there does not wait for a disk, so the tests take half the time.
MEMORY = Path("/dev/shm")
ROOM = 6 * 2**30
# The brokers of tests run for seconds or minutes: to optimise their code takes more CPU than it saves.
BRIEF = "-XX:TieredStopAtLevel=1"
TREE = Path(__file__).parents[1]


class Keeper:
    """The run's side of the keeper.

    From now on, the run's temporary files go to the keeper's folder: in memory if there is enough room, unless TMPDIR names
    another place.
    """

    def __init__(self) -> None:
        self.folder = tempfile.mkdtemp(prefix="recount-tests-", dir=None if "TMPDIR" in os.environ else _in_memory())
        os.environ[VARIABLE] = os.environ["TMPDIR"] = tempfile.tempdir = self.folder
        os.environ.setdefault("JAVA_TOOL_OPTIONS", BRIEF)
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.servers"], cwd=TREE, stdin=subprocess.PIPE, start_new_session=True
        )

    def close(self) -> None:
        """Returns when all servers have stopped."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait()


def _in_memory() -> Path | None:
    if not MEMORY.is_dir():
        return None
    free = min(shutil.disk_usage(MEMORY).free, psutil.virtual_memory().available)
    return MEMORY if free >= ROOM and os.access(MEMORY, os.W_OK) else None


def address_of(server: str) -> str:
    """The address of the run's "postgres" (a URL), "kafka" (bootstrap servers) or "warm" (a socket, see `tests.warm`).

    The server runs when this returns.

    Raises RuntimeError if the server does not start.
    """
    socket = Path(os.environ[VARIABLE]) / SOCKET
    wait_until(socket.exists, "the keeper of the servers listens")
    with Client(str(socket), "AF_UNIX") as keeper:
        keeper.send(server)
        started, answer = keeper.recv()
    if not started:
        raise RuntimeError(f"{server} does not start: {answer}")
    return str(answer)


def main() -> None:
    folder = Path(os.environ[VARIABLE])
    with ExitStack() as stack:
        stack.callback(_remove, folder)
        stack.callback(_kill_all_of, folder)
        addresses = {name: cache(partial(start, folder / name, stack)) for name, start in STARTS.items()}
        listener = stack.enter_context(Listener(str(folder / SOCKET), "AF_UNIX", backlog=16))
        threading.Thread(target=_answer, args=(listener, addresses), daemon=True).start()
        sys.stdin.buffer.read()


def _answer(listener: Listener, addresses: dict[str, Callable[[], str]]) -> None:
    while True:
        # A worker can be killed while it asks.
        with suppress(OSError, EOFError), listener.accept() as asker:
            asker.send(_started(addresses[asker.recv()]))


def _started(start: Callable[[], str]) -> tuple[bool, str]:
    try:
        return True, start()
    except Exception as error:
        return False, f"{type(error).__name__}: {error}"


def _postgres(folder: Path, stack: ExitStack) -> str:
    from infra.servers.postgres import Postgres

    return stack.enter_context(Postgres(folder)).url


def _kafka(folder: Path, stack: ExitStack) -> str:
    from infra.servers.kafka import Kafka

    return stack.enter_context(Kafka(folder)).bootstrap


def _warm(folder: Path, stack: ExitStack) -> str:
    process = subprocess.Popen([sys.executable, "-m", "tests.warm", str(folder)], cwd=TREE, stdin=subprocess.DEVNULL)
    stack.callback(process.kill)
    wait_until(lambda: folder.exists() or process.poll() is not None, "the warm process listens")
    if process.poll() is not None:
        raise RuntimeError(f"it ended with status {process.returncode}")
    return str(folder)


STARTS = {"postgres": _postgres, "kafka": _kafka, "warm": _warm}


def _kill_all_of(folder: Path) -> None:
    """Kill the processes that a killed run leaves: those that work in its folder or inherited the folder's name."""
    for process in psutil.process_iter():
        with suppress(psutil.Error, OSError):
            if process.pid != os.getpid() and _belongs(process, folder):
                process.kill()


def _belongs(process: psutil.Process, folder: Path) -> bool:
    return Path(process.cwd()).is_relative_to(folder) or process.environ().get(VARIABLE) == str(folder)


def _remove(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()

"""Servers end with the process that started them, however that one ends."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from infra.processes.stopping import interrupt, when_asked_to_stop
from infra.servers.process import ServerProcess
from tests.servers import TREE
from tests.waiting import wait_until

# It starts a server, another one that it freezes, and one that it ends in order.
STARTER = """
import os, sys, time
from pathlib import Path
from infra.servers.process import ServerProcess
SLEEP = [sys.executable, "-S", "-c", "import time; time.sleep(600)"]
def started(name):
    server = ServerProcess(name, SLEEP, Path(sys.argv[1], name), os.environ)
    server.start()
    return server
one, frozen, ended = map(started, ("one", "frozen", "ended"))
frozen.freeze()
ended.stop()
print(one.pid, frozen.pid, flush=True)
time.sleep(600)
"""


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_servers_end_when_the_process_that_started_them_is_ended_by_a_signal(tmp_path: Path, number: signal.Signals) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", STARTER, str(tmp_path)], stdout=subprocess.PIPE, text=True, cwd=TREE
    ) as starter:
        assert starter.stdout is not None
        servers = [psutil.Process(int(pid)) for pid in starter.stdout.readline().split()]
        [watcher] = [child for child in psutil.Process(starter.pid).children() if "infra.servers.orphans" in child.cmdline()]
        assert all(server.is_running() for server in servers)
        starter.send_signal(number)
    assert starter.returncode == -number
    wait_until(lambda: not any(map(_runs, [*servers, watcher])), "the servers and their watcher are gone")


def test_a_start_that_is_interrupted_leaves_no_process_that_nobody_ends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin, ends = subprocess.Popen, ServerProcess("one", ["sleep", "600"], tmp_path / "log", {})

    def begin_and_be_interrupted(*given: object, **how: object) -> object:
        begun = begin(*given, **how)  # type: ignore[call-overload]
        signal.raise_signal(signal.SIGTERM)
        return begun

    monkeypatch.setattr(subprocess, "Popen", begin_and_be_interrupted)
    # It has begun its end, within which the process of the tests would be ended.
    monkeypatch.setattr("infra.processes.stopping._End.begin", lambda _: None)
    with pytest.raises(KeyboardInterrupt), when_asked_to_stop(interrupt):
        ends.start()
    assert ends.running
    ends.stop()


def _runs(process: psutil.Process) -> bool:
    try:
        return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False

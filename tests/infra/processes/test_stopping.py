"""A process ends within a bound after it was asked to, whatever it waits for."""

from __future__ import annotations

import signal
import subprocess
import sys

import pytest

from infra.processes.stopping import interrupted_by_sigterm
from tests.servers import TREE
from tests.waiting import PATIENCE

# It waits for a thread that never ends, as for a database that hangs.
HANGS = """
import threading, time
from infra.processes.stopping import when_asked_to_stop
threading.Thread(target=time.sleep, args=(600,), name="waits-for-the-database").start()
asked = threading.Event()
with when_asked_to_stop(lambda _: asked.set(), within=0.2):
    print("ready", flush=True)
    while not asked.wait(0.01):
        pass
"""


def test_sigterm_interrupts_also_what_a_shell_runs_in_the_background(monkeypatch: pytest.MonkeyPatch) -> None:
    # It has begun its end, within which the process of the tests would be ended.
    monkeypatch.setattr("infra.processes.stopping._End.begin", lambda _: None)
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with pytest.raises(KeyboardInterrupt), interrupted_by_sigterm():
            signal.raise_signal(signal.SIGTERM)
    finally:
        signal.signal(signal.SIGINT, before)


# The same without a bound that comes soon.
PATIENT = HANGS.replace("within=0.2", "within=600") + 'print("closes", flush=True)'


def test_another_signal_ends_a_process_that_is_asked_to_end_and_hangs() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", PATIENT], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=TREE
    ) as one:
        assert one.stdout is not None
        for line in ("ready\n", "closes\n"):
            assert one.stdout.readline() == line
            one.terminate()
        output, _ = one.communicate(timeout=PATIENCE)
    assert one.returncode == 1
    assert "waits-for-the-database" in output


def test_a_process_that_waits_for_a_hanging_server_ends_and_says_what_it_waited_for() -> None:
    command = [sys.executable, "-c", HANGS]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=TREE) as one:
        assert one.stdout is not None
        assert one.stdout.readline() == "ready\n"
        one.terminate()
        output, _ = one.communicate(timeout=PATIENCE)
    assert one.returncode == 1
    assert "ended without waiting longer" in output
    assert "waits-for-the-database" in output

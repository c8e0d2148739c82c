"""A process ends within a bound after it was asked to, whatever it waits for."""

from __future__ import annotations

import signal
import subprocess
import sys

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

# Other code keeps the interrupt to itself, as a callback of a library can.
KEPT = """
import contextlib, signal
from infra.processes.stopping import interrupted_by_sigterm, require_no_sigterm
with interrupted_by_sigterm():
    require_no_sigterm()
    with contextlib.suppress(KeyboardInterrupt):
        signal.raise_signal(signal.SIGTERM)
    print("goes on", flush=True)
    require_no_sigterm()
    print("went on", flush=True)
"""


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


def test_an_interrupt_that_other_code_has_kept_ends_a_command_at_its_next_step() -> None:
    ran = subprocess.run([sys.executable, "-c", KEPT], capture_output=True, text=True, cwd=TREE, check=False)
    assert ran.stdout == "goes on\n"
    assert ran.returncode == -signal.SIGINT

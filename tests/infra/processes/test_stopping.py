"""A process ends within a bound after it was asked to, whatever it waits for."""

from __future__ import annotations

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

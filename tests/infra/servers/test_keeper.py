"""The servers of a test run end with it, also if the run is killed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import psutil
import psycopg
import pytest

from tests.servers import TREE, VARIABLE
from tests.waiting import wait_until

pytestmark = pytest.mark.servers

RUN = """
import subprocess, sys, time
from tests.servers import Keeper, address_of
from tests.waiting import wait_until
keeper = Keeper()
left = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
print(keeper.folder, address_of("postgres"), keeper.process.pid, left.pid, flush=True)
sys.stdin.read()
{ending}
"""


def started(ending: str) -> tuple[subprocess.Popen[str], Path, str, list[psutil.Process]]:
    """A run that asked for PostgreSQL and started one more process: the folder, the URL, the keeper and the other process."""
    run = subprocess.Popen(
        [sys.executable, "-c", RUN.format(ending=ending)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=TREE
    )
    assert run.stdout is not None
    folder, url, *ids = run.stdout.readline().split()
    return run, Path(folder), url, [psutil.Process(int(id)) for id in ids]


def test_a_run_that_ends_leaves_no_process_and_no_file() -> None:
    run, folder, url, processes = started("keeper.close()")
    psycopg.connect(url).close()
    run.communicate("")
    assert run.returncode == 0
    assert_nothing_is_left(folder, processes)


def test_a_run_that_is_killed_leaves_no_process_and_no_file() -> None:
    run, folder, url, processes = started("")
    psycopg.connect(url).close()
    run.kill()
    run.wait()
    assert_nothing_is_left(folder, processes)


def assert_nothing_is_left(folder: Path, processes: list[psutil.Process]) -> None:
    wait_until(lambda: not folder.exists(), "the folder is gone")
    wait_until(lambda: not any(map(_runs, processes)), "the processes are gone")
    assert not [process for process in psutil.process_iter() if _inherited(process, folder)]


def _runs(process: psutil.Process) -> bool:
    return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)


def _inherited(process: psutil.Process, folder: Path) -> bool:
    try:
        return bool(process.environ().get(VARIABLE) == str(folder))
    except psutil.Error:
        return False

"""`recount up`: one command starts the whole distributed deployment, and one Ctrl-C ends it."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import httpx
import psutil
import pytest

from infra.processes.roles import ROLES
from tests.infra.recount import Ran, Running, environment, recount
from tests.waiting import PATIENCE, wait_until

pytestmark = pytest.mark.servers


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def up(tmp_path: Path, home: Path) -> Iterator[Running]:
    up = Running(tmp_path, environment(home, SESSION_TIMEOUT=6), "up")
    yield up
    for child in _family(up):
        child.kill()
    up.process.kill()
    up.process.wait()


def test_everything_starts_answers_through_both_workers_recovers_and_ends_together(up: Running, home: Path) -> None:
    up.wait_for("Recount is ready")
    family = _family(up)
    workers = _workers(up)
    assert len(_of_recount(family)) == sum(role.copies for role in ROLES)
    assert len(workers) == 2

    with httpx.Client(headers={"Authorization": f"Bearer {up.key}"}, timeout=PATIENCE) as caller:
        _each_worker_reads_what_the_other_registered(caller, workers)
        assert _status(home).answer["healthy"]
        assert _open_to_others(home) == set()
        _a_worker_that_is_killed_comes_back(caller, up, workers[1])
        _each_worker_reads_what_the_other_registered(caller, workers)

    family += _family(up)
    assert up.end() == 0, up.errors
    assert "Traceback" not in up.errors
    # The watcher of the others ends when it sees that `up` has ended.
    wait_until(lambda: not _running(family), "every process has ended", lambda: _running(family))
    assert not (home / "up.env").exists()


def _open_to_others(home: Path) -> set[str]:
    """What group or others can use. If root runs PostgreSQL, its own user may pass through two folders without listing them."""
    modes = {path: stat.S_IMODE(path.lstat().st_mode) & 0o077 for path in (home, *home.rglob("*")) if path.exists()}
    passing = {home: 0o010, home / "servers": 0o010} if os.geteuid() == 0 else {}
    return {f"{path} {mode:03o}" for path, mode in modes.items() if mode and mode != passing.get(path)}


def _each_worker_reads_what_the_other_registered(caller: httpx.Client, workers: list[str]) -> None:
    for here, there in (workers, reversed(workers)):
        registered = caller.post(f"{here}/v1/customers", json={"kind": "person", "name": "Ada"})
        assert registered.status_code == 201, registered.text
        place, position = registered.headers["Location"], registered.headers["Position"]
        read = caller.get(f"{there}{place}", params={"after": position})
        assert (read.status_code, read.json()["name"]) == (200, "Ada"), read.text


def _status(home: Path) -> Ran:
    """From another command, with the settings in the file that `up` writes."""
    exported = (line.removeprefix("export ").split("=", 1) for line in (home / "up.env").read_text().splitlines())
    return recount(environment(home) | {name: value.strip("'") for name, value in exported}, "status", "--json")


def _a_worker_that_is_killed_comes_back(caller: httpx.Client, up: Running, url: str) -> None:
    # Only direct children: a process that a worker has just forked looks like the worker until it executes its program.
    started = _of_recount(psutil.Process(up.process.pid).children())
    [killed] = [process for process in started if url.endswith(f":{process.environ().get('RECOUNT_PORT')}")]
    killed.kill()

    def is_back() -> bool:
        try:
            return caller.get(f"{url}/health/live").status_code == 200 and not killed.is_running()
        except httpx.TransportError:
            return False

    wait_until(is_back, "the worker is back")
    assert "api-2" in up.errors


def _family(up: Running) -> list[psutil.Process]:
    return psutil.Process(up.process.pid).children(recursive=True) if up.process.poll() is None else []


def _running(family: list[psutil.Process]) -> list[int]:
    return [process.pid for process in family if process.is_running() and process.status() != psutil.STATUS_ZOMBIE]


def _of_recount(family: list[psutil.Process]) -> list[psutil.Process]:
    return [process for process in family if "infra.command_line" in process.cmdline()]


def _workers(up: Running) -> list[str]:
    """URLs of the API workers; the first is the one that `up` shows."""
    ports = [process.environ()["RECOUNT_PORT"] for process in _of_recount(_family(up)) if "serve" in process.cmdline()]
    urls = [f"http://127.0.0.1:{port}" for port in ports]
    return sorted(urls, key=lambda url: url != up.url)

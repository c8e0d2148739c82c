"""Workers are restarted one after another behind a balancer, as for an upgrade: clients notice nothing."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest

from tests.infra.balancer import Balancer
from tests.infra.recount import Running, environment, free_port
from tests.waiting import wait_until

pytestmark = pytest.mark.servers

CLIENTS, PAUSE = 3, 0.03
# Seconds. A balancer that asks ten times a second notices within a fraction of it, also on a busy machine.
DRAIN = 1
# Of the template from which the database is copied.
MASTER_KEY = "5a" * 32


class Workers:
    """Two API workers of one deployment, each on its own port."""

    def __init__(self, folder: Path, database_url: str) -> None:
        self._folders = [folder / "one", folder / "two"]
        for each in self._folders:
            each.mkdir()
        settings = {"DATABASE_URL": database_url, "MASTER_KEY": MASTER_KEY, "KAFKA": "127.0.0.1:1", "DRAIN_SECONDS": DRAIN}
        self.settings = [environment(each, PORT=free_port(each), **settings) for each in self._folders]
        self.running = [self._started(0), self._started(1)]

    def restart(self, number: int) -> None:
        assert self.running[number].end(signal.SIGTERM) == 0
        self.running[number] = self._started(number)

    def _started(self, number: int) -> Running:
        return Running(self._folders[number], self.settings[number], "serve").wait_for("Recount is ready")


@pytest.fixture
def workers(tmp_path: Path, prepared_database_url: str) -> Iterator[Workers]:
    workers = Workers(tmp_path, prepared_database_url)
    yield workers
    for each in workers.running:
        # The second one skips the drain.
        each.process.terminate()
        each.end()


class Clients:
    """Threads that register customers and read the log, without a retry. Keeps what did not succeed."""

    def __init__(self, balancer: Balancer) -> None:
        self._balancer, self._stopping = balancer, threading.Event()
        self.answered, self.failed = 0, list[str]()
        self._threads = [threading.Thread(target=self._send) for _ in range(CLIENTS)]

    def __enter__(self) -> Clients:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        for thread in self._threads:
            thread.join()

    def wait_for_more(self) -> None:
        enough = self.answered + 50
        wait_until(lambda: self.answered >= enough, "requests are answered", lambda: self.answered)

    def _send(self) -> None:
        while not self._stopping.wait(PAUSE):
            for method, path, body in (("POST", "/v1/customers", {"name": "Ada"}), ("GET", "/v1/events?limit=1", None)):
                began = time.monotonic()
                try:
                    answer = self._balancer.send(method, path, json=body)
                    if not answer.is_success:
                        self.failed.append(f"{method} {answer.status_code} {answer.text}")
                except httpx.HTTPError as error:
                    self.failed.append(f"{method} {type(error).__name__} after {time.monotonic() - began:.3f} s")
                self.answered += 1


def test_a_rolling_restart_fails_no_request(workers: Workers) -> None:
    key = workers.running[0].key
    with ExitStack() as stack:
        urls = [worker.url for worker in workers.running]
        balancer = stack.enter_context(Balancer(urls, {"Authorization": f"Bearer {key}"}))
        for number in range(2):
            balancer.wait_until_ready(number)
        clients = stack.enter_context(Clients(balancer))
        clients.wait_for_more()
        for number in range(2):
            workers.restart(number)
            balancer.wait_until_ready(number)
            clients.wait_for_more()
    assert clients.failed == []
    print(f"{clients.answered} requests answered during two restarts")

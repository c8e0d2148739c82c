"""A small balancer: it asks each worker whether it is ready, keeps connections open, and sends nothing twice."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Any, Self

import httpx

from tests.waiting import PATIENCE, wait_until

# Seconds between two questions to a worker, and within which it must answer.
EVERY, WITHIN = 0.1, 2.0


class Balancer:
    """Sends each request to the next worker that was ready when it was last asked."""

    def __init__(self, workers: Sequence[str], headers: Mapping[str, str]) -> None:
        self._workers = [httpx.Client(base_url=url, headers=headers, timeout=PATIENCE) for url in workers]
        self._probes = [httpx.Client(base_url=url, headers=headers, timeout=WITHIN) for url in workers]
        self._ready = [False] * len(workers)
        self._turn, self._stopping = itertools.count(), threading.Event()
        self._asking = threading.Thread(target=self._ask)

    def send(self, method: str, path: str, **given: Any) -> httpx.Response:
        """The answer. Raises httpx.HTTPError if there is none."""
        turn = next(self._turn)
        ready = [worker for worker, is_ready in zip(self._workers, self._ready, strict=True) if is_ready]
        return ready[turn % len(ready)].request(method, path, **given)

    def is_ready(self, worker: int) -> bool:
        return self._ready[worker]

    def wait_until_ready(self, worker: int) -> None:
        wait_until(lambda: self._ready[worker], f"worker {worker} is ready")

    def _ask(self) -> None:
        while not self._stopping.wait(EVERY):
            self._ready = [_answers(probe) for probe in self._probes]

    def __enter__(self) -> Self:
        self._asking.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._stopping.set()
        self._asking.join()
        for client in (*self._workers, *self._probes):
            client.close()


def _answers(probe: httpx.Client) -> bool:
    try:
        return probe.get("/health/ready").status_code == 200
    except httpx.HTTPError:
        return False

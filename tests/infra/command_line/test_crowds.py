"""`recount serve` among clients that want no answer: many, slow, or without end. Others are answered as if alone."""

from __future__ import annotations

import resource
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx
import psutil
import pytest

from tests.infra.raw_http import Raw, raw
from tests.infra.recount import Running, environment

SHORT = 0.5
TIMES = ("FIRST_BYTE_TIMEOUT", "HEAD_TIMEOUT", "BODY_TIMEOUT", "SEND_TIMEOUT", "KEEP_ALIVE_TIMEOUT")
MEGABYTE = 1024 * 1024
# Seconds. Alone, the answer takes 2 ms; on a busy machine a hundred times as long.
SOON = 2.0


@pytest.fixture(scope="module")
def patient(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A server with the default bounds."""
    with _serving(tmp_path_factory.mktemp("patient")) as server:
        yield server


@pytest.fixture(scope="module")
def hasty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A server that waits SHORT seconds for anything."""
    with _serving(tmp_path_factory.mktemp("hasty"), **dict.fromkeys(TIMES, SHORT)) as server:
        yield server


@contextmanager
def _serving(folder: Path, **bounds: float) -> Iterator[Running]:
    server = Running(folder, environment(folder / "home", **bounds), "serve")
    try:
        yield server.wait_for("Recount is ready")
    finally:
        assert server.end() == 0


@contextmanager
def many(url: str, count: int, *pieces: bytes) -> Iterator[list[Raw]]:
    """Connections on which these pieces are sent. Raises the limit of open files of the tests, if necessary."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(hard, count + 1000)), hard))
    with ExitStack() as stack:
        opened = [stack.enter_context(raw(url)) for _ in range(count)]
        for one in opened:
            one.send(*pieces)
        yield opened


def slowest_answer(server: Running, times: int = 20) -> float:
    """Seconds that the slowest of several clients waits, each on a connection of its own."""
    waits = []
    for _ in range(times):
        begun = time.monotonic()
        assert httpx.get(server.url + "/health/live", timeout=60).status_code == 200
        waits.append(time.monotonic() - begun)
    return max(waits)


def memory(server: Running) -> int:
    return int(psutil.Process(server.process.pid).memory_info().rss)


def test_five_thousand_idle_connections_harm_nobody(patient: Running) -> None:
    server, before = patient, memory(patient)
    with many(server.url, 5000) as idle:
        assert slowest_answer(server) < SOON
        with server.caller() as caller:
            assert caller.post("/v1/customers", json={"kind": "person", "name": "Ada"}).status_code == 201
        assert memory(server) - before < 100 * MEGABYTE
        idle[-1].send(b"GET /health/live HTTP/1.1\r\nHost: recount\r\n\r\n")
        assert idle[-1].answer().status == 200


def test_five_hundred_half_sent_heads_are_ended_in_time(hasty: Running) -> None:
    with many(hasty.url, 500, b"GET /health/live HTTP/1.1\r\nHost: ") as half:
        begun = time.monotonic()
        assert slowest_answer(hasty, 5) < SOON
        assert {one.answer().status for one in half} == {408}
        assert time.monotonic() - begun < 20


def test_endless_heads_without_a_key_grow_no_memory_and_delay_nobody(patient: Running) -> None:
    server, before = patient, memory(patient)
    with many(server.url, 20, b"GET /v1/customers HTTP/1.1\r\nHost: recount\r\nX: ") as endless:
        for one in endless:
            one.send_until_refused(b"a" * 65536, most=50 * MEGABYTE)
        assert slowest_answer(server) < SOON
        assert {one.answer().status for one in endless} == {431}
    assert memory(server) - before < 30 * MEGABYTE


def test_a_stream_of_events_outlives_all_times(hasty: Running) -> None:
    with hasty.caller() as caller, caller.stream("GET", "/v1/events/stream") as stream:
        lines = stream.iter_lines()
        assert next(lines).startswith("retry")
        time.sleep(4 * SHORT)
        registered = caller.post("/v1/customers", json={"kind": "person", "name": "Ada"})
        assert next(line for line in lines if line.startswith("data")), registered.text

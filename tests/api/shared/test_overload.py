"""A real server under more load than it can carry: what is too much is refused quickly, and the rest is answered as before.

`python -m tests.benchmarks.overload` measures the times. Here they only have bounds that hold on any machine.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import NamedTuple

import httpx
import psutil
import pytest

from api.shared.admission import PAUSE
from tests.crowd import Answer, Load, at_once, most_connections, numbered, of, percentile, request, steadily
from tests.infra.recount import Running, environment

CROWD = 6_500
READS, REPORTS = 32, 3
# Seconds of load, and the longest time in which a refusal comes.
SECONDS, REFUSED_WITHIN = 1.5, 10.0
MEGABYTE = 1024 * 1024


class Served(NamedTuple):
    url: str
    key: dict[str, str]
    customer: str
    process: psutil.Process

    def read(self) -> bytes:
        return request(self.url + self.customer, self.key)

    def register(self, number: int) -> bytes:
        body = json.dumps({"name": f"Customer {number}"}).encode()
        return request(self.url + "/v1/customers", {**self.key, "Content-Type": "application/json"}, "POST", body)

    def export(self) -> bytes:
        return request(self.url + "/v1/customers", {**self.key, "Accept": "text/csv"})

    def memory(self) -> int:
        return int(self.process.memory_info().rss)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A server on a store with two thousand customers, with small bounds, so that a test needs few clients to reach them."""
    folder = tmp_path_factory.mktemp("overload")
    most_connections(CROWD)
    variables = environment(folder / "home", READ_LIMIT=READS, REPORT_LIMIT=REPORTS)
    running = Running(folder, variables, "serve").wait_for("Recount is ready")
    try:
        with running.caller() as caller:
            yield _prepared(running, caller)
    finally:
        running.process.kill()
        running.process.wait()


def _prepared(running: Running, caller: httpx.Client) -> Served:
    lines = [{"method": "POST", "path": "/v1/customers", "body": {"name": f"Ada {number}"}} for number in range(2000)]
    content = "\n".join(map(json.dumps, lines))
    sent = caller.post("/v1/batch", content=content, headers={"Content-Type": "application/x-ndjson"})
    last = json.loads(sent.text.splitlines()[-1])
    assert caller.get(last["location"], params={"after": last["body"]["position"]}).status_code == 200
    key = {"Authorization": f"Bearer {running.key}"}
    return Served(running.url, key, last["location"], psutil.Process(running.process.pid))


def statuses(answers: list[Answer]) -> set[int]:
    return {answer.status for answer in answers}


def test_a_crowd_is_told_to_come_back_within_seconds_and_costs_no_memory(server: Served) -> None:
    count = most_connections(CROWD)
    answers = at_once(server.url, [server.read()] * count)
    before = server.memory()
    answers += at_once(server.url, [server.read()] * count)
    grown = server.memory() - before
    assert (len(answers), statuses(answers)) == (2 * count, {200, 503})
    refused = of(answers, 503)
    assert len(refused) > count
    assert {answer.again for answer in refused} == {1, 2, 3}
    assert {json.loads(answer.body)["type"] for answer in refused} == {"/problems/overloaded"}
    assert percentile(refused, 0.99) < REFUSED_WITHIN
    assert min(answer.seconds for answer in refused) >= PAUSE
    assert grown < 64 * MEGABYTE


def test_at_twice_the_bound_what_is_accepted_is_answered_as_fast_as_just_below_it(server: Served) -> None:
    [below] = steadily(server.url, [Load(server.read, READS - READS // 4)], SECONDS)
    [twice] = steadily(server.url, [Load(server.read, 2 * READS)], SECONDS)
    assert statuses(below) == {200}
    assert statuses(twice) == {200, 503}
    assert percentile(of(twice, 503), 0.99) < REFUSED_WITHIN
    # The median, because the slowest of a hundred depends on what else the machine does.
    assert percentile(of(twice, 200), 0.5) < 3 * percentile(below, 0.5)


def test_clients_that_do_not_wait_take_little_from_others(server: Served) -> None:
    [alone] = steadily(server.url, [Load(numbered(server.register), 8)], SECONDS)
    impatient = Load(server.read, 2 * READS, patient=False)
    beside, registered = steadily(server.url, [impatient, Load(numbered(server.register), 8)], SECONDS)
    assert statuses(beside) == {200, 503}
    assert statuses(registered) == {201}
    assert len(registered) > len(alone) / 10


def test_commands_are_answered_while_reads_and_exports_are_at_their_bounds(server: Served) -> None:
    exports, reads = Load(server.export, 2 * REPORTS), Load(server.read, 2 * READS)
    register = Load(numbered(server.register), 8)
    exported, read, registered = steadily(server.url, [exports, reads, register], SECONDS)
    assert statuses(exported) == {200, 503}
    assert statuses(read) == {200, 503}
    assert statuses(registered) == {201}
    # An export waits for those before it, a command for none of them.
    assert percentile(registered, 0.5) < percentile(of(exported, 200), 0.5) / 2


def test_exports_are_answered_while_commands_and_reads_are_at_their_bounds(server: Served) -> None:
    reads, register = Load(server.read, 2 * READS), Load(numbered(server.register), 64)
    # A place is given back a moment after the last byte: each of these clients may hold two.
    exports = Load(server.export, REPORTS // 2)
    exported, read, registered = steadily(server.url, [exports, reads, register], SECONDS)
    assert statuses(exported) == {200}
    assert 200 in statuses(read)
    assert statuses(registered) == {201}

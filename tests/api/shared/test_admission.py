"""Requests in progress are bounded, in lanes that do not affect each other. What is refused may come again."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from uuid import UUID

import httpx
import pytest
from anyio import CapacityLimiter
from fastapi.routing import iter_route_contexts
from hypothesis import given
from hypothesis import strategies as st

from api.operations.jobs import AT_ONCE, WAITING, Jobs, TooManyJobs
from api.shared import admission
from api.shared.admission import ALWAYS, LARGE_BODY, WINDOW, Lane, Lanes
from domain.shared.ids import new_id
from infra.command_line.reaching import Reached
from infra.processes.parts import opened
from infra.settings import Settings
from tests.api.client import Client
from tests.api.conftest import SETTINGS, World, new_key
from tests.api.marketing.given_campaigns import planned
from tests.api.served import served
from tests.api.shared.bad_input import problem
from tests.infra.raw_http import raw
from tests.waiting import wait_until

LANES = ("commands", "reads", "reports", "bulk")
PROBES = ("/health/live", "/health/ready", "/metrics")
PATIENCE = 2.0
NOBODY = [0] * len(Lanes._fields)
CSV = {"Accept": "text/csv"}
NDJSON = {"Accept": "application/json, Application/X-NDJSON;q=0.5"}


@pytest.fixture(autouse=True)
def no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(admission, "PAUSE", 0.0)


@contextmanager
def full(world: World, *names: str) -> Iterator[None]:
    """All places of these lanes are taken by others."""
    with ExitStack() as taken:
        for lane in (getattr(world.app.state.lanes, name) for name in names):
            while lane.in_progress < lane.limit:
                lane.enter_again()
                taken.callback(lane.leave)
        yield


def is_refused(answer: httpx.Response) -> bool:
    return answer.status_code == 503 and problem(answer) == (503, "overloaded")


def in_progress(world: World) -> list[int]:
    return [lane.in_progress for lane in world.app.state.lanes]


def figure(world: World, name: str) -> float:
    """A figure of the metrics."""
    [line] = [line for line in world.client.get("/metrics").text.splitlines() if line.startswith(name + " ")]
    return float(line.rpartition(" ")[2])


def refusals(world: World, lane: str) -> float:
    return figure(world, f'recount_requests_refused_total{{lane="{lane}"}}')


def routes(world: World) -> list[tuple[str, str]]:
    """Every method of every path, with a value for each parameter."""
    found = []
    for route in iter_route_contexts(world.app.routes):
        path = re.sub(r"\{[^}]*\}", str(UUID(int=1)), str(route.path))
        found += [(method, path) for method in sorted(route.methods or ())]
    return found


# Lanes


def test_every_route_is_in_one_lane_which_only_refuses_its_own_requests(world: World) -> None:
    stranger = Client(world.app)
    refusing: dict[tuple[str, str], list[str]] = {one: [] for one in routes(world)}
    for name in LANES:
        with full(world, name):
            for method, path in refusing:
                if is_refused(stranger.request(method, path)):
                    refusing[method, path].append(name)
    stranger.close()
    assert [one for one, names in refusing.items() if len(names) != (one[1] not in PROBES)] == []
    by_lane = {name: [f"{method} {path}" for (method, path), names in refusing.items() if names == [name]] for name in LANES}
    assert all(one.startswith("GET /v1/reports/") for one in by_lane["reports"])
    assert all(one.startswith("GET /") for one in by_lane["reads"])
    assert not any(one.startswith("GET /") for one in by_lane["commands"] + by_lane["bulk"])
    assert {"POST /v1/batch", "POST /v1/imports", "POST /v1/customers/select", "POST /v1/segment-models"} < {*by_lane["bulk"]}
    assert {"POST /v1/customers", "POST /v1/orders", "POST /v1/tickets"} < {*by_lane["commands"]}


@pytest.mark.parametrize("accept", [CSV, NDJSON])
def test_an_export_is_a_report_and_a_page_is_not(world: World, accept: dict[str, str]) -> None:
    with full(world, "reports"):
        assert is_refused(world.client.get("/v1/customers", headers=accept))
        assert world.client.get("/v1/customers").status_code == 200
    with full(world, "reads"):
        assert world.client.get("/v1/customers", headers=accept).status_code == 200
        assert is_refused(world.client.get("/v1/customers"))


def test_a_large_body_is_bulk(world: World) -> None:
    def register(length: int) -> httpx.Response:
        body = b'{"name": "Ada"}'.ljust(length)
        return world.client.request("POST", "/v1/customers", content=body, headers={"Content-Type": "application/json"})

    with full(world, "bulk"):
        assert register(LARGE_BODY).status_code == 201
        assert is_refused(register(LARGE_BODY + 1))
        for length in ("9" * 5000, "-1", "two"):
            headers = {"Content-Length": length}
            assert is_refused(world.client.request("POST", "/v1/customers", content=b"{}", headers=headers))
    with full(world, "commands"):
        assert is_refused(register(LARGE_BODY))
        assert register(LARGE_BODY + 1).status_code == 201


def test_the_lines_of_a_batch_need_no_places_of_their_own(world: World) -> None:
    line = b'{"method": "POST", "path": "/v1/customers", "body": {"name": "Ada"}}\n'
    with full(world, "commands", "reads"):
        answer = world.client.request("POST", "/v1/batch", content=line * 3, headers={"Content-Type": "application/x-ndjson"})
    assert [part.count(b'"status":201') for part in answer.content.splitlines()] == [1, 1, 1]


# Refusals


@pytest.mark.usefixtures("unchanged")
def test_a_refusal_comes_before_the_key_and_the_body_are_read(world: World) -> None:
    stranger = Client(world.app)
    with full(world, "commands"):
        answer = stranger.request("POST", "/v1/customers", content=b"{", headers={"Authorization": "Bearer wrong"})
    stranger.close()
    assert problem(answer) == (503, "overloaded")
    assert answer.json()["detail"] == "Too many commands are in progress. Nothing was done."


def test_clients_that_are_refused_together_are_asked_to_come_back_at_different_times(world: World) -> None:
    with full(world, "reads"):
        again = [world.client.get("/v1/customers").headers["Retry-After"] for _ in range(9)]
    assert {seconds: again.count(seconds) for seconds in again} == {"1": 3, "2": 3, "3": 3}


def test_probes_are_always_admitted(world: World) -> None:
    with full(world, *LANES):
        assert [world.client.get(path).status_code for path in PROBES] == [200, 200, 200]


def test_the_metrics_show_requests_in_progress_and_refusals_by_lane(world: World) -> None:
    busy = 'recount_requests_in_progress{lane="reports"}'
    before = refusals(world, "reports")
    with full(world, "reports"):
        assert is_refused(world.client.get("/v1/reports/sales"))
        assert figure(world, busy) == world.app.state.lanes.reports.limit
    assert refusals(world, "reports") == before + 1
    assert figure(world, busy) == 0


def test_the_document_declares_the_refusal_for_every_operation(world: World) -> None:
    paths = world.client.get("/openapi.json").json()["paths"]
    undeclared = [
        (method, path)
        for path, operations in paths.items()
        for method, operation in operations.items()
        if path not in PROBES and "503" not in operation["responses"]
    ]
    assert undeclared == []


def test_the_command_line_comes_back_when_it_was_refused(world: World) -> None:
    reached = Reached(httpx.ASGITransport(world.app), "http://recount", world.admin["Authorization"].removeprefix("Bearer "))
    listed: list[int] = []
    before = refusals(world, "reads")
    with full(world, "reads"):
        asking = threading.Thread(target=lambda: listed.append(len(reached.get("/v1/customers")["items"])))
        asking.start()
        wait_until(lambda: refusals(world, "reads") > before, "the request is refused")
    asking.join()
    reached.close()
    assert listed


def test_no_more_than_twenty_jobs_wait_for_their_turn() -> None:
    jobs, go_on = Jobs(), threading.Event()
    ids = [new_id() for _ in range(AT_ONCE + WAITING)]
    for id in ids:
        jobs.start(id, lambda _: go_on.wait(60), kind="rebuild")
    with pytest.raises(TooManyJobs):
        jobs.start(new_id(), lambda _: None, kind="rebuild")
    assert jobs.start(ids[-1], lambda _: None, kind="rebuild").id == ids[-1]
    go_on.set()
    wait_until(lambda: all(jobs.get(id).state == "completed" for id in ids), "the jobs have ended")  # type: ignore[union-attr]
    assert jobs.start(new_id(), lambda _: None, kind="rebuild").state == "running"
    jobs.close()


def test_a_request_for_one_job_too_many_is_told_when_to_come_back(world: World) -> None:
    jobs, go_on = world.app.state.jobs, threading.Event()
    ids = [new_id() for _ in range(AT_ONCE + WAITING)]
    for id in ids:
        jobs.start(id, lambda _: go_on.wait(60), kind="rebuild")
    refused = world.client.post("/v1/operations/rebuilds", {"projection": "teams"}, headers=world.admin)
    go_on.set()
    assert (refused.status_code, refused.json()["type"]) == (503, "/problems/overloaded")
    assert refused.headers["Retry-After"] == "10"
    wait_until(lambda: all(jobs.get(id).state == "completed" for id in ids), "the jobs have ended")


# Places


def test_every_request_gives_its_place_back(world: World, customer: str, monkeypatch: pytest.MonkeyPatch) -> None:
    before = in_progress(world)
    with served(world.app) as url, httpx.Client(base_url=url, headers=world.admin) as http:
        for path in (customer, "/v1/nothing", "/v1/customers?x=1", "/v1/reports/sales", "/v1/events/stream?upto=0"):
            http.get(path)
            http.head(path)
        http.get("/v1/customers", headers=CSV)
        http.post("/v1/customers", content=b"{")
        http.post("/v1/batch", content=b"{}\n", headers={"Content-Type": "application/x-ndjson"})
        with monkeypatch.context() as broken:
            broken.setattr(world.parts.deployment.store, "head", lambda: 1 / 0)
            assert http.get("/v1/events").status_code == 500
    assert in_progress(world) == before == NOBODY


def test_a_stream_is_a_read_only_until_it_begins(world: World) -> None:
    with served(world.app) as url, httpx.stream("GET", url + "/v1/events/stream", headers=world.admin) as stream:
        assert next(stream.iter_bytes())
        assert in_progress(world) == NOBODY
        with full(world, "reads"):
            assert is_refused(httpx.get(url + "/v1/events/stream", headers=world.admin))


def test_a_single_resource_is_read_while_reports_have_all_their_threads(
    world: World, customer: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    campaign = planned(world.client)
    monkeypatch.setattr(world.app.state, "reporting", CapacityLimiter(0))
    with served(world.app) as url, httpx.Client(base_url=url, headers=world.admin, timeout=20) as http:
        for path in (campaign, customer, "/v1/customers"):
            assert http.get(path).status_code == 200


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """An application with one place for reads, and one for reads that wait."""
    given = SETTINGS | {"home": tmp_path_factory.mktemp("small") / "home", "read_limit": 1, "after_limit": 1}
    with opened(Settings.model_validate(given)) as parts, parts.application() as app:
        admin = new_key(parts, "admin")
        client = Client(app, admin)
        yield World(parts, app, admin, client)
        client.close()


def test_a_read_that_waits_for_a_position_gives_way_to_others(small: World) -> None:
    def wait_and_read() -> None:
        answers.append(httpx.get(url + path, params={"after": position}, headers=small.admin, timeout=60))

    answers: list[httpx.Response] = []
    with served(small.app) as url:
        # No read model moves on while another writer has the database.
        with small.parts.deployment.read_models.writer.begin() as connection:
            connection.exec_driver_sql("CREATE TABLE held (x)")
            registered = httpx.post(url + "/v1/customers", json={"name": "Ada"}, headers=small.admin)
            path, position = registered.headers["Location"], registered.headers["Position"]
            waiting = threading.Thread(target=wait_and_read)
            waiting.start()
            wait_until(lambda: small.app.state.lanes.waiting.in_progress == 1, "the read waits")
            assert httpx.get(url + "/v1/customers", headers=small.admin).status_code == 200
            another = httpx.get(url + path, params={"after": position}, headers=small.admin)
            assert is_refused(another)
            assert another.headers["Retry-After"] == "1"
        waiting.join()
    assert [answer.status_code for answer in answers] == [200]
    assert in_progress(small) == NOBODY


def test_a_command_whose_body_is_on_its_way_gives_way_to_others(world: World) -> None:
    lanes, limit = world.app.state.lanes, world.app.state.lanes.commands.limit
    headers = "".join(f"{name}: {value}\r\n" for name, value in world.admin.items())
    head = (
        f"POST /v1/customers HTTP/1.1\r\nHost: recount\r\n{headers}Content-Type: application/json\r\nContent-Length: 15\r\n\r\n"
    )
    with served(world.app) as url, ExitStack() as clients:
        slow = [clients.enter_context(raw(url)) for _ in range(limit + 1)]
        for client in slow:
            before = lanes.bodies.in_progress
            client.send(head.encode())
            wait_until(lambda before=before: lanes.bodies.in_progress > before, "the head is read")  # type: ignore[misc]
        assert httpx.post(url + "/v1/customers", json={"name": "Ada"}, headers=world.admin).status_code == 201
        for client in slow:
            client.send(b'{"name": "Ada"}')
            assert client.answer().status == 201
        with full(world, "bodies"):
            assert is_refused(httpx.post(url + "/v1/customers", json={"name": "Ada"}, headers=world.admin))
    assert in_progress(world) == NOBODY


# The rule


class Clock:
    """A clock that the test sets."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def lane(clock: Clock, limit: int = 100, patience: float | None = PATIENCE) -> Lane:
    return Lane("test", "tests", limit, patience, clock)


def run(lane: Lane, clock: Clock, rate: float, seconds: float) -> None:
    """Requests end at this rate, each is followed by another one."""
    for _ in range(int(rate * seconds)):
        clock.now += 1 / rate
        lane.leave()
        assert lane.enter()


def fill(lane: Lane) -> int:
    while lane.enter():
        pass
    return lane.in_progress


def test_a_lane_admits_as_many_as_end_within_its_patience() -> None:
    clock = Clock()
    slow = lane(clock)
    for _ in range(25):
        assert slow.enter()
    run(slow, clock, rate=20, seconds=5)
    assert fill(slow) in range(39, 43)  # 20 end in a second, and none should take longer than two
    run(slow, clock, rate=40, seconds=10)
    assert fill(slow) in range(78, 84)
    run(slow, clock, rate=500, seconds=10)
    assert fill(slow) == 100


def test_a_lane_that_stands_still_admits_a_part_of_its_places() -> None:
    clock = Clock()
    still = lane(clock)
    assert still.enter()
    clock.now += 10
    assert fill(still) == 100 // ALWAYS


def test_a_burst_is_admitted_up_to_the_limit() -> None:
    assert fill(lane(Clock())) == 100


def test_a_lane_that_was_idle_starts_afresh() -> None:
    clock = Clock()
    rested = lane(clock)
    assert rested.enter()
    assert rested.enter()
    run(rested, clock, rate=1, seconds=20)
    assert fill(rested) == 100 // ALWAYS
    for _ in range(rested.in_progress):
        rested.leave()
    assert fill(rested) == 100


@given(
    limit=st.integers(1, 20),
    steps=st.lists(st.tuples(st.sampled_from(("enter", "leave", "aside", "back")), st.floats(0, 3 * WINDOW)), max_size=200),
)
def test_no_order_of_events_admits_more_than_the_limit_or_loses_a_place(limit: int, steps: list[tuple[str, float]]) -> None:
    clock = Clock()
    any_lane = lane(clock, limit)
    inside, beside = 0, 0
    for step, seconds in steps:
        clock.now += seconds
        if step == "enter":
            admitted = any_lane.enter()
            assert not admitted or inside < limit
            assert admitted or inside >= max(1, limit // ALWAYS)
            inside += admitted
        elif step == "back" and beside:
            any_lane.enter_again()
            inside, beside = inside + 1, beside - 1
        elif step in ("leave", "aside") and inside:
            any_lane.leave(ended=step == "leave")
            inside, beside = inside - 1, beside + (step == "aside")
        assert any_lane.in_progress == inside
        assert any_lane.wait() >= 0

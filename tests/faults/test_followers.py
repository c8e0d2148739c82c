"""One follower is active, and others take over: however that happens, each effect is there, and once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest

from infra.processes.roles import ROLES
from infra.read_models import followed
from tests.consumers.webhooks.listening import Listener, listening
from tests.faults.books import Books
from tests.faults.deployment import Deployment, Servers, deployed
from tests.faults.traffic import Traffic
from tests.infra.recount import recount
from tests.waiting import PATIENCE, wait_until

pytestmark = [pytest.mark.servers, pytest.mark.faults]

[COPIES] = [role.names() for role in ROLES if role.command == "follow"]
NAMES = ("api-1", "relay-1", "projector-1", *COPIES)
READ = "tasks,webhooks"
REGISTERED, REMINDED = "crm.customer.registered.v2", "crm.task.reminded.v1"
OF_FOLLOWERS = {"days", "policies", "assignment", "late-facts", "deadlines", "webhooks"}
# The names that Python, its thread pools and the pool of psycopg give.
UNNAMED = ("Thread-", "ThreadPoolExec", "asyncio_", "pool-")
TASKS, COMMANDS = 5, 15

Way = Callable[[Deployment, str], None]


@pytest.fixture(scope="module")
def deployment(fault_servers: Servers) -> Iterator[Deployment]:
    """One process of each kind and two followers, which mark each registered customer."""
    settings = {"PROJECTIONS": READ, "WEBHOOK_PRIVATE": True}
    with deployed(fault_servers, NAMES, dict.fromkeys(COPIES, ("marking", "leased")), **settings) as running:
        yield running


@pytest.fixture(scope="module")
def api(deployment: Deployment) -> Iterator[httpx.Client]:
    headers = {"Authorization": f"Bearer {deployment.key}"}
    with httpx.Client(base_url=deployment.urls[0], headers=headers, trust_env=False, timeout=PATIENCE) as api:
        yield api


@pytest.fixture(scope="module")
def listener(api: httpx.Client) -> Iterator[Listener]:
    """A receiver that is sent each registration of a customer."""
    with listening() as listener:
        api.post("/v1/webhooks", json={"url": listener.url, "types": [REGISTERED]}).raise_for_status()
        yield listener


@pytest.fixture(scope="module")
def books() -> Books:
    """The record of all tests of this module, which share one deployment."""
    return Books()


def test_only_followers_have_the_threads_of_followers_and_these_show_their_names(deployment: Deployment) -> None:
    active = _active(deployment)
    wait_until(lambda: _threads(deployment, active) >= OF_FOLLOWERS, "the active follower has its threads")
    for name in NAMES:
        assert _threads(deployment, name) & OF_FOLLOWERS == (OF_FOLLOWERS if name == active else set())


def test_no_effect_is_lost_or_doubled_when_followers_take_over(
    deployment: Deployment, api: httpx.Client, listener: Listener, books: Books
) -> None:
    for end, begin_again in ENDS:
        _let_the_other_take_over(deployment, api, books, end, begin_again)
    _every_customer_has_one_mark(deployment, api, books)
    _every_registration_was_sent(deployment, listener, books, len(ENDS))


def test_two_followers_that_are_both_active_double_no_effect(
    deployment: Deployment, api: httpx.Client, listener: Listener, books: Books
) -> None:
    for name in COPIES:
        deployment.restart(name, ("marking", "unleased"))
    wait_until(lambda: all(_is_active(deployment, name) for name in COPIES), "both are active")
    tasks = _tasks_to_be_reminded_of(api)
    _during_traffic(deployment, books, lambda: None)
    _wait_until_reminded(deployment, tasks)
    _every_customer_has_one_mark(deployment, api, books)
    _every_registration_was_sent(deployment, listener, books, len(ENDS) + len(COPIES))


def test_a_server_says_that_nobody_follows_and_how_far_behind_that_is(deployment: Deployment, api: httpx.Client) -> None:
    for name in COPIES:
        deployment.stop(name)
        assert "follow.ended" in deployment.output(name)
    wait_until(lambda: not _status(api)["following"], "the lease is free")
    reached = {one["name"]: one["position"] for one in _status(api)["followers"]}
    registered = api.post("/v1/customers", json={"name": "Ada"}).raise_for_status().json()
    # A commit that was rolled back leaves a gap in the positions, so the lag can grow by more than one.
    assert _lags(api) == {name: registered["position"] - position for name, position in reached.items()}
    assert set(reached) == set(followed.NAMES)
    answer = api.get("/health/ready").json()
    assert (answer["status"], answer["kafka"], answer["following"]) == ("degraded", True, False)
    assert "recount_following 0.0" in api.get("/metrics").text
    ran = recount(deployment.variables("api-1"), "status")
    assert ran.status == 1
    assert "Nobody follows" in ran.output

    deployment.restart(COPIES[0])
    wait_until(lambda: _status(api)["following"], "somebody follows")
    wait_until(lambda: _lags(api)["policies"] == 0, "the policies have caught up")


def test_every_thread_has_a_name(deployment: Deployment, api: httpx.Client) -> None:
    api.get("/v1/tasks", params={"after": _status(api)["head"]}).raise_for_status()
    shown = {name: _threads(deployment, name) for name in NAMES if name != COPIES[1]}
    assert not {f"{name}: {one}" for name, threads in shown.items() for one in threads if one.startswith(UNNAMED)}
    assert {"committer", "completeness_0"} <= shown["api-1"]


# Ways to end, and to begin again


def _let_the_other_take_over(deployment: Deployment, api: httpx.Client, books: Books, end: Way, begin_again: Way) -> None:
    active, other = _active(deployment), _stand_by(deployment)
    _during_traffic(deployment, books, lambda: end(deployment, active))
    tasks = _tasks_to_be_reminded_of(api)
    wait_until(lambda: _is_active(deployment, other), "the other follower takes over")
    _during_traffic(deployment, books, lambda: begin_again(deployment, active))
    _wait_until_reminded(deployment, tasks)


def _during_traffic(deployment: Deployment, books: Books, act: Callable[[], None]) -> None:
    with Traffic(deployment.urls, deployment.key, books, len(books.facts)) as traffic:
        traffic.wait_for_more(COMMANDS)
        act()
        traffic.wait_for_more(COMMANDS)


def _kill(deployment: Deployment, active: str) -> None:
    deployment.kill(active)


def _freeze(deployment: Deployment, active: str) -> None:
    deployment.freeze(active)


def _thaw_the_frozen(deployment: Deployment, frozen: str) -> None:
    deployment.thaw(frozen)
    wait_until(lambda: not _is_active(deployment, frozen), "the thawed follower notices that it lost the lease")
    assert "follow.doubt" in deployment.output(frozen)


def _restart(deployment: Deployment, ended: str) -> None:
    deployment.restart(ended, ("marking", "leased"))


ENDS: tuple[tuple[Way, Way], ...] = ((_kill, _restart), (_freeze, _thaw_the_frozen))


def _active(deployment: Deployment) -> str:
    found: list[str] = []

    def known() -> bool:
        found[:] = [name for name in COPIES if _is_active(deployment, name)]
        return bool(found)

    wait_until(known, "a follower is active")
    [active] = found
    return active


def _stand_by(deployment: Deployment) -> str:
    [other] = [name for name in COPIES if not _is_active(deployment, name)]
    return other


def _is_active(deployment: Deployment, name: str) -> bool:
    output = deployment.output(name)
    return output.count("follow.began") > output.count("follow.ended")


# Effects


def _tasks_to_be_reminded_of(api: httpx.Client) -> set[UUID]:
    soon = (datetime.now(UTC) + timedelta(seconds=1)).isoformat()
    made = [api.post("/v1/tasks", json={"title": "Call", "remind_at": soon}).raise_for_status() for _ in range(TASKS)]
    return {UUID(one.json()["id"]) for one in made}


def _wait_until_reminded(deployment: Deployment, tasks: set[UUID]) -> None:
    def reminded() -> Counter[UUID]:
        types = [REMINDED]
        return Counter(one.stream for one in deployment.stores.store.log(0, 100_000, types=types) if one.stream in tasks)

    wait_until(lambda: reminded().keys() == tasks, "the reminders of all tasks", reminded)
    assert set(reminded().values()) == {1}


def _every_customer_has_one_mark(deployment: Deployment, api: httpx.Client, books: Books) -> None:
    wait_until(lambda: _lags(api)["policies"] == 0, "the policies have caught up", lambda: _lags(api))
    marked = Counter(one.stream for one in deployment.stores.store.log(0, 100_000) if b'"id":"marks"' in one.state)
    assert books.customers
    assert {customer: marked[customer] for customer in books.customers} == dict.fromkeys(books.customers, 1)
    assert max(marked.values()) == 1


def _every_registration_was_sent(deployment: Deployment, listener: Listener, books: Books, takeovers: int) -> None:
    """In order; and an event of which the follower did not know whether it arrived, again after a takeover."""
    due = {fact.position for fact in books.facts if fact.type == REGISTERED}
    wait_until(lambda: due <= set(listener.positions()), "all registrations were sent", lambda: len(listener.taken))
    sent = [position for position in listener.positions() if position in due]
    assert list(dict.fromkeys(sent)) == sorted(due)
    assert len(sent) <= len(due) + takeovers


# What is known


def _status(api: httpx.Client) -> dict[str, Any]:
    return dict(api.get("/v1/status").raise_for_status().json())


def _lags(api: httpx.Client) -> dict[str, int]:
    return {one["name"]: one["lag"] for one in _status(api)["followers"]}


def _threads(deployment: Deployment, name: str) -> set[str]:
    tasks = Path(f"/proc/{deployment.pid(name)}/task").glob("*/comm")
    return {comm.read_text().strip() for comm in tasks}

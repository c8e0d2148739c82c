"""The database is cut off, restarted and crashed under load: no event is lost or duplicated."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import httpx
import psycopg
import pytest

from tests.faults.books import Books
from tests.faults.deployment import Deployment
from tests.faults.traffic import Traffic
from tests.faults.verdict import verdict
from tests.waiting import PATIENCE, wait_until

pytestmark = [pytest.mark.servers, pytest.mark.faults]

CUTS = 10
READY, READS = "/health/ready", ("/v1/customers?limit=1", "/v1/events?limit=1")
# More than the connections of a worker's read models, so that those who wait for each other would show.
ASKED_AT_ONCE = 80
UNLIMITED = httpx.Limits(max_connections=None)
CUT = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = %s"


@pytest.fixture(scope="module")
def books() -> Books:
    """The record of all tests of this module, which share one deployment."""
    return Books()


def test_no_event_is_lost_or_duplicated_when_connections_are_cut(deployment: Deployment, books: Books) -> None:
    with Traffic(deployment.urls, deployment.key, books, "cut") as traffic:
        for _ in range(CUTS):
            traffic.wait_for_more(15)
            cut_off(deployment)
        traffic.wait_for_more(50)
    print(verdict(deployment, books))


def test_no_event_is_lost_or_duplicated_when_the_database_is_restarted(deployment: Deployment, books: Books) -> None:
    with Traffic(deployment.urls, deployment.key, books, "restart") as traffic:
        traffic.wait_for_more(100)
        deployment.servers.postgres.restart()
        traffic.wait_for_more(100)
    print(verdict(deployment, books))


def test_reads_get_503_while_the_database_is_down_and_are_answered_afterwards(deployment: Deployment) -> None:
    headers = {"Authorization": f"Bearer {deployment.key}"}
    statuses: list[int] = []
    with httpx.Client(base_url=deployment.urls[0], headers=headers, trust_env=False) as caller:

        def answered() -> bool:
            statuses.append(caller.get("/v1/customers").status_code)
            return statuses[-1] == 200

        wait_until(answered, "a read is answered")
        deployment.servers.postgres.kill()
        assert not answered()
        deployment.servers.postgres.restart()
        wait_until(answered, "a read is answered again")
    assert set(statuses) == {200, 503}


def test_no_event_is_lost_or_duplicated_when_the_database_crashes(deployment: Deployment, books: Books) -> None:
    with Traffic(deployment.urls, deployment.key, books, "crash") as traffic:
        traffic.wait_for_more(100)
        deployment.servers.postgres.kill()
        deployment.servers.postgres.restart()
        traffic.wait_for_more(100)
    print(verdict(deployment, books))


def test_every_request_is_answered_while_the_database_is_frozen_under_load(deployment: Deployment) -> None:
    """The last test of this module: what it records is in no client's record."""
    with ThreadPoolExecutor(ASKED_AT_ONCE) as pool, httpx.Client(timeout=PATIENCE, limits=UNLIMITED, trust_env=False) as client:

        def ask(path: str, body: object = None) -> int:
            headers = {"Authorization": f"Bearer {deployment.key}"}
            method = "GET" if body is None else "POST"
            return client.request(method, deployment.urls[0] + path, headers=headers, json=body).status_code

        wait_until(lambda: ask(READY) == 200, "it is ready after the test before")
        deployment.servers.postgres.freeze()
        try:
            asked = [pool.submit(ask, path) for _ in range(ASKED_AT_ONCE // 5) for path in (READY, READY, READY, *READS)]
            asked += [pool.submit(ask, "/v1/customers", {"name": "Ada"}) for _ in range(10)]
            assert ask(READY) == 503, "a probe learns it in time"
        finally:
            deployment.servers.postgres.thaw()
        # An answer that is missing raises here.
        assert {one.result() for one in asked} <= {200, 201, 503}
        wait_until(lambda: ask(READY) == 200, "it is ready again")


def cut_off(deployment: Deployment) -> None:
    """End all sessions on the deployment's database from the server's side."""
    with psycopg.connect(deployment.servers.postgres.url, autocommit=True) as connection:
        connection.execute(CUT, [deployment.database])

"""What is compared over HTTP: Recount and its peers, each in one process or several, and the same requests for all of them."""

import json
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, closing
from typing import NamedTuple

import httpx

from infra.servers.postgres import PostgresAt
from tests.benchmarks import served
from tests.benchmarks.load import Load, Measured, measure
from tests.benchmarks.recount import admin_key, api, deployed, environment, rebuild_all_of
from tests.benchmarks.served import Service

CUSTOMER = {
    "kind": "person",
    "name": "Customer {n}",
    "contact_methods": [{"kind": "email", "value": "customer{n}@example.com", "primary": True}],
    "address": {"lines": ["Main Street 1"], "city": "Berlin", "postal_code": "10115", "country": "DE"},
    "owner": "u-1",
    "team": "t-1",
    "language": "de",
    "time_zone": "Europe/Berlin",
    "attributes": {"size": "small", "income": 58138},
}
OURS = json.dumps(CUSTOMER | {"acquisition": {"channel": "web"}})
THEIRS = json.dumps(CUSTOMER | {"source": {"channel": "web"}})
CHANGE = json.dumps({"name": "Customer {n}"})
JSON = {"Content-Type": "application/json"}
EXISTING = 500
Ids = Sequence[str]


class Side(NamedTuple):
    """A service with one process or several, each at its own address, over which the connections are spread evenly."""

    processes: Sequence[Service]
    path: str = "/customers"
    body: str = THEIRS
    headers: Mapping[str, str] = JSON

    def register(self, connections: int, seconds: float) -> Measured:
        return self._measure("POST", self.path, self.body, connections, seconds)

    def change(self, ids: Ids, connections: int, seconds: float) -> Measured:
        return self._measure("PATCH", f"{self.path}/{{id}}", CHANGE, connections, seconds, ids)

    def get(self, ids: Ids, connections: int, seconds: float) -> Measured:
        return self._measure("GET", f"{self.path}/{{id}}", "", connections, seconds, ids)

    def existing(self, count: int = EXISTING) -> Ids:
        """Registers customers. Returns their ids."""
        with httpx.Client(base_url=self.processes[0].url, headers=self.headers) as client:
            bodies = (self.body.replace("{n}", f"existing-{number}") for number in range(count))
            answers = (client.post(self.path, content=body) for body in bodies)
            return [answer.raise_for_status().json()["id"] for answer in answers]

    def cpu_seconds(self) -> float:
        return sum(process.cpu_seconds() for process in self.processes)

    def _measure(self, method: str, path: str, body: str, connections: int, seconds: float, ids: Ids = ()) -> Measured:
        urls = [process.url for process in self.processes]
        return measure(
            Load(
                urls=urls,
                path=path,
                method=method,
                body=body,
                headers=self.headers,
                ids=ids,
                connections=connections,
                seconds=seconds,
            )
        )


def recount(stack: ExitStack, postgres: PostgresAt, kafka: str, workers: int = 1) -> tuple[Side, Ids]:
    """API workers, and customers who exist and can be read."""
    database = postgres.create_database(f"bench_recount_{workers}")
    with closing(deployed(database, kafka)) as deployment:
        headers = {"Authorization": f"Bearer {admin_key(deployment)}", **JSON}
        variables = environment(database, kafka)
        side = Side([stack.enter_context(api(variables)) for _ in range(workers)], "/v1/customers", OURS, headers)
        ids = side.existing()
        rebuild_all_of(deployment)
    return side, ids


def crud(stack: ExitStack, postgres: PostgresAt, workers: int = 1) -> Side:
    database = {"DATABASE_URL": postgres.create_database(f"bench_crud_{workers}")}
    return Side([stack.enter_context(served.uvicorn("tests.benchmarks.crud_peer:app", database)) for _ in range(workers)])


def django(stack: ExitStack, postgres: PostgresAt, workers: int = 1) -> Side:
    database = postgres.create_database(f"bench_django_{workers}")
    return Side([stack.enter_context(served.django(database)) for _ in range(workers)])


def nothing(stack: ExitStack, workers: int = 1) -> Side:
    return Side([stack.enter_context(served.uvicorn("tests.benchmarks.nothing_peer:app")) for _ in range(workers)])

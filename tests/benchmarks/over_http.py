"""Commands and reads over HTTP, against the CRUD peer and an endpoint that does nothing: one worker each, same PostgreSQL."""

import json
from collections.abc import Iterator, Sequence
from contextlib import ExitStack

import httpx

from infra.servers.postgres import PostgresAt
from tests.benchmarks.figures import Figure, compared
from tests.benchmarks.load import Load, Measured, measure
from tests.benchmarks.recount import admin_key, api, deployed, environment
from tests.benchmarks.served import served

CONNECTIONS = (1, 16, 64)
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
JSON = {"Content-Type": "application/json"}
Ids = Sequence[str]
CHANGE = json.dumps({"name": "Customer {n}"})


class Sides:
    """Both services, running."""

    def __init__(self, postgres: PostgresAt, kafka: str, stack: ExitStack) -> None:
        ours = postgres.create_database("bench_recount")
        with_key = deployed(ours, kafka)
        self.database = ours
        self.headers = {"Authorization": f"Bearer {admin_key(with_key)}", "Content-Type": "application/json"}
        with_key.close()
        self.recount = stack.enter_context(api(environment(ours, kafka)))
        crud = {"DATABASE_URL": postgres.create_database("bench_crud")}
        self.crud = stack.enter_context(served("tests.benchmarks.crud_peer:app", crud))

    def to_recount(self, method: str, path: str, body: str, connections: int, seconds: int, ids: Ids = ()) -> Measured:
        return _checked(Load(f"{self.recount.url}/v1{path}", method, body, self.headers, ids, connections, seconds))

    def to_crud(self, method: str, path: str, body: str, connections: int, seconds: int, ids: Ids = ()) -> Measured:
        return _checked(Load(f"{self.crud.url}{path}", method, body, JSON, ids, connections, seconds))

    def existing(self, count: int = 500) -> tuple[Ids, Ids]:
        """Registers customers with both services. Returns their ids, ours and theirs."""
        ours = _registered(self.recount.url, "/v1/customers", OURS, self.headers, count)
        return ours, _registered(self.crud.url, "/customers", THEIRS, {}, count)


def figures(postgres: PostgresAt, kafka: str, rounds: int, seconds: int) -> Iterator[Figure]:
    with ExitStack() as stack:
        sides = Sides(postgres, kafka, stack)
        nothing = stack.enter_context(served("tests.benchmarks.nothing_peer:app"))
        for connections in CONNECTIONS:
            pairs = [_inserts(sides, connections, seconds) for _ in range(rounds)]
            rates = [(ours.requests_per_second, theirs.requests_per_second) for ours, theirs in pairs]
            wanted = "≥ 4 × the CRUD peer" if connections == 64 else ""
            yield compared(f"register customer, {connections} connections, against CRUD insert", "/s", rates, wanted)
            latencies = [(ours.p50_ms, theirs.p50_ms) for ours, theirs in pairs]
            yield compared(f"  its p50 latency, {connections} connections", "ms", latencies)
        idle = Load(f"{nothing.url}/customers", "POST", THEIRS, JSON, (), 64, seconds)
        against = [(sides.to_recount("POST", "/customers", OURS, 64, seconds), _checked(idle)) for _ in range(rounds)]
        rates = [(ours.requests_per_second, theirs.requests_per_second) for ours, theirs in against]
        yield compared("register customer, 64 connections, against doing nothing", "/s", rates, "≥ 0.45 ×, eventually")
        ours, theirs = sides.existing()
        changes = [
            (
                sides.to_recount("PATCH", "/customers/{id}", CHANGE, 64, seconds, ours),
                sides.to_crud("PATCH", "/customers/{id}", CHANGE, 64, seconds, theirs),
            )
            for _ in range(rounds)
        ]
        rates = [(a.requests_per_second, b.requests_per_second) for a, b in changes]
        yield compared("change existing customers, 64 connections, against CRUD update", "/s", rates, "≥ 4 ×, eventually")


def _inserts(sides: Sides, connections: int, seconds: int) -> tuple[Measured, Measured]:
    return (
        sides.to_recount("POST", "/customers", OURS, connections, seconds),
        sides.to_crud("POST", "/customers", THEIRS, connections, seconds),
    )


def _registered(url: str, path: str, body: str, headers: dict[str, str], count: int) -> list[str]:
    with httpx.Client(base_url=url, headers=headers) as client:
        texts = (body.replace("{n}", f"existing-{number}") for number in range(count))
        answers = (client.post(path, content=text, headers={"Content-Type": "application/json"}) for text in texts)
        return [answer.raise_for_status().json()["id"] for answer in answers]


def _checked(load: Load) -> Measured:
    measured = measure(load)
    if measured.errors:
        raise RuntimeError(f"{measured.errors} of {measured.requests} requests to {load.url} failed")
    return measured

"""From a command's answer to its effect in the customer's answer, through Kafka, under a steady load.

One poller asks for the oldest command that is not visible yet. A poller for each command would take the CPU from relay and
projector with its own requests, which become more the later the commands are visible.
"""

from collections.abc import Iterator
from contextlib import ExitStack, closing
from typing import Any
from uuid import uuid4

from infra.servers.postgres import PostgresAt
from projections.customers import customer_dealings
from tests.benchmarks.figures import Figure, alone
from tests.benchmarks.load import run
from tests.benchmarks.recount import admin_key, api, deployed, environment, process
from tests.benchmarks.services import JSON, OURS

RATE = 100
CONNECTIONS = 16
# The read models behind the answer about a customer. The answer waits for all of them.
READ = tuple(dict.fromkeys(("customer_view", "orders", *customer_dealings.READ)))


def figures(postgres: PostgresAt, kafka: str, rounds: int, seconds: int) -> Iterator[tuple[str, Figure]]:
    database = postgres.create_database("bench_visible")
    with closing(deployed(database, kafka)) as deployment:
        headers = {"Authorization": f"Bearer {admin_key(deployment)}", **JSON}
    variables = environment(database, kafka) | {"RECOUNT_TOPIC": f"bench_{uuid4().hex}"}
    with ExitStack() as stack:
        stack.enter_context(process(["relay"], variables))
        stack.enter_context(process(["project", ",".join(READ)], variables))
        url = stack.enter_context(api(variables)).url
        _steady(url, headers, 2)
        results = [_steady(url, headers, seconds) for _ in range(rounds)]
    yield "visible-rate", alone([one["commands_per_second"] for one in results])
    yield "visible-answered", alone([one["answered_p99_ms"] for one in results])
    yield "visible-p50", alone([one["p50_ms"] for one in results])
    yield "visible-p99", alone([one["p99_ms"] for one in results])


def _steady(url: str, headers: dict[str, str], seconds: int) -> dict[str, Any]:
    """Percentiles in milliseconds. Raises RuntimeError if a command is refused, or nothing becomes visible for 30 s."""
    plan = {"urls": [url], "path": "/v1/customers", "method": "POST", "body": OURS, "headers": headers, "ids": []}
    return run("visible.js", {**plan, "rate": RATE, "seconds": seconds, "connections": CONNECTIONS})

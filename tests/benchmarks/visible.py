"""From a command's answer to its effect in customer_view, through Kafka, under a steady load."""

import asyncio
import time
from collections.abc import Iterator
from contextlib import ExitStack
from statistics import quantiles
from uuid import uuid4

import httpx

from infra.servers.postgres import PostgresAt
from projections.customers import customer_dealings
from tests.benchmarks.figures import Figure
from tests.benchmarks.over_http import OURS
from tests.benchmarks.recount import admin_key, api, deployed, environment, process

RATE = 300
# The read models behind the answer about a customer. The answer waits for all of them.
READ = tuple(dict.fromkeys(("customer_view", "orders", *customer_dealings.READ)))


def figures(postgres: PostgresAt, kafka: str, seconds: int) -> Iterator[Figure]:
    database = postgres.create_database("bench_visible")
    deployment = deployed(database, kafka)
    headers = {"Authorization": f"Bearer {admin_key(deployment)}", "Content-Type": "application/json"}
    deployment.close()
    variables = environment(database, kafka) | {"RECOUNT_TOPIC": f"bench_{uuid4().hex}"}
    with ExitStack() as stack:
        stack.enter_context(process(["relay"], variables))
        stack.enter_context(process(["project", ",".join(READ)], variables))
        url = stack.enter_context(api(variables)).url
        waits = asyncio.run(_steady(url, headers, seconds))
    cuts = quantiles(waits, n=100)
    what = f"answered → visible in customer_view, {len(waits) / seconds:.0f} commands/s"
    yield Figure(f"{what}, p50", "ms", cuts[49] * 1000)
    yield Figure(f"{what}, p99", "ms", cuts[98] * 1000, wanted="< 100, in the end")


async def _steady(url: str, headers: dict[str, str], seconds: int) -> list[float]:
    """How long each customer took from the answer until a read with `?after=` showed them, in seconds."""
    waits: list[float] = []
    async with httpx.AsyncClient(base_url=url, headers=headers, timeout=60, limits=httpx.Limits(max_connections=200)) as client:
        await _once(client, "warm-up", [])
        begin = time.perf_counter()
        tasks = []
        for number in range(RATE * seconds):
            await asyncio.sleep(max(0.0, begin + number / RATE - time.perf_counter()))
            tasks.append(asyncio.create_task(_once(client, str(number), waits)))
        await asyncio.gather(*tasks)
    return waits


async def _once(client: httpx.AsyncClient, name: str, waits: list[float]) -> None:
    answer = (await client.post("/v1/customers", content=OURS.replace("{n}", name))).raise_for_status()
    answered = time.perf_counter()
    while (await client.get(answer.headers["Location"], params={"after": answer.headers["Position"]})).status_code != 200:
        await asyncio.sleep(0.01)
    waits.append(time.perf_counter() - answered)

"""`python -m tests.benchmarks.slider`: what a step of the slider over a customer's past takes, at the size of the CDNOW sample.

The sample is imported over its mapping. The customer is the one with the most events; the steps go through the ticks of the
two tracks, by recording and by occurrence. Times are those of whole requests to the application, in this process, after some
steps that are not counted: the median, the 95th percentile, and the CPU time of this process for one.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from statistics import median, quantiles
from tempfile import TemporaryDirectory
from typing import Any

from commands.importing.mapping import parse_mapping
from commands.importing.run import run_import
from infra.processes import logs
from infra.processes.parts import Parts, opened
from infra.servers.postgres import Postgres
from infra.settings import Settings
from tests.api.client import Client
from tests.api.conftest import SETTINGS, new_key, tailed
from tests.benchmarks.bytes import FILE
from tests.benchmarks.pipeline import ACTOR, SAMPLE

STEPS, WARM = 200, 20


@contextmanager
def on(engine: str, folder: Path) -> Iterator[Parts]:
    if engine == "sqlite":
        with opened(Settings.model_validate(SETTINGS | {"home": folder / "home"})) as parts:
            yield parts
    else:
        with Postgres(folder / "postgres") as postgres:
            url = {"database_url": postgres.create_database("slider"), "kafka": "127.0.0.1:1"}
            with tailed(Settings.model_validate(SETTINGS | url | {"home": folder / "home"})) as parts:
                yield parts


def measure(engine: str, folder: Path) -> None:
    with on(engine, folder) as parts:
        mapping = parse_mapping((SAMPLE / "cdnow.toml").read_bytes())
        run_import(parts.executor, parts.deployment.store.secret, mapping, SAMPLE / FILE, ACTOR)
        with parts.application() as app:
            client = Client(app, new_key(parts, "admin"))
            client.post("/v1/segment-models", {"name": "loyalty", "features": ["frequency", "recency", "monetary:USD"], "k": 4})
            _steps(engine, client, parts.deployment.store.head())
            client.close()


def _steps(engine: str, client: Client, head: int) -> None:
    orders = client.get("/v1/customers", params={"after": head, "limit": 1}, timeout=120)
    assert orders.status_code == 200, orders.text
    busiest = _busiest(client)
    path = f"/v1/customers/{busiest}/dealings"
    ticks = client.get(f"/v1/customers/{busiest}/timeline/ticks").json()
    print(f"{engine}: {head:,} events in the log, {ticks['events']} of the customer", flush=True)
    tracks: dict[str, list[Any]] = {
        "as_of": [tick["position"] for tick in ticks["recorded"]],
        "effective_at": [tick["at"] for tick in ticks["occurred"]],
    }
    for name, moments in tracks.items():
        _show(client, path, [{name: moment} for moment in moments])
    for now in (path, f"/v1/customers/{busiest}/timeline/ticks", f"/v1/customers/{busiest}"):
        _show(client, now, [{}])


def _busiest(client: Client) -> str:
    """The customer with the most orders."""
    answer = client.get("/v1/orders", params={"fields": "customer_id"}, headers={"Accept": "application/x-ndjson"})
    ids = [line[-38:-2] for line in answer.text.splitlines()]
    return max(set(ids), key=ids.count)


def _show(client: Client, path: str, questions: Sequence[dict[str, Any]]) -> None:
    taken, cpu = [], 0.0
    for step in range(-WARM, STEPS):
        began, busy = time.perf_counter(), time.process_time()
        answer = client.get(path, params=questions[step % len(questions)])
        assert answer.status_code == 200, answer.text
        if step >= 0:
            taken.append(1000 * (time.perf_counter() - began))
            cpu += 1000 * (time.process_time() - busy) / STEPS
    what = "?".join((path.rpartition("/")[2], *questions[0]))
    print(
        f"  {what:<40} median {median(taken):6.1f} ms, p95 {quantiles(taken, n=20)[-1]:6.1f} ms, CPU {cpu:5.1f} ms", flush=True
    )


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.slider", description=__doc__)
    parser.add_argument("--only", choices=("sqlite", "postgresql"), action="append")
    logs.configure("WARNING")
    for engine in parser.parse_args().only or ("sqlite", "postgresql"):
        with TemporaryDirectory(prefix="recount-slider-") as folder:
            measure(engine, Path(folder))


if __name__ == "__main__":
    main()

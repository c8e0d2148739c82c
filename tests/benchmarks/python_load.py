"""The load generator if `wrk` is missing: `python -m tests.benchmarks.python_load < plan.json` prints one line of JSON.

It writes HTTP/1.1 directly to the sockets, because any client library would cost more than the server that it measures.
"""

import asyncio
import itertools
import json
import re
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import uvloop

LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)


def requests(plan: dict[str, Any]) -> Iterator[bytes]:
    """The planned requests, as an endless series."""
    address = urlsplit(plan["url"]).netloc
    ids = itertools.cycle(plan["ids"] or [""])
    fixed = {"Host": address, **plan["headers"]}
    for number, id in enumerate(ids, start=1):
        fill = _filler(f"{plan['run']}-{number}", id)
        body = fill(plan["body"]).encode()
        lines = [f"{plan['method']} {fill(plan['path'])} HTTP/1.1", *(f"{name}: {fill(text)}" for name, text in fixed.items())]
        lines += [f"Content-Length: {len(body)}", "", ""]
        yield "\r\n".join(lines).encode() + body


def _filler(n: str, id: str) -> Callable[[str], str]:
    return lambda text: text.replace("{n}", n).replace("{id}", id)


async def answer(reader: asyncio.StreamReader) -> int:
    """The status of the next answer, which is read to its end."""
    head = await reader.readuntil(b"\r\n\r\n")
    if length := LENGTH.search(head):
        await reader.readexactly(int(length[1]))
    return int(head[9:12])


@dataclass
class Tally:
    """Seconds that each answer took; the number of answers from 400 up and of broken connections."""

    latencies: list[float] = field(default_factory=list)
    errors: int = 0


async def client(plan: dict[str, Any], pending: Iterator[bytes], until: float, tally: Tally) -> None:
    """Sends on one connection until the time is up. If it breaks, opens the next one."""
    while time.perf_counter() < until:
        try:
            await exchange(plan, pending, until, tally)
        except (OSError, EOFError):
            tally.errors += 1
            await asyncio.sleep(0.01)


async def exchange(plan: dict[str, Any], pending: Iterator[bytes], until: float, tally: Tally) -> None:
    """Requests and their answers on one connection."""
    url = urlsplit(plan["url"])
    reader, writer = await asyncio.open_connection(url.hostname, url.port)
    while (begin := time.perf_counter()) < until:
        writer.write(next(pending))
        status = await answer(reader)
        tally.errors += status >= 400
        tally.latencies.append(time.perf_counter() - begin)
    writer.close()


async def run(plan: dict[str, Any]) -> dict[str, float]:
    begin, pending = time.perf_counter(), requests(plan)
    until = begin + plan["seconds"]
    tally = Tally()
    await asyncio.gather(*(client(plan, pending, until, tally) for _ in range(plan["connections"])))
    duration, latencies = time.perf_counter() - begin, tally.latencies
    percentiles = statistics.quantiles(latencies, n=100)
    return {
        "requests": len(latencies),
        "errors": tally.errors,
        "requests_per_second": round(len(latencies) / duration, 2),
        "p50_ms": round(percentiles[49] * 1e3, 3),
        "p99_ms": round(percentiles[98] * 1e3, 3),
    }


if __name__ == "__main__":
    print(json.dumps(uvloop.run(run(json.load(sys.stdin)))))

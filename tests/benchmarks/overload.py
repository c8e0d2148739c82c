"""`python -m tests.benchmarks.overload`: what more load than the server can carry does to those refused and those accepted.

One server in the embedded deployment with the default settings, its clients in this process, all on this machine.
"""

import argparse
import json
from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path
from signal import SIGTERM
from tempfile import TemporaryDirectory

import psutil

from infra.processes.stopping import interrupt, when_asked_to_stop
from infra.servers.orphans import watcher
from infra.settings import Settings
from tests.crowd import Answer, Load, Request, at_once, most_connections, numbered, of, percentile, request, steadily
from tests.infra.recount import Running, environment

CROWD = 6_500
CUSTOMERS = 10_000
NDJSON = "application/x-ndjson"
BELOW = 0.75
"""The load just below a bound, as a share of it, whose p99 is compared with the p99 at twice the bound."""


class Server:
    """A running server with customers, and requests to it."""

    def __init__(self, running: Running) -> None:
        self.url, self._key = running.url, {"Authorization": f"Bearer {running.key}"}
        self._process = psutil.Process(running.process.pid)
        with running.caller() as caller:
            sent = caller.post("/v1/batch", content=b"\n".join(_lines(CUSTOMERS)), headers={"Content-Type": NDJSON})
            last = json.loads(sent.text.splitlines()[-1])
            caller.get(last["location"], params={"after": last["body"]["position"]}).raise_for_status()
        read = request(self.url + last["location"], self._key)
        export = request(self.url + "/v1/customers", {**self._key, "Accept": "text/csv"})
        batch = request(self.url + "/v1/batch", {**self._key, "Content-Type": NDJSON}, "POST", b"\n".join(_lines(1000)))
        self.reads: Request = lambda: read
        self.exports: Request = lambda: export
        self.batches: Request = lambda: batch
        self.commands = numbered(self._register)

    def memory(self) -> float:
        """Megabytes."""
        return float(self._process.memory_info().rss / 1e6)

    def _register(self, number: int) -> bytes:
        body = json.dumps({"name": f"Customer {number}"}).encode()
        return request(self.url + "/v1/customers", {**self._key, "Content-Type": "application/json"}, "POST", body)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=5.0, help="seconds of each load")
    asked = parser.parse_args()
    most_connections(CROWD)
    with when_asked_to_stop(interrupt), TemporaryDirectory(prefix="recount-overload-") as folder:
        running = Running(Path(folder), environment(Path(folder) / "home"), "serve")
        watcher.watch(running.process.pid, SIGTERM)
        try:
            server = Server(running.wait_for("Recount is ready"))
            for line in chain(_crowds(server), _twice(server, asked.seconds), _together(server, asked.seconds)):
                print(line, flush=True)
        finally:
            running.end()


def _crowds(server: Server) -> Iterator[str]:
    count = most_connections(CROWD)
    for name, sent in (("reads", server.reads), ("commands", server.commands)) * 2:
        before = server.memory()
        answers = at_once(server.url, [sent() for _ in range(count)])
        yield f"{count} connections at once, {name}; memory {before:.0f} → {server.memory():.0f} MB"
        yield from _shown(answers)


def _twice(server: Server, seconds: float) -> Iterator[str]:
    settings = Settings()
    bounds = {
        "reads": (server.reads, settings.read_limit),
        "commands": (server.commands, settings.command_limit),
        "exports": (server.exports, settings.report_limit),
    }
    for name, (sent, bound) in bounds.items():
        for words, connections, patient in (
            ("below the bound", int(BELOW * bound), True),
            ("at twice the bound", 2 * bound, True),
            ("at twice the bound, not waiting for Retry-After", 2 * bound, False),
        ):
            if patient or name != "exports":
                before = server.memory()
                [answers] = steadily(server.url, [Load(sent, connections, patient)], seconds)
                yield f"{connections} connections, {name}, {words}; memory {before:.0f} → {server.memory():.0f} MB"
                yield from _shown(answers)


def _together(server: Server, seconds: float) -> Iterator[str]:
    """Each kind alone, and then beside another kind at its bound."""
    settings = Settings()
    exports, batches = Load(server.exports, settings.report_limit), Load(server.batches, settings.bulk_limit)
    commands, reads = Load(server.commands, 16), Load(server.reads, 16)
    for words, loads in (
        ("16 commands", [commands]),
        ("16 reads", [reads]),
        ("16 commands, and as many exports as admitted", [commands, exports]),
        ("16 reads, and as many exports as admitted", [reads, exports]),
        ("16 commands, and as many reads as admitted", [commands, Load(server.reads, settings.read_limit)]),
        ("16 reads, and as many commands as admitted", [reads, Load(server.commands, settings.command_limit)]),
        ("16 commands, and as many batches as admitted", [commands, batches]),
    ):
        yield words
        for answers in steadily(server.url, loads, seconds):
            yield from _shown(answers)


def _shown(answers: Sequence[Answer]) -> Iterator[str]:
    for status in sorted({answer.status for answer in answers}):
        some = of(answers, status)
        p50, p99 = (1e3 * percentile(some, share) for share in (0.5, 0.99))
        yield f"    {status or 'none'}  {len(some):>6}   p50 {p50:7.0f} ms   p99 {p99:7.0f} ms"


def _lines(count: int) -> list[bytes]:
    bodies = ({"name": f"Ada {number}"} for number in range(count))
    return [json.dumps({"method": "POST", "path": "/v1/customers", "body": body}).encode() for body in bodies]


if __name__ == "__main__":
    main()

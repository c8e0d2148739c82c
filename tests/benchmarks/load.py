"""Load on a service, made outside Python: Node.js programs that write HTTP directly to their sockets.

They need little CPU beside the server, and no package: only `node`, from version 18, on the path.
"""

import json
import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

GRACE = 60  # seconds that a program may run longer than the load


@dataclass(frozen=True, kw_only=True)
class Load:
    """The requests to send to the addresses `urls`, over which the connections are spread evenly.

    In `path`, `body` and header values, {n} is replaced by a text that is never used again, and {id} by the next of the `ids`
    of the connection. No two connections share one, so that no two requests for one id meet. There are at least as many ids as
    connections, or none.
    """

    urls: Sequence[str]
    path: str
    method: str = "GET"
    body: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    ids: Sequence[str] = ()
    connections: int = 64
    seconds: float = 10


@dataclass(frozen=True)
class Measured:
    """The result. Latencies are as the client sees them; `errors` are answers from 400 up and requests without an answer."""

    requests: int
    errors: int
    requests_per_second: float
    p50_ms: float
    p99_ms: float


def measure(load: Load) -> Measured:
    """Send the load, each connection its next request when the last one is answered. Raises RuntimeError if a request fails."""
    measured = Measured(**run("load.js", asdict(load)))
    if measured.errors:
        raise RuntimeError(f"{measured.errors} of {measured.requests} requests to {load.urls[0]}{load.path} failed")
    return measured


def run(program: str, plan: Mapping[str, Any]) -> dict[str, Any]:
    """The output of a program of this folder for a plan. Raises RuntimeError if it fails or there is no Node.js."""
    command = [node(), str(Path(__file__).with_name(program))]
    text = json.dumps({**plan, "run": os.urandom(5).hex()})
    done = subprocess.run(command, input=text, capture_output=True, text=True, timeout=plan["seconds"] + GRACE)
    if done.returncode:
        raise RuntimeError(f"{program} failed:\n{done.stdout}{done.stderr}")
    result: dict[str, Any] = json.loads(done.stdout)
    return result


def generator() -> str:
    """Who makes the load, with its major version."""
    version = subprocess.run([node(), "--version"], capture_output=True, text=True, check=True).stdout
    return f"Node.js {version.strip().lstrip('v').partition('.')[0]}"


def node() -> str:
    """The path of Node.js. Raises RuntimeError without it."""
    if found := shutil.which("node"):
        return found
    raise RuntimeError("Benchmarks need Node.js, from version 18, on the path: it makes the load")

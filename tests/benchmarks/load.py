"""Load on one address: a number of connections, each of which sends its next request when it has the answer to the last.

`wrk` makes it where it is on the path. Otherwise a small generator in Python does, in a process of its own; it says so, and
takes more of the machine for itself, so rates come out lower, on both sides of a comparison alike.
"""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urljoin, urlsplit

SCRIPT = Path(__file__).with_name("load.lua")
GRACE = 30  # seconds that a generator may take beyond those of the load


@dataclass(frozen=True)
class Load:
    """What to send. In `url`, `body` and header values {n} stands for a text that never comes again, and {id} for the next
    of `ids`, taken in turn."""

    url: str
    method: str = "GET"
    body: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    ids: Sequence[str] = ()
    connections: int = 64
    seconds: int = 10


@dataclass(frozen=True)
class Measured:
    """What came back. Latencies are those seen by the client; `errors` are answers from 400 up, and requests without one."""

    generator: str
    requests: int
    errors: int
    requests_per_second: float
    p50_ms: float
    p99_ms: float


def measure(load: Load) -> Measured:
    """Sends the load and waits for its end. RuntimeError when the generator itself fails."""
    plan = {**asdict(load), "path": _path(load.url), "run": os.urandom(5).hex()}
    if wrk := shutil.which("wrk"):
        return _measured("wrk", _by_wrk(wrk, load, plan))
    _tell_of_python()
    return _measured("python", _by_python(load, plan))


def generator() -> str:
    return "wrk" if shutil.which("wrk") else "python"


@cache
def _tell_of_python() -> None:
    """Once is enough."""
    print("wrk is not on the path: the load comes from a Python process, and rates are lower for it", file=sys.stderr)


def _by_wrk(wrk: str, load: Load, plan: Mapping[str, object]) -> str:
    """One thread: on a small machine a second one takes what the server needs."""
    with TemporaryDirectory(prefix="recount-load-") as folder:
        (Path(folder) / "plan.lua").write_text("return " + _lua({**plan, "ids": []}))
        (Path(folder) / "ids").write_text("".join(f"{id}\n" for id in load.ids))
        options = ["-t1", f"-c{load.connections}", f"-d{load.seconds}s", "--timeout", "30s", "-s", str(SCRIPT)]
        return _run([wrk, *options, urljoin(load.url, "/"), "--", folder], load)


def _by_python(load: Load, plan: Mapping[str, object]) -> str:
    return _run([sys.executable, "-m", "tests.benchmarks.python_load"], load, json.dumps(plan))


def _run(command: Sequence[str], load: Load, text: str | None = None) -> str:
    done = subprocess.run(command, input=text, capture_output=True, text=True, timeout=load.seconds + GRACE)
    if done.returncode:
        raise RuntimeError(f"{command[0]} failed:\n{done.stdout}{done.stderr}")
    return done.stdout


def _measured(generator: str, output: str) -> Measured:
    """Both generators end with one line of JSON."""
    return Measured(generator, **json.loads(output.strip().splitlines()[-1]))


def _path(url: str) -> str:
    parts = urlsplit(url)
    return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")


def _lua(value: object) -> str:
    """The value as Lua writes it; strings byte by byte, so that nothing in them needs care."""
    if isinstance(value, Mapping):
        return "{" + ",".join(f"[{_lua(key)}]={_lua(item)}" for key, item in value.items()) + "}"
    if isinstance(value, str):
        return '"' + "".join(f"\\{byte:03d}" for byte in value.encode()) + '"'
    if isinstance(value, Sequence):
        return "{" + ",".join(map(_lua, value)) + "}"
    return str(value)

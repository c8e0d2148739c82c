"""Load on one address: several connections, each of which sends its next request when the last one is answered.

`wrk` generates the load if it is on the path. Otherwise a small generator in Python does, in a separate process, and a message
reports that. The Python generator needs more CPU, so rates are lower, equally on both sides of a comparison.
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
GRACE = 30  # seconds that a generator may run longer than the load


@dataclass(frozen=True)
class Load:
    """The requests to send. In `url`, `body` and header values, {n} is replaced by a text that is never used again, and
    {id} by the next of `ids`, in turn."""

    url: str
    method: str = "GET"
    body: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    ids: Sequence[str] = ()
    connections: int = 64
    seconds: int = 10


@dataclass(frozen=True)
class Measured:
    """The result. Latencies are as the client sees them; `errors` are answers from 400 up and requests without an answer."""

    generator: str
    requests: int
    errors: int
    requests_per_second: float
    p50_ms: float
    p99_ms: float


def measure(load: Load) -> Measured:
    """Send the load and wait for its end. Raises RuntimeError if the generator itself fails."""
    plan = {**asdict(load), "path": _path(load.url), "run": os.urandom(5).hex()}
    if wrk := shutil.which("wrk"):
        return _measured("wrk", _by_wrk(wrk, load, plan))
    _report_python_generator()
    return _measured("python", _by_python(load, plan))


def generator() -> str:
    return "wrk" if shutil.which("wrk") else "python"


@cache
def _report_python_generator() -> None:
    """Printed only once."""
    print("wrk is not on the path: a Python process generates the load, so rates are lower", file=sys.stderr)


def _by_wrk(wrk: str, load: Load, plan: Mapping[str, object]) -> str:
    """With one thread: on a small machine, a second one would take CPU that the server needs."""
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
    """Both generators print one line of JSON at the end."""
    return Measured(generator, **json.loads(output.strip().splitlines()[-1]))


def _path(url: str) -> str:
    parts = urlsplit(url)
    return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")


def _lua(value: object) -> str:
    """The value in Lua's syntax. Strings are written byte by byte, so that nothing needs escaping."""
    if isinstance(value, Mapping):
        return "{" + ",".join(f"[{_lua(key)}]={_lua(item)}" for key, item in value.items()) + "}"
    if isinstance(value, str):
        return '"' + "".join(f"\\{byte:03d}" for byte in value.encode()) + '"'
    if isinstance(value, Sequence):
        return "{" + ",".join(map(_lua, value)) + "}"
    return str(value)

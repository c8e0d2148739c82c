"""The `recount` command as people run it: real processes, each with its own folder and port. See `tests.warm`."""

from __future__ import annotations

import os
import re
import signal
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

import httpx
import msgspec

from infra.servers.ports import kept_ports
from tests.waiting import PATIENCE, SLOWEST, wait_until
from tests.warm import run, started

COMMAND = (sys.executable, "-m", "infra.command_line")
MASTER_KEY = "7c" * 32
KEY_FILE = re.compile(r"^The first admin key is in (.+)$", re.MULTILINE)
ADDRESS = re.compile(r"Recount is ready: (\S+)/docs")


def environment(home: Path, **settings: object) -> dict[str, str]:
    """The environment of the tests, with these settings in place of all others. None leaves a setting out."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("RECOUNT_") or "JARS" in name}
    given: dict[str, object] = {"HOME": home, "MASTER_KEY": MASTER_KEY, "PORT": 0, **settings}
    return kept | {f"RECOUNT_{name}": str(value) for name, value in given.items() if value is not None}


class Ran(msgspec.Struct):
    """A command that has ended."""

    status: int
    output: str
    errors: str

    @property
    def answer(self) -> Any:
        return msgspec.json.decode(self.output)


def first_key(output: str) -> str | None:
    """The key in the file that the output names. Output that is not a terminal's shows no key."""
    found = KEY_FILE.search(output)
    return found and Path(found.group(1)).read_text().strip()


def recount(environment: Mapping[str, str], *arguments: object) -> Ran:
    done = run([*COMMAND, *map(str, arguments)], environment, SLOWEST)
    return Ran(done.returncode, done.stdout, done.stderr)


class Running:
    """A command that runs until it is asked to end. Its output and errors go to files in `folder`."""

    def __init__(self, folder: Path, environment: Mapping[str, str], *arguments: object) -> None:
        self.folder = folder
        self._out, self._err = folder / "output", folder / "errors"
        with self._out.open("wb") as out, self._err.open("wb") as err:
            self.process = started([*COMMAND, *map(str, arguments)], environment, out, err)

    @property
    def output(self) -> str:
        return self._out.read_text()

    @property
    def errors(self) -> str:
        return self._err.read_text()

    @property
    def key(self) -> str | None:
        """The first key, if this start issued it."""
        return first_key(self.output)

    @property
    def url(self) -> str:
        found = ADDRESS.search(self.output)
        assert found, self.output
        return found.group(1)

    def wait_for(self, text: str) -> Self:
        def printed() -> bool:
            assert self.process.poll() is None, self.output + self.errors
            return text in self.output

        wait_until(printed, f"recount prints {text!r}", lambda: (self.output, self.errors))
        return self

    def caller(self, key: str | None = None) -> httpx.Client:
        return httpx.Client(base_url=self.url, headers={"Authorization": f"Bearer {key or self.key}"}, timeout=PATIENCE)

    def end(self, number: signal.Signals = signal.SIGINT) -> int:
        """Send the signal, and return the exit status once the process has ended."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        return self.process.wait(PATIENCE)


def free_port(folder: Path) -> int:
    [port] = kept_ports(folder / "free-port", 1)
    return port

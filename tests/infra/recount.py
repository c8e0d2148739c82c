"""The `recount` command as people run it: real processes, each with a folder and a port of its own."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

import httpx
import msgspec

from infra.servers.ports import kept_ports
from tests.waiting import PATIENCE, SLOWEST, wait_until

COMMAND = (sys.executable, "-m", "infra.command_line")
MASTER_KEY = "7c" * 32
KEY = re.compile(r"^The first admin key, shown only now: (\S+)\n", re.MULTILINE)
ADDRESS = re.compile(r"Recount is ready: (\S+)/docs")


def environment(home: Path, **settings: object) -> dict[str, str]:
    """Ours, without settings of our own; None leaves one out."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("RECOUNT_") or "JARS" in name}
    told: dict[str, object] = {"HOME": home, "MASTER_KEY": MASTER_KEY, "PORT": 0, **settings}
    return kept | {f"RECOUNT_{name}": str(value) for name, value in told.items() if value is not None}


class Ran(msgspec.Struct):
    """A command that has ended."""

    status: int
    said: str
    complained: str

    @property
    def answer(self) -> Any:
        return msgspec.json.decode(self.said)


def recount(environment: Mapping[str, str], *arguments: object) -> Ran:
    done = subprocess.run(
        [*COMMAND, *map(str, arguments)], env=dict(environment), capture_output=True, text=True, timeout=SLOWEST, check=False
    )
    return Ran(done.returncode, done.stdout, done.stderr)


class Running:
    """A command that goes on until it is asked to end; what it says goes to files in `folder`."""

    def __init__(self, folder: Path, environment: Mapping[str, str], *arguments: object) -> None:
        self._out, self._err = folder / "said", folder / "complained"
        with self._out.open("wb") as out, self._err.open("wb") as err:
            self.process = subprocess.Popen(
                [*COMMAND, *map(str, arguments)], env=dict(environment), stdout=out, stderr=err, stdin=subprocess.DEVNULL
            )

    @property
    def said(self) -> str:
        return self._out.read_text()

    @property
    def complained(self) -> str:
        return self._err.read_text()

    @property
    def key(self) -> str | None:
        """The first key, if it was shown."""
        found = KEY.search(self.said)
        return found and found.group(1)

    @property
    def url(self) -> str:
        found = ADDRESS.search(self.said)
        assert found, self.said
        return found.group(1)

    def wait_for(self, text: str) -> Self:
        def said_or_ended() -> bool:
            assert self.process.poll() is None, self.said + self.complained
            return text in self.said

        wait_until(said_or_ended, f"recount says {text!r}", lambda: (self.said, self.complained))
        return self

    def caller(self, key: str | None = None) -> httpx.Client:
        return httpx.Client(base_url=self.url, headers={"Authorization": f"Bearer {key or self.key}"}, timeout=PATIENCE)

    def end(self, number: signal.Signals = signal.SIGINT) -> int:
        """Its exit status, once it is gone."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        return self.process.wait(PATIENCE)


def free_port(folder: Path) -> int:
    [port] = kept_ports(folder / "free-port", 1)
    return port

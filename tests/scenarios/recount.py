"""Recount as its users run it, in either deployment: real processes, used over HTTP and by the command line."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import uuid4

import httpx

from infra.servers.ports import kept_ports
from infra.settings import Settings
from tests.infra.recount import COMMAND, first_key
from tests.waiting import SLOWEST, wait_until
from tests.warm import WarmProcess, run

MASTER_KEY = "5c" * 32
ANSWER = 30.0


class Recount:
    """`api` uses the first admin key; `run` runs the command line on the same deployment."""

    def __init__(self, variables: Mapping[str, str], api: httpx.Client, processes: Sequence[WarmProcess]) -> None:
        self.api = api
        self._variables, self._log = variables, processes[0].log
        self._server, self._projector = processes[0], processes[-1]
        self.folder = self._log.parent

    @property
    def settings(self) -> Settings:
        """The settings of its processes."""
        given = {name.removeprefix("RECOUNT_").lower(): value for name, value in self._variables.items() if "RECOUNT" in name}
        return Settings.model_validate({"home": self.folder / "recount-data", **given})

    def with_key(self, key: str) -> httpx.Client:
        """Another client of the same API. The caller must close it."""
        return httpx.Client(base_url=self.api.base_url, headers={"Authorization": f"Bearer {key}"}, timeout=2 * ANSWER)

    def kill_the_projector(self) -> None:
        """SIGKILL. In the embedded deployment, this kills the only process."""
        self._projector.kill()

    def start_the_projector(self) -> None:
        self._projector.start()
        self._server.wait_until_ready(lambda: _lives(str(self.api.base_url)))

    def run(self, *arguments: str) -> Any:
        """The JSON answer of a command, which must succeed."""
        ended = run([*COMMAND, *arguments, "--json"], self._variables, SLOWEST)
        assert ended.returncode == 0, ended.stderr + self._log.read_text()[-2000:]
        return json.loads(ended.stdout)

    def get(self, path: str, **params: Any) -> httpx.Response:
        answer = self.api.get(path, params=params or None)
        assert answer.status_code == 200, answer.text
        return answer

    def caught_up(self, position: int, *paths: str) -> None:
        """Waits until the read models that these paths answer from are complete up to the position."""
        for path in paths:

            def is_answered(path: str = path) -> bool:
                answer = self.api.get(path, params={"after": position})
                assert answer.status_code in (200, 503), answer.text
                return answer.status_code == 200

            wait_until(is_answered, f"{path} is answered as of {position}", self._positions)

    def _positions(self) -> list[int]:
        return [one["complete_to"] for one in self.get("/v1/status").json()["projections"]]

    def every(self, path: str, **params: Any) -> list[dict[str, Any]]:
        """Every item of a list in one request, as NDJSON."""
        answer = self.api.get(path, params=params, headers={"Accept": "application/x-ndjson"})
        assert answer.status_code == 200, answer.text
        return [json.loads(line) for line in answer.text.splitlines()]

    def all(self, path: str, **params: Any) -> list[dict[str, Any]]:
        """Every item of a list, page by page."""
        items: list[dict[str, Any]] = []
        page = self.get(path, limit=500, **params).json()
        while True:
            items += page["items"]
            if page["next"] is None:
                return items
            page = self.get(page["next"]).json()


@contextmanager
def embedded() -> Iterator[Recount]:
    with (
        TemporaryDirectory(prefix="recount-scenario-") as folder,
        _running(Path(folder), {}, [("serve",)]) as recount,
    ):
        yield recount


@contextmanager
def distributed(database_url: str, kafka: str) -> Iterator[Recount]:
    """One process of each kind, with its own database and topic."""
    variables = {
        "RECOUNT_DATABASE_URL": database_url,
        "RECOUNT_KAFKA": kafka,
        "RECOUNT_TOPIC": f"scenario.{uuid4().hex}",
    }
    with (
        TemporaryDirectory(prefix="recount-scenario-") as folder,
        _running(Path(folder), variables, [("serve",), ("relay",), ("follow",), ("project",)]) as recount,
    ):
        yield recount


@contextmanager
def _running(folder: Path, given: Mapping[str, str], commands: Sequence[tuple[str, ...]]) -> Iterator[Recount]:
    """The first of the commands serves the API."""
    [port] = kept_ports(folder / "ports", 1)
    ours = {
        "RECOUNT_HOME": str(folder),
        "RECOUNT_MASTER_KEY": MASTER_KEY,
        "RECOUNT_PORT": str(port),
        "RECOUNT_AFTER_TIMEOUT": str(ANSWER),
        "RECOUNT_WEBHOOK_PRIVATE": "true",
    }
    variables = {**os.environ, **given, **ours}
    variables.pop("RECOUNT_MASTER_KEY_FILE", None)
    url = f"http://127.0.0.1:{port}"
    with ExitStack() as stack:
        processes = [
            WarmProcess(" ".join(command), [*COMMAND, *command], folder / f"{command[0]}.log", variables)
            for command in commands
        ]
        stack.callback(_stop_together, processes)
        for process in processes:
            process.start()
            if process is processes[0]:
                process.wait_until_ready(lambda: _lives(url))
        key = first_key(processes[0].output())
        assert key, processes[0].output()
        headers = {"Authorization": f"Bearer {key}"}
        api = stack.enter_context(httpx.Client(base_url=url, headers=headers, timeout=2 * ANSWER))
        yield Recount(variables, api, processes)


def _stop_together(processes: Sequence[WarmProcess]) -> None:
    """Each takes a moment to leave its group."""
    with ThreadPoolExecutor() as pool:
        list(pool.map(WarmProcess.stop, processes))


def _lives(url: str) -> bool:
    try:
        return httpx.get(f"{url}/health/live", timeout=2).status_code == 200
    except httpx.TransportError:
        return False

"""An upgrade, one process after another: an older version works beside a newer one, and does not know all that it records."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest

from infra.servers.kafka import KafkaAt
from infra.servers.ports import kept_ports
from infra.servers.process import ServerProcess
from tests.infra.recount import first_key
from tests.waiting import PATIENCE, wait_until

pytestmark = pytest.mark.servers

TREE = Path(__file__).parents[2]
NEWER = (sys.executable, "-m", "infra.command_line")
OLDER = (sys.executable, "-m", "tests.scenarios.older", "crm.customer.archived.v1")


class Upgrade:
    """Processes of both versions on one database and one topic."""

    def __init__(self, folder: Path, database_url: str, kafka: str, stack: ExitStack) -> None:
        self._folder, self._stack = folder, stack
        self._ports = kept_ports(folder / "ports", 2)
        self._variables = {
            **{name: value for name, value in os.environ.items() if not name.startswith("RECOUNT_")},
            "PYTHONPATH": str(TREE),
            "RECOUNT_HOME": str(folder),
            "RECOUNT_MASTER_KEY": "5c" * 32,
            "RECOUNT_DATABASE_URL": database_url,
            "RECOUNT_KAFKA": kafka,
            "RECOUNT_TOPIC": f"upgrade.{uuid4().hex}",
            "RECOUNT_AFTER_TIMEOUT": "0.2",
        }
        self.key = ""

    def start(self, version: Sequence[str], command: str, number: int = 0) -> ServerProcess:
        name = f"{command}-{'older' if version is OLDER else 'newer'}"
        variables = self._variables | {"RECOUNT_PORT": str(self._ports[number])}
        process = ServerProcess(name, [*version, command], self._folder / f"{name}.log", variables)
        self._stack.callback(process.stop)
        process.start()
        return process

    def serve(self, version: Sequence[str], number: int) -> httpx.Client:
        process, url = self.start(version, "serve", number), f"http://127.0.0.1:{self._ports[number]}"
        process.wait_until_ready(lambda: _lives(url))
        self.key = self.key or first_key(process.output()) or ""
        headers = {"Authorization": f"Bearer {self.key}"}
        return self._stack.enter_context(httpx.Client(base_url=url, headers=headers, timeout=PATIENCE))


def _lives(url: str) -> bool:
    try:
        return httpx.get(f"{url}/health/live", timeout=2).status_code == 200
    except httpx.TransportError:
        return False


@pytest.fixture
def upgrade(tmp_path: Path, database_url: str, kafka_server: KafkaAt) -> Iterator[Upgrade]:
    with ExitStack() as stack:
        yield Upgrade(tmp_path, database_url, kafka_server.bootstrap, stack)


def sent(api: httpx.Client, path: str, body: dict[str, Any] | None = None) -> tuple[str, int]:
    """Sends the command; returns the path and the position of its answer."""
    answer = api.post(path, json=body or {})
    assert answer.is_success, answer.text
    return answer.headers.get("Location", path), int(answer.headers["Position"])


def readable(api: httpx.Client, path: str, position: int) -> bool:
    answer = api.get(path, params={"after": position})
    assert answer.status_code in (200, 503), answer.text
    return answer.status_code == 200


def test_an_older_version_holds_back_what_it_does_not_know_and_a_newer_one_folds_it_by_itself(upgrade: Upgrade) -> None:
    older = upgrade.serve(OLDER, 0)
    projector = upgrade.start(OLDER, "project")
    upgrade.start(NEWER, "relay")
    newer = upgrade.serve(NEWER, 1)
    (ada, _), (eve, _) = (sent(newer, "/v1/customers", {"kind": "person", "name": name}) for name in ("Ada", "Eve"))
    _, archived = sent(newer, f"{ada}/archival")
    _, restored = sent(newer, f"{ada}/restoration")
    _, last = sent(newer, f"{eve}/archival")
    bob = sent(older, "/v1/customers", {"kind": "person", "name": "Bob"})

    for api in (older, newer):
        wait_until(partial(readable, api, *bob), "a customer whom both versions know is read")
        assert not readable(api, ada, archived), "nobody claims to know what the projector does not"
        assert not readable(api, "/v1/customers", last)
        ready = api.get("/health/ready").json()
        assert (ready["status"], ready["first_unreadable"]) == ("degraded", [archived, last])
    for path in (f"{ada}?version=3", f"{ada}?as_of={restored}"):
        assert older.get(path).json()["type"] == "/problems/unreadable-event"
        assert newer.get(path).status_code == 200
    refused = older.post(f"{ada}/archival", json={})
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/unreadable-event")
    assert "crm.customer.archived.v1" in refused.json()["detail"]
    assert [event["version"] for event in older.get(f"{ada}/history").json()["items"]] == [1, 2, 3]

    upgrade.start(NEWER, "project")
    projector.stop()
    wait_until(lambda: readable(newer, "/v1/customers", last), "what was set aside is folded")
    assert newer.get(ada).json()["archived"] is False
    assert newer.get(eve).json()["archived"] is True
    wait_until(lambda: newer.get("/health/ready").json()["unreadable_events"] == 0, "nothing waits any more")
    assert all(not one["dead_letters"] for one in newer.get("/v1/status").json()["projections"])

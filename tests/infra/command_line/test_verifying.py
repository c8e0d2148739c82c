"""`recount status --verify`, and the verification by itself after an unclean end."""

from __future__ import annotations

import signal
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import httpx

from tests.infra.recount import Running, environment, recount
from tests.waiting import wait_until

Serve = Callable[..., Running]


def _troubles(caller: httpx.Client) -> list[str]:
    return [trouble["code"] for trouble in caller.get("/health/ready").json()["troubles"]]


def _rename_type(home: Path, old: str, new: str) -> None:
    with closing(sqlite3.connect(home / "events.db")) as file, file:
        assert file.execute("UPDATE stored_events SET topic = ? WHERE topic = ?", [new, old]).rowcount == 1


def test_after_an_unclean_end_the_store_is_verified_while_it_serves(serve: Serve, tmp_path: Path) -> None:
    home = tmp_path / "home"
    first = serve()
    key = first.key
    with first.caller() as caller:
        registered = caller.post("/v1/customers", json={"kind": "person", "name": "Ada"})
        assert caller.get(registered.headers["Location"], params={"after": registered.headers["Position"]}).status_code == 200
    first.end(signal.SIGKILL)
    _rename_type(home, "crm.customer.registered.v2", "crm.customer.archived.v1")

    killed = serve()
    assert "verification.begins" in killed.errors + killed.output
    with killed.caller(key) as caller:
        assert caller.post("/v1/customers", json={"kind": "person", "name": "Eve"}).status_code == 201
        wait_until(lambda: _troubles(caller) == ["verification-failed"], "the damage is found")
    assert killed.end() == 0

    ended = serve()
    assert "verification.begins" not in ended.errors + ended.output
    with ended.caller(key) as caller:
        assert _troubles(caller) == ["verification-failed"], "a restart mends nothing"
    found = recount(environment(home), "status", "--verify", "--json")
    assert found.status == 1
    assert {(one["kind"], one["position"]) for one in found.answer["verification"]["findings"]} == {
        ("other-type", 3),
        ("index", 3),
    }
    _rename_type(home, "crm.customer.archived.v1", "crm.customer.registered.v2")
    mended = recount(environment(home), "status", "--verify")
    assert (mended.status, "0 findings" in mended.output) == (0, True), mended.output
    with ended.caller(key) as caller:
        assert _troubles(caller) == []

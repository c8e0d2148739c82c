"""`recount keys rotate-master`, beside a running server and without one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.infra.recount import MASTER_KEY, Running, environment, recount

NEW = "7d" * 32


def test_a_running_server_takes_the_new_key_from_its_file_and_the_old_one_is_useless_afterwards(
    home: Path, tmp_path: Path, variables: dict[str, str], serve: Callable[..., Running]
) -> None:
    file = tmp_path / "master-key"
    file.write_text(f"{MASTER_KEY}\n")
    del variables["RECOUNT_MASTER_KEY"]
    variables["RECOUNT_MASTER_KEY_FILE"] = str(file)
    server = serve()
    with server.caller() as caller:
        path = "/v1/customers/by/shop/7"
        assert caller.put(path, json={"name": "Ada Lovelace"}).status_code == 201
        file.write_text(f"{MASTER_KEY}\n{NEW}\n")
        rotated = recount(variables, "keys", "rotate-master", "--json")
        assert rotated.status == 0, rotated.errors
        assert rotated.answer["rewrapped"] > 0
        assert rotated.answer["damaged"] == 0
        file.write_text(f"{NEW}\n")
        changed = caller.put(path, json={"name": "Ada King"})
        assert (changed.status_code, changed.json()["version"]) == (200, 3)
        customer = caller.get(path, params={"after": changed.json()["position"]}).json()
        assert customer["name"] == "Ada King"
    server.end()
    old = recount(environment(home), "status")
    assert old.status == 2
    assert "RECOUNT_MASTER_KEY" in old.errors
    assert rotated.answer["master_key"] in old.errors
    assert recount(variables, "status").status == 0


def test_a_server_that_does_not_have_the_new_key_is_named(variables: dict[str, str], serve: Callable[..., Running]) -> None:
    serve()
    ran = recount({**variables, "RECOUNT_MASTER_KEY": f"{MASTER_KEY}\n{NEW}"}, "keys", "rotate-master")
    assert ran.status == 1
    assert "restart it with both keys" in ran.errors


@pytest.mark.servers
def test_a_command_rotates_the_keys_of_the_distributed_deployment(home: Path, database_url: str) -> None:
    place = {"DATABASE_URL": database_url, "KAFKA": "127.0.0.1:1"}
    assert recount(environment(home, **place), "keys", "create", "me", "admin").status == 0
    both = environment(home, **place, MASTER_KEY=f"{MASTER_KEY}\n{NEW}")
    rotated = recount(both, "keys", "rotate-master")
    assert rotated.status == 0, rotated.errors
    assert "1 keys were wrapped again" in rotated.output
    assert recount(environment(home, **place), "keys", "list").status == 2
    assert recount(environment(home, **place, MASTER_KEY=NEW), "keys", "rotate-master", "--json").answer["rewrapped"] == 0

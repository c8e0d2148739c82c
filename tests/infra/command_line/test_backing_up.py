"""`recount backup` beside a running server, and `recount restore` into another folder."""

from __future__ import annotations

import fcntl
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from domain.shared.ids import new_id
from infra.processes import listing_erasures
from infra.processes.parts import Parts, opened
from infra.read_models import troubles
from infra.read_models.troubles import Trouble
from infra.settings import Settings
from tests.commands.event_stores import accepted, done, erasing, one, registering, together
from tests.infra.recount import Running, environment, recount
from tests.waiting import wait_until


def test_a_shop_is_backed_up_while_it_serves_and_restored_without_those_it_erased_since(
    home: Path, tmp_path: Path, variables: dict[str, str], serve: Callable[..., Running]
) -> None:
    identity, folder = tmp_path / "identity", tmp_path / "backups"
    recipient = recount(variables, "backup", "--new-identity", identity, "--json").answer["recipient"]
    folder.mkdir()
    server = serve()
    with server.caller() as caller:
        put = [caller.put(f"/v1/customers/by/shop/{name}", json={"name": name}) for name in ("Ada", "Grace")]
        assert [one.status_code for one in put] == [201, 201]
        made = recount(variables, "backup", folder, "--to", recipient, "--json")
        assert made.status == 0, made.errors
        erasure = {"reason": "requested", "requested_by": "customer"}
        erased = caller.post(f"/v1/customers/{put[0].json()['id']}/erasure", json=erasure)
        assert erased.is_success, erased.text
        key = server.key
    server.end()
    lost = made.answer
    there = {**environment(tmp_path / "there"), "RECOUNT_PORT": "0"}
    files = (lost["events_file"], lost["keys_file"], "--identity", identity)
    assert recount(there, "restore", *files).status == 2, "the list of erasures is neither given nor denied"
    checked = recount(there, "restore", *files, "--erasures", home / "erasures.ndjson", "--check", "--json")
    assert (checked.status, checked.answer["erasures"]) == (0, 1), checked.errors
    assert not (tmp_path / "there").exists()
    restored = recount(there, "restore", *files, "--erasures", home / "erasures.ndjson", "--verify")
    assert restored.status == 0, restored.errors
    assert "1 subjects were erased again" in restored.output
    assert recount(there, "restore", *files, "--without-erasures").status == 1
    variables.update(there)
    with serve().caller(key) as caller:
        after = {"after": caller.get("/v1/status").json()["head"]}
        found = [caller.get(f"/v1/customers/by/shop/{name}", params=after) for name in ("Ada", "Grace")]
        assert [(one.status_code, one.json().get("name")) for one in found] == [(200, None), (200, "Grace")]
        assert found[0].json()["erased_at"]
        made_since = caller.put("/v1/customers/by/shop/Alan", json={"name": "Alan"}).json()
        assert made_since["position"] > lost["manifest"]["given"] + 1_000_000


def test_an_erasure_whose_line_cannot_be_written_is_accepted_and_health_says_so_until_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listing_erasures, "AGAIN_SECONDS", 0.05)
    file = tmp_path / "elsewhere" / "erasures.ndjson"
    settings = Settings(home=tmp_path / "home", master_key="7c" * 32, erasures_file=file)
    with opened(settings) as parts:
        assert accepted(one(parts.executor, registering(id := new_id())))
        assert accepted(one(parts.executor, erasing(id)))
        wait_until(
            lambda: [trouble.code for trouble in found(parts)] == ["erasures-unlisted"],
            "health shows that the list is not written",
        )
        file.parent.mkdir()
        wait_until(lambda: not found(parts), "the list is written again")
        assert str(id) in file.read_text()


def test_a_list_on_a_machine_that_hangs_stops_no_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = Settings(home=tmp_path, master_key="7c" * 32)
    with opened(settings) as parts:
        ids = [new_id() for _ in range(3)]
        assert all(map(accepted, done(*together(parts.executor, *map(registering, ids), erasing(ids[0])))))
        file = tmp_path / "erasures.ndjson"
        assert str(ids[0]) in file.read_text()
        monkeypatch.setattr(listing_erasures, "PATIENCE", 0.2)
        with file.open() as held:
            fcntl.flock(held, fcntl.LOCK_EX)
            for id in ids[1:]:
                assert accepted(one(parts.executor, erasing(id)))
            assert [trouble.code for trouble in found(parts)] == ["erasures-unlisted"]
        wait_until(lambda: not found(parts), "the list is written again")
        assert [json.loads(line)["stream"] for line in file.read_text().splitlines()] == list(map(str, ids))


def found(parts: Parts) -> list[Trouble]:
    with parts.deployment.read_models.reader.connect() as connection:
        return troubles.standing(connection)


def test_wrong_usage_is_refused_by_name(variables: dict[str, str], tmp_path: Path) -> None:
    nowhere = recount(variables, "backup", tmp_path / "nowhere", "--to", "age1nobody")
    assert (nowhere.status, "age1nobody is not an age recipient" in nowhere.errors) == (2, True)
    nobody = recount(variables, "backup", tmp_path)
    assert (nobody.status, "RECOUNT_BACKUP_RECIPIENTS" in nobody.errors) == (2, True)

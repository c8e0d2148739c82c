"""`recount backup` beside a running server, and `recount restore` into another folder."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tests.infra.recount import Running, environment, recount


def test_a_shop_is_backed_up_while_it_serves_and_restored_without_those_it_erased_since(
    home: Path, tmp_path: Path, variables: dict[str, str], serve: Callable[..., Running]
) -> None:
    identity, folder = tmp_path / "identity", tmp_path / "backups"
    recipient = recount(variables, "backup", "--new-identity", identity, "--json").answer["recipient"]
    folder.mkdir()
    server = serve()
    with server.caller() as caller:
        for name in ("Ada", "Grace"):
            assert caller.put(f"/v1/customers/by/shop/{name}", json={"name": name}).status_code == 201
        made = recount(variables, "backup", folder, "--to", recipient, "--json")
        assert made.status == 0, made.errors
        erased = caller.post("/v1/customers/by/shop/Ada/erasure", json={"reason": "requested", "requested_by": "customer"})
        assert erased.status_code == 200, erased.text
        key = server.key
    server.end()
    lost = made.answer
    there = {**environment(tmp_path / "there"), "RECOUNT_PORT": "0"}
    files = (lost["events_file"], lost["keys_file"], "--identity", identity)
    assert recount(there, "restore", *files).status == 2, "the list of erasures is neither given nor denied"
    checked = recount(there, "restore", *files, "--erasures", home / "erasures.ndjson", "--check", "--json")
    assert (checked.status, checked.answer["erasures"]) == (0, 1), checked.errors
    assert not (tmp_path / "there").exists()
    restored = recount(there, "restore", *files, "--erasures", home / "erasures.ndjson")
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

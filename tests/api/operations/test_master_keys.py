"""A rotation of the master key over HTTP, and a process that was forgotten: it waits and loses nothing."""

from __future__ import annotations

from pathlib import Path

import httpx

from consumers.projecting import dead_letters
from domain.shared.ids import new_id
from infra.event_store.mapper import Mapper
from infra.event_store.store import EventStore
from infra.event_store.vault import MasterKey, Vault
from infra.processes.parts import Parts, opened
from infra.settings import Settings
from infra.wiring import EVENTS
from tests.api.client import Client
from tests.api.conftest import SETTINGS, KeyFor, on_both_engines
from tests.api.customers.given_customers import registered, seen
from tests.commands.event_stores import accepted, one, recorder, registering, running
from tests.waiting import wait_until

OLD, NEW = bytes.fromhex(str(SETTINGS["master_key"])), bytes(range(32))
ROTATIONS = "/v1/operations/master-key-rotations"


def ended(client: Client, path: str, headers: dict[str, str]) -> httpx.Response:
    wait_until(lambda: client.get(path, headers=headers).json()["state"] != "running", "the rotation ended")
    return client.get(path, headers=headers)


def test_an_operator_rotates_the_master_key_and_reads_the_result(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text(OLD.hex())
    with opened(Settings(home=tmp_path / "home", master_key_file=file)) as parts, parts.application("local") as app:
        client, local = Client(app), {"Authorization": "Bearer local"}
        path = client.post("/v1/customers", {"name": "Ada"}, headers=local).headers["Location"]
        file.write_text(f"{OLD.hex()}\n{NEW.hex()}\n")
        begun = client.post(ROTATIONS, headers=local)
        assert begun.status_code == 202
        result = ended(client, begun.headers["Location"], local).json()
        assert (result["state"], result["done"], result["total"]) == ("completed", 1, 1)
        assert result["result"] == {"master_key": MasterKey(NEW).id.hex(), "rewrapped": 1, "damaged": 0}
        file.unlink()
        failed = ended(client, client.post(ROTATIONS, headers=local).headers["Location"], local).json()
        assert failed["state"] == "failed"
        assert failed["error"].startswith("RECOUNT_MASTER_KEY_FILE: ")
        assert client.get(f"{path}?version=1", headers=local).json()["name"] == "Ada"
        client.close()


def test_rotating_needs_the_permission_to_operate(client: Client, key_for: KeyFor) -> None:
    assert client.post(ROTATIONS, headers=key_for("auditor")).status_code == 403
    assert client.post(ROTATIONS, headers=key_for("operator")).status_code == 202
    assert client.get(f"{ROTATIONS}/{new_id()}").status_code == 404


@on_both_engines
def test_a_process_without_the_new_key_answers_503_and_its_projector_waits(
    client: Client, parts: Parts, settings: Settings
) -> None:
    path = registered(client)
    seen(client, path)
    where = settings.database_url or str(settings.home / "events.db")
    other = EventStore(recorder(where), Mapper(EVENTS), Vault(OLD, NEW))
    other.rotate_master_key(lambda done, total: None)
    assert client.get(f"{path}?version=1").status_code == 503
    id = new_id()
    with running(other) as executor:
        assert accepted(one(executor, registering(id, "Bob")))
    projector = parts.projector
    assert projector
    wait_until(
        lambda: any(each.name == "customer_view" and each.state == "retrying" for each in projector.status().projections),
        "the projector waits",
    )
    assert dead_letters.listed(parts.deployment.read_models, None) == []
    # The process is given both keys.
    parts.deployment.store._vault._keep((OLD, NEW))
    assert client.get(f"{path}?version=1").status_code == 200
    assert seen(client, f"/v1/customers/{id}")["name"] == "Bob"
    other.close()

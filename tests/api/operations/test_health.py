"""The status of the system and the work of operators, over HTTP."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

import httpx
import pytest
from sqlalchemy import insert
from sqlalchemy.exc import OperationalError

from domain.shared.ids import new_id
from infra.processes.parts import Parts
from infra.read_models.positions import dead_letters
from infra.wiring import PROJECTIONS
from tests.api.client import Client
from tests.api.conftest import KeyFor, World, on_both_engines
from tests.waiting import wait_until

NAMES = [projection.name for projection in PROJECTIONS]
SUBJECT = UUID(int=1)
MAPPING = b"""
system = "shop"
occurred_at = "{day}"
ids.customer = "{customer}"
[[make]]
command = "customer.register"
facts = { name = "{name}" }
"""
ROWS = b"customer,name,day\n1,Ada,2026-01-02\n2,,2026-01-03\n"


def _set_aside(parts: Parts, projection: str, position: int = 1) -> None:
    letter = {
        "projection": projection,
        "position": position,
        "partition": 0,
        "subject": SUBJECT,
        "type": "crm.customer.registered.v2",
        "error": "ValueError",
        "traceback": "",
        "tries": 1,
        "since": datetime.now(UTC),
    }
    with parts.deployment.read_models.writer.begin() as connection:
        connection.execute(insert(dead_letters).values(letter))


def _ended(client: Client, path: str) -> httpx.Response:
    """The answer about the job after it has ended."""
    answers: list[httpx.Response] = []

    def ended() -> bool:
        answers.append(client.get(path))
        assert answers[-1].status_code == 200, answers[-1].text
        return bool(answers[-1].json()["state"] != "running")

    wait_until(ended, f"{path} ended")
    return answers[-1]


def _upload(client: Client, mapping: bytes = MAPPING, rows: bytes = ROWS, name: str = "rows.csv") -> httpx.Response:
    return client.request("POST", "/v1/imports", files={"mapping": ("shop.toml", mapping), "file": (name, rows)})


# Health


def test_the_liveness_probe_needs_no_key(stranger: Client) -> None:
    answer = stranger.get("/health/live")
    assert (answer.status_code, answer.json()) == (200, {"status": "alive"})


def test_a_healthy_system_is_ready_and_reports_the_lag_of_every_read_model(client: Client) -> None:
    answer = client.get("/health/ready")
    assert answer.status_code == 200
    body = answer.json()
    assert (body["status"], body["deployment"], body["kafka"]) == ("ready", "embedded", None)
    assert [one["name"] for one in body["projections"]] == NAMES
    assert all(one["lag"] == body["head"] - one["complete_to"] for one in body["projections"])


def test_a_dead_letter_makes_the_system_degraded(parts: Parts, client: Client) -> None:
    _set_aside(parts, "orders")
    body = client.get("/health/ready").json()
    assert body["status"] == "degraded"
    assert [one["name"] for one in body["projections"] if one["dead_letters"]] == ["orders"]


@on_both_engines
def test_kafka_is_reported_only_if_events_go_through_it(client: Client, engine: str) -> None:
    body = client.get("/v1/status").json()
    assert (body["kafka"], body["healthy"]) == ((None, True) if engine == "sqlite" else (False, False))


@on_both_engines
def test_what_waits_for_the_relay_is_reported_with_its_age(client: Client, parts: Parts, engine: str) -> None:
    body = client.get("/v1/status").json()
    if engine == "sqlite":
        assert body["relay"] is None
        return
    [first] = parts.deployment.store.log(0, 1)
    oldest = parts.deployment.store.decode_plain(first).metadata.recorded_at
    assert body["routed"] == 0, "no relay runs here"
    assert datetime.fromisoformat(body["relay"].pop("waiting_since")) == oldest
    assert body["relay"] == {"waiting": body["head"], "failure": None}


def test_without_its_database_the_system_is_not_ready(client: Client, parts: Parts, monkeypatch: pytest.MonkeyPatch) -> None:
    def silent() -> int:
        raise OperationalError("SELECT 1", {}, Exception("secret"))

    monkeypatch.setattr(parts.deployment.store, "head", silent)
    answer = client.get("/health/ready")
    assert answer.status_code == 503
    assert "Retry-After" in answer.headers
    assert "secret" not in answer.text
    assert client.get("/metrics").status_code == 200


def test_metrics_are_in_the_format_of_prometheus(parts: Parts, client: Client) -> None:
    _set_aside(parts, "orders")
    text = client.get("/metrics").text
    assert f"recount_head_position {parts.deployment.store.head()}.0" in text
    assert 'recount_dead_letters{projection="orders"} 1.0' in text
    assert 'recount_projection_lag{projection="customer_view"}' in text
    assert "recount_commands_waiting 0.0" in text


@pytest.mark.parametrize("path", ["/health/ready", "/v1/status", "/metrics", "/v1/operations/dead-letters"])
def test_the_status_is_for_operators_and_auditors(client: Client, key_for: KeyFor, path: str) -> None:
    statuses = {role: client.get(path, headers=key_for(role)).status_code for role in ("operator", "auditor", "agent")}
    assert statuses == {"operator": 200, "auditor": 200, "agent": 403}


# Rebuilds


def _up_to_date(world: World) -> None:
    """Waits until the read model of keys has everything: only then a rebuild can be compared with it."""
    path, all_of_it = "/v1/keys", {"after": world.head()}
    wait_until(lambda: world.client.get(path, params=all_of_it).status_code == 200, "the keys are complete")


def test_a_rebuilt_read_model_is_the_same(world: World) -> None:
    _up_to_date(world)
    begun = world.client.post("/v1/operations/rebuilds", {"projection": "api_keys"})
    assert begun.status_code == 202
    ended = _ended(world.client, begun.headers["Location"]).json()
    assert ended["state"] == "completed", ended
    assert (ended["result"]["same"], ended["result"]["swapped"]) == (True, True)


def test_a_check_changes_nothing(world: World) -> None:
    _up_to_date(world)
    begun = world.client.post("/v1/operations/rebuilds", {"projection": "api_keys", "check": True})
    result = _ended(world.client, begun.headers["Location"]).json()["result"]
    assert (result["same"], result["swapped"]) == (True, False)


def test_without_a_name_all_read_models_are_checked(world: World) -> None:
    begun = world.client.post("/v1/operations/rebuilds", {"check": True})
    ended = _ended(world.client, begun.headers["Location"]).json()
    names = [one["name"] for one in world.client.get("/v1/status").json()["projections"]]
    assert [one["projection"] for one in ended["result"]["projections"]] == names
    assert {(one["swapped"], one["error"]) for one in ended["result"]["projections"]} == {(False, None)}
    assert ended["done"] == ended["total"] > 0


def test_an_unknown_read_model_is_not_rebuilt(world: World) -> None:
    answer = world.client.post("/v1/operations/rebuilds", {"projection": "customer_veiw"})
    assert answer.status_code == 404
    assert "customer_view" in answer.json()["detail"]


def test_an_unknown_rebuild_is_not_found(world: World) -> None:
    assert world.client.get(f"/v1/operations/rebuilds/{new_id()}").status_code == 404


def test_an_auditor_may_not_rebuild(world: World) -> None:
    body = {"projection": "api_keys"}
    assert world.client.post("/v1/operations/rebuilds", body, headers=world.key("auditor")).status_code == 403


# Dead letters


def test_dead_letters_are_listed_by_read_model(parts: Parts, client: Client) -> None:
    _set_aside(parts, "orders")
    [letter] = client.get("/v1/operations/dead-letters").json()["items"]
    assert (letter["projection"], letter["position"], letter["discarded"]) == ("orders", 1, False)
    assert client.get("/v1/operations/dead-letters", params={"projection": "customer_view"}).json() == {"items": []}


def test_after_a_discard_the_system_is_ready_and_the_letter_is_still_listed(parts: Parts, client: Client) -> None:
    _set_aside(parts, "orders")
    answer = client.post("/v1/operations/dead-letters/orders/1/discard")
    assert (answer.status_code, answer.json()) == (200, {"folded": 0, "waiting": 0})
    assert client.get("/health/ready").json()["status"] == "ready"
    [letter] = client.get("/v1/operations/dead-letters").json()["items"]
    assert letter["discarded"]


def test_a_retry_folds_events_that_can_be_folded_now(parts: Parts, client: Client) -> None:
    _set_aside(parts, "orders")
    answer = client.post("/v1/operations/dead-letters/orders/retry", params={"subject": str(SUBJECT)})
    assert (answer.status_code, answer.json()) == (200, {"folded": 1, "waiting": 0})
    assert client.get("/v1/operations/dead-letters").json() == {"items": []}


def test_an_unknown_letter_is_not_discarded(world: World) -> None:
    assert world.client.post("/v1/operations/dead-letters/orders/7/discard").status_code == 404


# Imports


def test_a_file_is_imported_and_its_report_names_the_refused_rows(client: Client) -> None:
    begun = _upload(client)
    assert begun.status_code == 202, begun.text
    ended = _ended(client, begun.headers["Location"]).json()
    assert (ended["state"], ended["rows_done"], ended["rows"]) == ("completed", 2, 2)
    report = ended["report"]
    assert [report[count] for count in ("rows", "accepted", "repeated", "refused")] == [2, 1, 0, 1]
    assert [row["line"] for row in report["refusals"]] == [3]


def test_an_import_says_from_which_position_on_what_it_recorded_can_be_read(client: Client) -> None:
    begun = _upload(client)
    assert "Position" not in begun.headers
    ended = _ended(client, begun.headers["Location"])
    position = ended.json()["report"]["position"]
    assert ended.headers["Position"] == str(position)
    listed = client.get("/v1/customers", params={"after": position})
    assert [one["name"] for one in listed.json()["items"]] == ["Ada"]


def test_the_same_file_again_is_the_same_import_and_changes_nothing(client: Client) -> None:
    first = _upload(client)
    _ended(client, first.headers["Location"])
    again = _upload(client, name="renamed.csv")
    assert again.json()["id"] == first.json()["id"]
    report = _ended(client, again.headers["Location"]).json()["report"]
    assert (report["accepted"], report["repeated"]) == (0, 1)


def test_another_process_knows_the_counts_from_the_log(client: Client, parts: Parts, key_for: KeyFor) -> None:
    place = _upload(client).headers["Location"]
    here = _ended(client, place).json()
    with parts.application() as other:
        elsewhere = Client(other, key_for("auditor"))
        seen = elsewhere.get(place).json()
        elsewhere.close()
    assert seen["state"] == "completed"
    assert {count: seen["report"][count] for count in ("rows", "accepted", "refused", "position")} == {
        "rows": 2,
        "accepted": 1,
        "refused": 1,
        "position": here["report"]["position"],
    }


def test_an_invalid_mapping_is_refused_with_the_wrong_key(world: World) -> None:
    answer = _upload(world.client, mapping=MAPPING.replace(b"system", b"sistem"))
    assert answer.status_code == 422
    assert "sistem" in answer.json()["detail"]


def test_a_file_that_does_not_fit_the_mapping_fails_with_the_reason(world: World) -> None:
    begun = _upload(world.client, rows=b"client,title\n1,Ada\n")
    ended = _ended(world.client, begun.headers["Location"]).json()
    assert (ended["state"], ended["report"]) == ("failed", None)
    assert "customer" in ended["error"]


@pytest.mark.parametrize("name", ["../../etc/passwd", "C:\\rows.csv", "..", "\x07", "x" * 300])
def test_a_file_name_cannot_escape_its_folder(world: World, name: str) -> None:
    rows = ROWS.replace(b"Ada", repr(name).encode())
    begun = _upload(world.client, rows=rows, name=name)
    assert begun.status_code == 202
    assert _ended(world.client, begun.headers["Location"]).json()["state"] == "completed"


def test_an_import_may_be_larger_than_other_bodies(world: World) -> None:
    rows = ROWS + b"".join(b"%d,Name,2026-01-05\n" % number for number in range(3, 6000))
    assert len(rows) > world.parts.deployment.settings.body_limit
    begun = _upload(world.client, rows=rows)
    assert begun.status_code == 202
    assert _ended(world.client, begun.headers["Location"]).json()["report"]["accepted"] > 5000


def test_an_unknown_import_is_not_found(world: World) -> None:
    assert world.client.get(f"/v1/imports/{new_id()}").status_code == 404


def test_an_agent_may_not_import(world: World) -> None:
    files = {"mapping": ("shop.toml", MAPPING), "file": ("rows.csv", ROWS)}
    assert world.client.request("POST", "/v1/imports", files=files, headers=world.key("agent")).status_code == 403


@pytest.mark.parametrize(
    ("parts", "pointer"),
    [
        ([("mapping", MAPPING), ("file", b"id\n1\n"), ("maping", b"x")], "/maping"),
        ([("mapping", MAPPING), ("file", b"id\n1\n"), ("file", b"id\n2\n")], "/file"),
        ([("mapping", MAPPING), ("flie", b"id\n1\n")], "/file"),
    ],
)
def test_an_import_takes_one_mapping_and_one_file_and_nothing_else(
    world: World, parts: list[tuple[str, bytes]], pointer: str
) -> None:
    files = [(name, (f"{name}.txt", text)) for name, text in parts]
    answer = world.client.request("POST", "/v1/imports", files=files)
    assert answer.status_code == 422
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]

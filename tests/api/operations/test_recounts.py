"""Auditors recount read models, follow the jobs, and find the last result of each, also after a restart."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sqlalchemy import text

from infra.processes.parts import Parts, opened
from infra.read_models import recounts
from infra.read_models.database import postgres_read_models, sqlite_read_models
from infra.settings import Settings
from infra.wiring import PROJECTIONS
from tests.api.client import Client
from tests.api.conftest import SETTINGS, Headers, KeyFor, World, new_key, on_both_engines
from tests.api.customers.given_customers import head, registered, seen
from tests.waiting import wait_until

REBUILDS, RECOUNTS, JOBS = "/v1/operations/rebuilds", "/v1/operations/recounts", "/v1/operations/jobs"


def checked(client: Client, projection: str, key: Headers | None = None, *, check: bool = True) -> dict[str, Any]:
    """The job of a check, or of a rebuild, after its end."""
    begun = client.post(REBUILDS, {"projection": projection, "check": check}, headers=key or {})
    assert begun.status_code == 202, begun.text
    path = begun.headers["Location"]
    wait_until(lambda: client.get(path).json()["state"] != "running", "the job ended")
    ended = client.get(path).json()
    assert ended["state"] == "completed", ended
    return dict(ended)


def recounted(client: Client, projection: str) -> dict[str, Any]:
    [one] = [one for one in client.get(RECOUNTS).json()["items"] if one["projection"] == projection]
    return dict(one)


def up_to_date(client: Client) -> None:
    """Waits until the read models of customers and teams have everything, so that a check compares all of it."""
    for path in ("/v1/customers", "/v1/teams"):
        seen(client, path)


@on_both_engines
def test_an_auditor_recounts_a_read_model_and_the_result_is_kept(client: Client, key_for: KeyFor, settings: Settings) -> None:
    registered(client)
    up_to_date(client)
    answer = client.get(RECOUNTS)
    assert answer.json() == {"items": [], "never": [projection.name for projection in PROJECTIONS]}
    assert answer.headers["Position"] == str(head(client))

    result = checked(client, "customer_view", key_for("auditor"))["result"]
    kept = recounted(client, "customer_view")
    assert (kept["same"], kept["swapped"], kept["error"], kept["difference"]) == (True, False, None, None)
    assert kept["live"] == kept["rebuilt"] == result["live"] == result["rebuilt"]
    assert kept["position"] == result["position"] > 0
    assert "customer_view" not in client.get(RECOUNTS).json()["never"]

    url, file = settings.database_url, settings.home / "read-models.db"
    another_process = postgres_read_models(url) if url else sqlite_read_models(file)
    with another_process.reader.connect() as connection:
        [one] = recounts.latest(connection)
    another_process.close()
    assert (one.projection, one.position, one.same) == ("customer_view", kept["position"], True)


@on_both_engines
def test_a_recount_that_differs_names_the_first_row_and_its_columns_but_no_value(client: Client, parts: Parts) -> None:
    team = client.put("/v1/teams/north", {"name": "Zwetschge"})
    assert team.status_code == 201, team.text
    up_to_date(client)
    with parts.deployment.read_models.writer.begin() as connection:
        connection.execute(text("UPDATE teams SET name = 'Mirabelle'"))
    result = checked(client, "teams")["result"]
    assert result["same"] is False
    assert result["difference"] == {
        "table": "teams",
        "fault": "different",
        "key": {"team_id": team.json()["id"]},
        "columns": ["name"],
    }
    answer = client.get(RECOUNTS)
    assert recounted(client, "teams")["difference"] == result["difference"]
    assert "Zwetschge" not in answer.text
    assert "Mirabelle" not in answer.text
    checked(client, "teams", check=False)
    kept = recounted(client, "teams")
    assert (kept["same"], kept["swapped"]) == (False, True)
    assert checked(client, "teams")["result"]["same"] is True
    assert recounted(client, "teams")["difference"] is None


def test_the_result_is_there_after_a_restart(tmp_path: Path) -> None:
    settings = Settings.model_validate(SETTINGS | {"home": tmp_path / "home"})
    with opened(settings) as parts, parts.application() as app:
        client = Client(app, new_key(parts, "auditor"))
        checked(client, "users")
        before = client.get(RECOUNTS).json()
        client.close()
    with opened(settings) as parts, parts.application() as app:
        client = Client(app, new_key(parts, "auditor"))
        assert client.get(RECOUNTS).json() == before
        assert client.get(JOBS).json() == {"items": []}
        client.close()


def test_a_check_needs_less_than_a_rebuild(world: World) -> None:
    for role, of_a_check, of_a_rebuild in (("auditor", 202, 403), ("operator", 202, 202), ("analyst", 403, 403)):
        for check, expected in ((True, of_a_check), (False, of_a_rebuild)):
            body = {"projection": "users", "check": check}
            answer = world.client.post(REBUILDS, body, headers=world.key(role))  # type: ignore[arg-type]
            assert answer.status_code == expected, (role, check, answer.text)


def test_the_jobs_of_a_process_are_listed_without_their_results(world: World) -> None:
    auditor = world.key("auditor")
    ended = checked(world.client, "saved_views", auditor)
    [listed] = [job for job in world.client.get(JOBS, headers=auditor).json()["items"] if job["id"] == ended["id"]]
    assert (listed["kind"], listed["state"], listed["link"]) == ("check", "completed", f"{REBUILDS}/{ended['id']}")
    assert listed["by"] == auditor["Authorization"].split("_")[1]
    assert listed["begun_at"] <= listed["ended_at"]
    assert not {"result", "error"} & listed.keys()


def test_the_newest_job_is_listed_first_and_has_its_own_kind(world: World) -> None:
    begun = world.client.post("/v1/operations/verifications")
    wait_until(lambda: world.client.get(begun.headers["Location"]).json()["state"] != "running", "the verification ended")
    newest, *_ = world.client.get(JOBS).json()["items"]
    assert (newest["id"], newest["kind"], newest["link"]) == (begun.json()["id"], "verification", begun.headers["Location"])
    assert world.client.get(f"{REBUILDS}/{newest['id']}").status_code == 404

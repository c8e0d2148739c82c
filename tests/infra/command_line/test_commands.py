"""Commands do the same if a server runs and if none runs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from tests.infra.recount import Ran, Running, environment, recount

Run = Callable[..., Ran]
MOMENT = "2099-01-01T00:00:00Z"
ALL = [
    "customer_view",
    "customer_relations",
    "customer_timeline",
    "interactions",
    "feedback",
    "field_definitions",
    "attribute_history",
    "campaigns",
    "campaign_members",
    "channels",
    "channel_traffic",
    "touchpoints",
    "segment_labels",
    "value_models",
    "static_lists",
    "orders",
    "channel_sales",
    "product_sales",
    "leads",
    "deals",
    "pipelines",
    "tickets",
    "ticket_times",
    "ticket_due",
    "tasks",
    "service_calendars",
    "sla_policies",
    "assignment_rules",
    "api_keys",
    "users",
    "teams",
    "saved_views",
    "webhooks",
    "audit_index",
]


@pytest.fixture(scope="module", params=["a server runs", "no server runs"])
def run(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    """Runs a command on a deployment that all tests of this file share."""
    folder = tmp_path_factory.mktemp("commands")
    variables = environment(folder / "home")
    server = None
    if request.param == "a server runs":
        server = Running(folder, variables, "serve").wait_for("Recount is ready")
    yield lambda *arguments: recount(variables, *arguments)
    if server:
        assert server.end() == 0


@pytest.fixture
def mapping(mapping: Path) -> Path:
    """A source of its own for each test: no other test has imported its rows."""
    mapping.write_text(mapping.read_text().replace('"shop"', f'"shop-{uuid4()}"'))
    return mapping


def test_a_key_is_created_listed_and_revoked_and_the_list_shows_whole_ids_however_narrow_it_is(run: Run) -> None:
    """Without its id, no key could be revoked."""
    name = "a shop with a long name"
    created = run("keys", "create", name, "agent", "analyst", "--expires-at", MOMENT, "--json").answer
    assert created["key"].startswith("rk_")
    [listed] = [key for key in run("keys", "list", "--json").answer if key["key_id"] == created["id"]]
    assert (listed["label"], listed["roles"], listed["revoked_at"]) == (name, ["agent", "analyst"], None)
    [line] = [line for line in run("keys", "list").output.splitlines() if line.strip().startswith(created["id"])]
    assert name in line
    assert MOMENT in line
    assert run("keys", "revoke", created["id"]).status == 0
    [listed] = [key for key in run("keys", "list", "--json").answer if key["key_id"] == created["id"]]
    assert listed["revoked_at"] is not None


def test_an_unknown_role_is_refused(run: Run) -> None:
    ran = run("keys", "create", "me", "king")
    assert ran.status == 1
    assert "The request does not fit its schema: /roles/0: There is no such value." in ran.errors
    assert "Traceback" not in ran.errors


def test_an_import_reports_its_rows_can_be_read_when_it_ends_and_changes_nothing_if_it_is_repeated(
    run: Run, mapping: Path, rows: Path
) -> None:
    first = run("import", mapping, rows, "--json")
    assert first.status == 1, "a row was refused"
    report = first.answer
    assert [report[count] for count in ("rows", "accepted", "repeated", "refused")] == [3, 2, 0, 1]
    assert [row["line"] for row in report["refusals"]] == [4]
    seen = run("status", "--json").answer
    assert seen["head"] == report["position"]
    assert {one["complete_to"] for one in seen["projections"]} == {report["position"]}
    again = run("import", mapping, rows).output
    assert "3 rows: 0 accepted, 2 repeated, 1 refused" in again
    assert "line 4" in again


def test_the_refusal_of_a_mapping_names_its_unknown_key(run: Run, mapping: Path, rows: Path) -> None:
    mapping.write_text(mapping.read_text().replace("system", "sistem"))
    ran = run("import", mapping, rows)
    assert ran.status == 1
    assert "sistem" in ran.errors


def test_a_file_without_a_column_of_its_mapping_is_refused(run: Run, mapping: Path, rows: Path) -> None:
    rows.write_text("client,title\n1,Ada\n")
    ran = run("import", mapping, rows)
    assert ran.status == 1
    assert "there is no column 'customer'" in ran.errors


def test_rebuilt_read_models_are_equal_to_the_live_ones(run: Run, mapping: Path, rows: Path) -> None:
    assert "3 rows: 2 accepted, 0 repeated, 1 refused" in run("import", mapping, rows).output
    checked = run("rebuild", "customer_view", "--check")
    assert checked.status == 0
    assert "customer_view: checked" in checked.output
    assert "equal" in checked.output
    rebuilt = run("rebuild", "--all", "--json").answer
    assert [one["projection"] for one in rebuilt] == ALL
    assert all(one["same"] and one["swapped"] for one in rebuilt)


def test_the_refusal_of_an_unknown_read_model_lists_the_known_ones(run: Run) -> None:
    for arguments in (("rebuild", "customer_veiw"), ("dead-letters", "retry", "customer_veiw")):
        ran = run(*arguments)
        assert ran.status == 1
        assert "customer_view" in ran.errors


def test_status_shows_every_read_model(run: Run) -> None:
    status = run("status", "--json").answer
    assert (status["deployment"], status["healthy"]) == ("embedded", True)
    assert [one["name"] for one in status["projections"]] == ALL
    assert "customer_view" in run("status").output


def test_without_dead_letters_none_is_listed_retried_or_discarded(run: Run) -> None:
    assert run("dead-letters", "list", "--json").answer == []
    assert run("dead-letters", "retry", "orders", "--json").answer == {"folded": 0, "waiting": 0}
    ran = run("dead-letters", "discard", "orders", "1")
    assert ran.status == 1
    assert "no dead letter at 1" in ran.errors

"""Users, teams, tasks, saved views, fields and lists over HTTP."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from consumers.policies.clock import Clock
from consumers.policies.reminders import reminders
from infra.processes.parts import Parts
from tests.api.client import Client
from tests.api.conftest import KeyFor, World, on_both_engines
from tests.api.sales.given_orders import placed

PAST = (datetime.now(UTC) - timedelta(days=1)).isoformat()
FUTURE = (datetime.now(UTC) + timedelta(days=1)).isoformat()
NOBODY = "00000000-0000-0000-0000-000000000001"
ERASURE = {"reason": "requested", "requested_by": "customer"}


def sent(client: Client, method: str, path: str, body: Any = None) -> int:
    """The position of the log afterwards."""
    answer = client.request(method, path, json={} if body is None else body)
    assert answer.is_success, answer.text
    return int(answer.headers["Position"])


def seen(client: Client, path: str, after: int = 0, **query: Any) -> Any:
    answer = client.get(path, params={"after": after, **query.pop("params", {})}, **query)
    assert answer.status_code == 200, answer.text
    return answer.json()


def customer(client: Client, name: str) -> str:
    return str(client.post("/v1/customers", {"name": name}).json()["id"])


@on_both_engines
def test_a_user_is_registered_and_is_available_until_that_is_changed(client: Client, key_for: KeyFor) -> None:
    made = client.put("/v1/users/agent-7", {"name": "Ada Lovelace", "team": "support", "capacity": 5})
    assert (made.status_code, made.headers["Location"]) == (201, "/v1/users/agent-7")
    sent(client, "PUT", "/v1/users/agent-8", {"name": "Bob", "team": "sales"})
    head = sent(client, "PUT", "/v1/users/agent-8/availability", {"available": False})
    assert [user["code"] for user in seen(client, "/v1/users", head)["items"]] == ["agent-7", "agent-8"]
    [away] = seen(client, "/v1/users", params={"available": False})["items"]
    assert (away["code"], away["name"], away["team"]) == ("agent-8", "Bob", "sales")
    assert "name" not in seen(client, "/v1/users/agent-7", headers=key_for("analyst"))
    head = sent(client, "POST", "/v1/users/agent-7/deactivation")
    assert seen(client, "/v1/users", head, params={"deactivated": False})["items"] == [away]
    history = seen(client, "/v1/users/agent-7/history")["items"]
    assert [event["type"].split(".")[2] for event in history] == ["registered", "deactivated"]


@on_both_engines
def test_a_team_is_known_by_its_code(client: Client) -> None:
    sent(client, "PUT", "/v1/teams/support", {"name": "Support"})
    head = sent(client, "PUT", "/v1/teams/support", {"name": "Help desk", "zone": "Asia/Shanghai"})
    [team] = seen(client, "/v1/teams", head)["items"]
    assert (team["name"], team["zone"], team["version"], team["deactivated_at"]) == ("Help desk", "Asia/Shanghai", 2, None)
    assert seen(client, "/v1/teams/support", params={"version": 1})["name"] == "Support"
    assert client.put("/v1/teams/sales", {"name": "Sales", "zone": "Nowhere"}).status_code == 422
    sent(client, "POST", "/v1/teams/support/deactivation")


@on_both_engines
def test_an_open_task_is_overdue_after_its_time(client: Client, key_for: KeyFor) -> None:
    ada = customer(client, "Ada")
    about = {"kind": "customer", "id": ada}
    made = client.post("/v1/tasks", {"title": "Call Ada", "due": PAST, "assignee": "agent-7", "about": about})
    task = made.headers["Location"]
    sent(client, "POST", "/v1/tasks", {"title": "Call Bob", "due": FUTURE})
    head = sent(client, "POST", "/v1/tasks", {"title": "Some day"})
    [overdue] = seen(client, "/v1/tasks", head, params={"overdue": True})["items"]
    assert (overdue["title"], overdue["overdue"], overdue["about"], overdue["status"]) == ("Call Ada", True, about, "open")
    assert len(seen(client, "/v1/tasks", params={"overdue": False})["items"]) == 2
    assert len(seen(client, "/v1/tasks", params={"due_from": PAST, "due_to": FUTURE})["items"]) == 1
    assert "title" not in seen(client, task, headers=key_for("analyst"))
    sent(client, "PUT", f"{task}/assignee", {"assignee": "agent-8"})
    head = sent(client, "POST", f"{task}/completion")
    done = seen(client, task, head)
    assert (done["status"], done["overdue"], done["assignee"]) == ("completed", False, "agent-8")
    assert client.post(f"{task}/cancellation").json()["type"] == "/problems/task-ended"
    timeline = seen(client, f"/v1/customers/{ada}/timeline", head)["items"]
    assert {"Task completed", "Task created: assignee agent-7"} <= {moment["en"] for moment in timeline}


@on_both_engines
def test_tasks_with_a_sent_reminder_can_be_listed(client: Client, parts: Parts) -> None:
    task = client.post("/v1/tasks", {"title": "Call Ada", "assignee": "agent-7", "remind_at": PAST}).headers["Location"]
    head = sent(client, "POST", "/v1/tasks", {"title": "Call Bob", "assignee": "agent-7", "remind_at": FUTURE})
    assert seen(client, task, head)["reminded_at"] is None
    assert Clock([reminders], parts.executor, parts.deployment.read_models).look(reminders) == 1
    head = parts.deployment.store.head()
    [reminded] = seen(client, "/v1/tasks", head, params={"assignee": "agent-7", "reminded": True})["items"]
    assert (reminded["title"], reminded["reminded_at"] > PAST) == ("Call Ada", True)
    [other] = seen(client, "/v1/tasks", params={"reminded": False})["items"]
    assert (other["title"], other["reminded_at"]) == ("Call Bob", None)
    assert [event["type"] for event in seen(client, f"{task}/history")["items"]][-1] == "crm.task.reminded.v1"


@on_both_engines
def test_the_title_of_a_task_is_erased_with_its_customer(client: Client) -> None:
    ada = customer(client, "Ada")
    task = client.post("/v1/tasks", {"title": "Call Ada", "about": {"kind": "customer", "id": ada}}).headers["Location"]
    other = client.post("/v1/tasks", {"title": "Call Bob"}).headers["Location"]
    head = sent(client, "POST", f"/v1/customers/{ada}/erasure", ERASURE)
    assert seen(client, task, head)["title"] is None
    assert seen(client, task, params={"version": 1})["title"] is None
    assert seen(client, other)["title"] == "Call Bob"
    again = client.post("/v1/tasks", {"title": "Call Ada", "about": {"kind": "customer", "id": ada}})
    assert (again.status_code, again.json()["type"]) == (409, "/problems/customer-erased")


def test_a_task_must_be_about_an_existing_resource(world: World) -> None:
    for kind, status in (("customer", 404), ("order", 404), ("ticket", 404), ("lead", 404), ("deal", 404), ("weather", 422)):
        answer = world.client.post("/v1/tasks", {"title": "Look", "about": {"kind": kind, "id": NOBODY}})
        assert answer.status_code == status, answer.text


@on_both_engines
def test_a_saved_view_belongs_to_its_owner_or_is_shared(client: Client, key_for: KeyFor) -> None:
    urgent = {"name": "Urgent", "resource": "tickets", "filters": {"agent": "ada"}, "owner": "agent-7"}
    made = client.post("/v1/saved-views", urgent)
    view = made.headers["Location"]
    head = sent(client, "POST", "/v1/saved-views", {"name": "All", "resource": "orders", "owner": "agent-8", "shared": True})
    names = [view["name"] for view in seen(client, "/v1/saved-views", head, params={"owner": "agent-7"})["items"]]
    assert names == ["All", "Urgent"]
    assert [v["name"] for v in seen(client, "/v1/saved-views", params={"owner": "agent-8"})["items"]] == ["All"]
    assert "filters" not in seen(client, view, headers=key_for("analyst"))
    head = sent(client, "PUT", view, urgent | {"filters": {"priority": "urgent"}, "sort": "-opened_at"})
    assert seen(client, view, head)["filters"] == {"priority": "urgent"}
    head = sent(client, "POST", f"{view}/retirement")
    assert seen(client, "/v1/saved-views", head, params={"resource": "tickets"})["items"] == []
    assert client.put(view, urgent).status_code == 409


@on_both_engines
def test_a_field_definition_restricts_the_values_of_an_attribute(client: Client) -> None:
    size = {"kind": "choice", "name": "Size", "options": ["small", "large"]}
    made = client.put("/v1/field-definitions/customer/size", size)
    assert (made.status_code, made.headers["Location"]) == (201, "/v1/field-definitions/customer/size")
    ada = customer(client, "Ada")
    assert client.post("/v1/customers", {"name": "Bob", "attributes": {"size": "medium"}}).status_code == 422
    odd = client.patch(f"/v1/customers/{ada}/attributes", {"attributes": {"size": "medium"}})
    assert (odd.status_code, odd.json()["type"]) == (422, "/problems/attribute-does-not-fit")
    sent(client, "PATCH", f"/v1/customers/{ada}/attributes", {"attributes": {"size": "small", "other": "medium"}})
    assert client.put("/v1/field-definitions/customer/size", {"kind": "number", "name": "Size"}).status_code == 409
    head = sent(client, "PUT", "/v1/field-definitions/customer/size", size | {"options": ["medium"]})
    sent(client, "PATCH", f"/v1/customers/{ada}/attributes", {"attributes": {"size": "medium"}})
    [field] = seen(client, "/v1/field-definitions", head, params={"entity": "customer"})["items"]
    assert (field["key"], field["options"], field["personal"], field["version"]) == ("size", ["medium"], True, 2)
    sent(client, "POST", "/v1/field-definitions/customer/size/retirement")
    sent(client, "PATCH", f"/v1/customers/{ada}/attributes", {"attributes": {"size": "huge"}})
    assert len(seen(client, "/v1/field-definitions/customer/size/history")["items"]) == 3


@on_both_engines
def test_an_attribute_that_is_not_personal_is_shown_to_analysts_and_survives_an_erasure(
    client: Client, key_for: KeyFor
) -> None:
    wrap = {"kind": "text", "name": "Wrapping", "personal": False}
    for entity in ("customer", "order"):
        sent(client, "PUT", f"/v1/field-definitions/{entity}/wrap", wrap)
        answer = client.put(f"/v1/field-definitions/{entity}/wrap", wrap | {"personal": True})
        assert (answer.status_code, answer.json()["type"]) == (409, "/problems/field-defined-otherwise")
    attributes = {"wrap": "paper", "wish": "a ribbon", "weight": 3}
    ada = str(client.post("/v1/customers", {"name": "Ada", "attributes": attributes}).json()["id"])
    order = placed(client, customer_id=ada)
    head = sent(client, "PATCH", f"{order}/attributes", {"attributes": attributes})
    analyst = key_for("analyst")
    plain = {"wrap": "paper", "weight": 3}
    assert seen(client, f"/v1/customers/{ada}", head)["attributes"] == attributes
    assert seen(client, f"/v1/customers/{ada}", head, headers=analyst)["attributes"] == plain
    whole, part = seen(client, order, head), seen(client, order, head, headers=analyst)
    assert (whole["attributes"], whole["private"]["attributes"]) == (plain, {"wish": "a ribbon"})
    assert part["attributes"] == plain
    assert "private" not in part
    head = sent(client, "POST", f"/v1/customers/{ada}/erasure", ERASURE)
    left = seen(client, order, head)
    assert (left["attributes"], left["private"]) == (plain, None)
    events = seen(client, f"{order}/history")["items"]
    assert [event["data"]["texts"] for event in events if event["type"] == "crm.order.plain_texts_set.v1"] == [
        {"wrap": "paper"}
    ]
    assert "a ribbon" not in str(events)


@on_both_engines
def test_a_list_contains_customers_and_loses_erased_ones(client: Client) -> None:
    ada, bob, eve = (customer(client, name) for name in ("Ada", "Bob", "Eve"))
    made = client.post("/v1/lists", {"name": "Invited"})
    path = made.headers["Location"]
    sent(client, "POST", f"{path}/members", {"customer_ids": [ada, bob]})
    head = sent(client, "POST", f"{path}/members", {"customer_ids": [bob, eve]})
    assert {row["customer_id"] for row in seen(client, f"{path}/members", head)["items"]} == {ada, bob, eve}
    unknown = client.post(f"{path}/members", {"customer_ids": [ada, NOBODY]})
    assert (unknown.status_code, unknown.json()["type"]) == (404, "/problems/customer-unknown")
    sent(client, "POST", f"{path}/members/removal", {"customer_ids": [ada, NOBODY]})
    head = sent(client, "POST", f"/v1/customers/{bob}/erasure", ERASURE)
    assert [row["customer_id"] for row in seen(client, f"{path}/members", head)["items"]] == [eve]
    [invited] = seen(client, "/v1/lists")["items"]
    assert (invited["name"], invited["members"]) == ("Invited", 1)
    whole = client.get(f"{path}/members", headers={"Accept": "text/csv"})
    assert len(whole.text.splitlines()) == 2
    sent(client, "POST", f"{path}/retirement")
    assert client.post(f"{path}/members", {"customer_ids": [ada]}).status_code == 409


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PUT", "/v1/users/x", {"capacity": -1}),
        ("PUT", "/v1/users/x", {"zone": "Nowhere"}),
        ("PUT", "/v1/users/x", {"team": "the team"}),
        ("POST", "/v1/tasks", {"title": ""}),
        ("POST", "/v1/tasks", {"title": "x", "due": "2026-01-01T10:00:00"}),
        ("POST", "/v1/saved-views", {"name": "x", "resource": "tickets", "filters": {"a b": "c"}}),
        ("PUT", "/v1/field-definitions/customer/x", {"kind": "choice", "name": "X"}),
        ("PUT", "/v1/field-definitions/customer/x", {"kind": "number", "name": "X", "personal": True}),
        ("POST", "/v1/lists", {"name": ""}),
    ],
)
def test_an_invalid_request_is_refused(world: World, method: str, path: str, body: Any) -> None:
    assert world.client.request(method, path, json=body).status_code == 422


def test_an_unknown_resource_is_not_found(world: World) -> None:
    for path in ("users/x", "teams/x", f"tasks/{NOBODY}", f"saved-views/{NOBODY}", "field-definitions/a/b", f"lists/{NOBODY}"):
        assert world.client.get(f"/v1/{path}").status_code == 404
        assert world.client.get(f"/v1/{path}/history").status_code == 404

"""Who may do what: every route of the application, for every role; and what analysts never see."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import product
from typing import Any, NamedTuple, get_args
from uuid import UUID

import pytest
from fastapi.routing import iter_route_contexts

from api.access import ROLES
from domain.api_key import Role
from tests.api.client import Client
from tests.api.conftest import World
from tests.api.given_orders import confirmed, done

OPEN = {"/health/live", "/docs", "/openapi.json"}
# The longest beginning of a path that is here, for reading and for everything else.
NEEDED: dict[str, tuple[str, str]] = {
    "/v1/customers": ("customers:read", "customers:write"),
    "/v1/customers/{id}/erasure": ("customers:read", "customers:erase"),
    "/v1/orders": ("orders:read", "orders:write"),
    "/v1/campaigns": ("campaigns:read", "campaigns:write"),
    "/v1/tickets": ("tickets:read", "tickets:write"),
    "/v1/leads": ("leads:read", "leads:write"),
    "/v1/leads/{id}/erasure": ("", "customers:erase"),
    "/v1/deals": ("deals:read", "deals:write"),
    "/v1/pipelines": ("pipelines:read", "pipelines:write"),
    "/v1/interactions": ("interactions:read", "interactions:write"),
    "/v1/feedback": ("feedback:read", "feedback:write"),
    "/v1/channels": ("channels:read", "channels:write"),
    "/v1/touchpoints": ("channels:read", "channels:write"),
    "/v1/service-calendars": ("service-levels:read", "service-levels:write"),
    "/v1/sla-policies": ("service-levels:read", "service-levels:write"),
    "/v1/segment-models": ("segments:read", "segments:write"),
    "/v1/segment-labels": ("segments:read", ""),
    "/v1/customers/{id}/segment": ("segments:read", ""),
    "/v1/segment-rules": ("segment-rules:read", "segment-rules:write"),
    "/v1/assignment-rules": ("assignment-rules:read", "assignment-rules:write"),
    "/v1/assignments": ("assignment-rules:read", ""),
    "/v1/lists": ("lists:read", "lists:write"),
    "/v1/users": ("users:read", "users:write"),
    "/v1/teams": ("teams:read", "teams:write"),
    "/v1/tasks": ("tasks:read", "tasks:write"),
    "/v1/saved-views": ("saved-views:read", "saved-views:write"),
    "/v1/field-definitions": ("field-definitions:read", "field-definitions:write"),
    "/v1/calendar": ("", "operations:act"),
    "/v1/reports": ("reports:read", ""),
    "/v1/events": ("events:read", ""),
    "/v1/audit": ("events:read", ""),
    "/v1/batch": ("", "batches:send"),
    "/v1/webhooks": ("webhooks:read", "webhooks:write"),
    "/v1/keys": ("keys:read", "keys:manage"),
    "/v1/imports": ("imports:read", "imports:run"),
    "/v1/operations": ("operations:read", "operations:act"),
    "/v1/status": ("operations:read", ""),
    "/health/ready": ("operations:read", ""),
    "/metrics": ("operations:read", ""),
}


class Route(NamedTuple):
    method: str
    path: str

    def asked(self) -> str:
        """The path of something that is not there. What would never end is asked to end at once."""
        path = re.sub(r"\{\w+\}", lambda match: "1" if match.group() == "{position}" else str(UUID(int=7)), self.path)
        return f"{path}?upto=0" if path == "/v1/events/stream" else path

    def needed(self) -> str:
        beginnings = [beginning for beginning in NEEDED if self.path.startswith(beginning)]
        assert beginnings, f"{self.path} has no permission in this test's table"
        return NEEDED[max(beginnings, key=len)][self.method != "GET"]


@pytest.fixture(scope="module")
def routes(world: World) -> list[Route]:
    found = iter_route_contexts(world.app.routes)
    return [Route(m, re.sub(":path", "", r.path or "")) for r in found for m in sorted(r.methods or ()) if m != "HEAD"]


@pytest.fixture(scope="module")
def stranger_here(world: World) -> Iterator[Client]:
    client = Client(world.app)
    yield client
    client.close()


def test_the_openapi_document_names_every_route(world: World, routes: list[Route]) -> None:
    paths: dict[str, dict[str, Any]] = world.app.openapi()["paths"]
    documented = {Route(method.upper(), path) for path, operations in paths.items() for method in operations}
    assert documented == {route for route in routes if route.path not in ("/docs", "/openapi.json")}
    assert {path for path, operations in paths.items() if any(not o["security"] for o in operations.values())} <= OPEN


def test_whoever_has_no_key_gets_nowhere(routes: list[Route], stranger_here: Client) -> None:
    for route in routes:
        status = stranger_here.request(route.method, route.asked()).status_code
        assert (status == 200) if route.path in OPEN else (status == 401), route


def test_whoever_has_no_key_learns_nothing_of_what_a_route_expects(routes: list[Route], stranger_here: Client) -> None:
    rubbish = {"limit": "x", "after": "x", "zone": "x", "version": "x", "as_of": "x", "cursor": "x", "from": "x", "type": "x"}
    for route in routes:
        if route.path not in OPEN:
            path = route.asked().replace(str(UUID(int=7)), "x")
            answer = stranger_here.request(route.method, path, params=rubbish, content=b"{")
            assert answer.status_code == 401, route


@pytest.mark.parametrize("role", get_args(Role))
def test_a_role_may_do_what_its_permissions_say_and_nothing_else(world: World, routes: list[Route], role: Role) -> None:
    key = world.key(role)
    for route in routes:
        if route.path not in OPEN:
            status = world.client.request(route.method, route.asked(), headers=key).status_code
            assert status < 500, route
            assert (status == 403) is (route.needed() not in ROLES[role]), (route, status)
            assert status != 401


def test_every_role_of_a_key_has_its_permissions() -> None:
    assert set(ROLES) == set(get_args(Role))


def test_auditors_read_everything_and_change_nothing() -> None:
    readable = {permission for permissions in ROLES.values() for permission in permissions if permission.endswith(":read")}
    assert ROLES["auditor"] == readable


def test_analysts_get_no_personal_data_by_permission() -> None:
    assert "personal:read" not in ROLES["analyst"] | ROLES["operator"]
    assert "events:read" not in ROLES["analyst"] | ROLES["operator"]


def test_a_key_with_two_roles_may_do_what_either_may(world: World) -> None:
    issued = world.client.post("/v1/keys", {"label": "two roles", "roles": ["analyst", "operator"]}).json()
    key = {"Authorization": f"Bearer {issued['key']}"}
    for path in ("/v1/customers", "/v1/status"):
        assert world.client.get(path, headers=key).status_code == 200
    assert world.client.get("/v1/events", headers=key).status_code == 403


# Personal data

SECRET = "Zwetschge"
"""In every personal value of the story below, and in nothing else."""


class Story(NamedTuple):
    customer: str
    order: str
    touchpoint: str
    interaction: str
    feedback: str
    lead: str
    configured: tuple[str, ...]
    position: str


@pytest.fixture(scope="module")
def story(world: World) -> Story:
    """A customer and their order, with something personal wherever something personal can be said."""
    client = world.client
    address = {"lines": [f"{SECRET}weg 1"], "city": SECRET, "region": SECRET, "postal_code": SECRET, "country": "DE"}
    about = {
        "name": SECRET,
        "contact_methods": [
            {"kind": "email", "value": f"{SECRET}@example.com"},
            {"kind": "social", "value": f"@{SECRET}"},
        ],
        "address": address,
        "attributes": {"wish": SECRET, "income": 5},
    }
    made = client.put(f"/v1/customers/by/shop/{SECRET}", about)
    customer = made.headers["Location"]
    told: dict[str, dict[str, Any]] = {
        "contact-methods": {"kind": "web", "value": f"https://{SECRET}.example"},
        "anonymous-ids": {"anonymous_id": SECRET},
        "consents": {"purpose": "news", "channel": "email", "evidence": SECRET},
        "consents/withdrawal": {"purpose": "news", "channel": "email", "evidence": SECRET},
        "attachments": _attachment(),
        "external-ids": {"system": "erp", "id": SECRET},
        "relations": {"other": _firm(client), "role": "employee", "title": SECRET},
    }
    for path, body in told.items():
        done(client, f"{customer}/{path}", body)
    assert client.patch(customer, {"name": f"{SECRET} 2", "address": address | {"city": f"{SECRET} 2"}}).status_code == 200
    order = confirmed(
        client,
        customer_id=made.json()["id"],
        shipping_address=address,
        billing_address=address,
        contact={"name": SECRET, "email": f"{SECRET}@example.com", "phone": SECRET},
    )
    lines = [{"line_id": "tea", "quantity": "1"}]
    told = {
        "payments": {"payment_id": "p-1", "amount": "30.00", "reference": SECRET},
        "shipments": {"shipment_id": "s-1", "lines": lines, "tracking": SECRET},
        "return-requests": {"return_id": "r-1", "lines": lines, "note": SECRET},
        "return-requests/r-1/decline": {"note": SECRET},
        "refunds": {"amount": "1.00", "reference": SECRET},
        "payments/p-1/reversal": {"fact": "capture", "reference": SECRET},
        "attachments": _attachment(),
        "external-ids": {"system": "erp", "id": SECRET},
        "cancellation": {"note": SECRET},
    }
    for path, body in told.items():
        last = done(client, f"{order}/{path}", body)
    assert client.patch(f"{order}/attributes", {"attributes": {"wish": SECRET}}).status_code == 200
    touched = {"channel": "web", "kind": "click", "anonymous_id": SECRET, "click_ids": {"gclid": SECRET}}
    touchpoint = client.post("/v1/touchpoints", touched | {"customer_id": made.json()["id"]}).headers["Location"]
    interaction = _interaction(client, made.json()["id"])
    feedback = _feedback(client, made.json()["id"])
    configured = _configured(client, made.json()["id"])
    lead = _lead(client)
    return Story(customer, order, touchpoint, interaction, feedback, lead, configured, str(last["position"]))


def _firm(client: Client) -> str:
    """The id of a customer whom they work for."""
    return str(client.put("/v1/customers/by/shop/firm", {"kind": "organisation", "name": SECRET}).json()["id"])


def _lead(client: Client) -> str:
    """The path of a lead that is nobody's yet."""
    contact = dict.fromkeys(("name", "organisation", "email", "phone", "handle"), SECRET)
    lead = client.put(f"/v1/leads/by/shop/{SECRET}", {"contact": contact}).headers["Location"]
    done(client, f"{lead}/attachments", _attachment())
    assert client.patch(f"{lead}/attributes", {"attributes": {"wish": SECRET}}).status_code == 200
    return str(lead)


def _configured(client: Client, customer_id: str) -> tuple[str, ...]:
    """A task about the customer, a view that looks for them, and a user."""
    task = {"title": SECRET, "about": {"kind": "customer", "id": customer_id}}
    view = {"name": "Whom I look for", "resource": "customers", "filters": {"q": SECRET}}
    made = (
        client.post("/v1/tasks", task),
        client.post("/v1/saved-views", view),
        client.put("/v1/users/agent-7", {"name": SECRET}),
    )
    return tuple(answer.headers["Location"] for answer in made)


def _interaction(client: Client, customer_id: str) -> str:
    texts: dict[str, Any] = {"title": SECRET, "body": SECRET, "outcome": SECRET, "message_id": SECRET, "participants": [SECRET]}
    told = {"customer_id": customer_id, "channel": "phone", "direction": "inbound"} | texts
    id = client.put(f"/v1/interactions/by/desk/{SECRET}", told).json()["id"]
    done(client, f"/v1/interactions/{id}/attachments", _attachment())
    assert client.patch(f"/v1/interactions/{id}", {"body": f"{SECRET} 2"}).status_code == 200
    return f"/v1/interactions/{id}"


def _feedback(client: Client, customer_id: str) -> str:
    told = {"customer_id": customer_id, "kind": "complaint", "comment": SECRET}
    feedback = str(client.post("/v1/feedback", told).headers["Location"])
    for path, body in {
        "actions": {"note": SECRET},
        "resolution": {"resolution": SECRET},
        "attachments": _attachment(),
        "external-ids": {"system": "desk", "id": SECRET},
    }.items():
        done(client, f"{feedback}/{path}", body)
    assert client.patch(f"{feedback}/attributes", {"attributes": {"wish": SECRET}}).status_code == 200
    return feedback


def _attachment() -> dict[str, Any]:
    return {"media_type": "text/plain", "bytes": 1, "sha256": "ab" * 32, "name": SECRET, "url": f"https://x.example/{SECRET}"}


def _questions(story: Story) -> Iterator[str]:
    """Everything about the story that can be asked."""
    yield from (f"{path}{suffix}" for path, suffix in product(story[:2], ("", "/history")))
    yield from (f"{path}?version={version}" for path, version in product(story[:2], (1, 2, 5)))
    yield from (f"{path}?as_of={story.position}" for path in story[:2])
    yield from (f"{story.customer}/relations", f"{story.customer}/totals")
    yield from (f"{story.customer}/timeline", f"/v1/customers/by/shop/{SECRET}", f"/v1/orders/by/erp/{SECRET}")
    yield from ("/v1/customers", "/v1/customers?sort=position&limit=1", "/v1/orders", "/v1/orders?sort=number&limit=1")
    yield from (f"/v1/customers?q={SECRET}", "/v1/customers?sort=name&limit=1")
    yield from (story.touchpoint, f"{story.touchpoint}/history", f"{story.touchpoint}?version=1", "/v1/touchpoints")
    yield from (f"{path}{more}" for path, more in product((story.interaction, story.feedback), ("", "/history", "?version=2")))
    yield from ("/v1/interactions", "/v1/feedback", "/v1/reports/service", f"/v1/interactions/by/desk/{SECRET}")
    yield from (story.lead, f"{story.lead}/history", f"{story.lead}?version=1", "/v1/leads", f"/v1/leads/by/shop/{SECRET}")
    yield from ("/v1/reports/lead-funnel?by=origin&by=owner", "/v1/deals", "/v1/pipelines")
    yield from ("/v1/reports/channel-sales?by=channel&by=day", "/v1/reports/channel-effect?by=day")
    yield from (f"{path}{suffix}" for path, suffix in product(story.configured, ("", "/history", "?version=1")))
    yield from ("/v1/tasks", "/v1/saved-views", "/v1/users")


def _answers(world: World, story: Story, role: Role) -> Iterator[tuple[str, str]]:
    key = world.key(role)
    for question in _questions(story):
        answer = world.client.get(question, params={"after": world.head()}, headers=key)
        assert answer.status_code < 500, answer.text
        # What was asked for stands in links and in what was not found.
        yield question, f"{answer.text}{dict(answer.headers)}".replace(question, "")


def test_analysts_never_see_a_personal_value(world: World, story: Story) -> None:
    for question, answer in _answers(world, story, "analyst"):
        assert SECRET.casefold() not in answer.casefold(), question


def test_who_may_read_personal_data_sees_it(world: World, story: Story) -> None:
    told = {question for question, answer in _answers(world, story, "agent") if SECRET.casefold() in answer.casefold()}
    assert {story.customer, story.order, f"{story.customer}/history", f"{story.order}/history", "/v1/customers"} <= told
    assert f"{story.customer}/relations" in told
    assert {story.touchpoint, f"{story.touchpoint}/history", "/v1/touchpoints"} <= told
    assert {story.lead, f"{story.lead}/history", "/v1/leads"} <= told
    assert {*story.configured, "/v1/tasks", "/v1/saved-views", "/v1/users"} <= told
    assert {story.interaction, f"{story.feedback}/history", "/v1/interactions", "/v1/feedback"} <= told


def test_analysts_neither_search_nor_sort_by_what_they_may_not_see(world: World, story: Story) -> None:
    key = world.key("analyst")
    for question in (f"q={SECRET}", "sort=name"):
        assert world.client.get(f"/v1/customers?{question}", headers=key).status_code == 403


def test_no_key_shows_its_secret_a_second_time(world: World) -> None:
    text = world.admin["Authorization"].removeprefix("Bearer ")
    secret = text.split("_", 2)[2]
    for path in ("/v1/keys", "/v1/events?type=crm.api_key.*"):
        assert secret not in world.client.get(path, params={"after": world.head()}).text

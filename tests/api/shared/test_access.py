"""Who may do what: every route of the application, for every role."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import takewhile
from pathlib import Path
from typing import Any, NamedTuple, get_args
from uuid import UUID

import pytest
from fastapi.routing import iter_route_contexts

from api.documentation.pages import FILES
from api.shared.access import ROLES
from domain.operations.api_key import Role
from tests.api.client import Client
from tests.api.conftest import World

DOCUMENTATION = {*FILES, "/openapi.json"}
OPEN = {"/health/live", *DOCUMENTATION}
# Permissions for reading and for everything else. The longest matching prefix of a path counts.
NEEDED: dict[str, tuple[str, str]] = {
    "/v1/customers": ("customers:read", "customers:write"),
    "/v1/customers/{id}/erasure": ("customers:read", "customers:erase"),
    "/v1/orders": ("orders:read", "orders:write"),
    "/v1/campaigns": ("campaigns:read", "campaigns:write"),
    "/v1/tickets": ("tickets:read", "tickets:write"),
    "/v1/leads": ("leads:read", "leads:write"),
    "/v1/leads/{id}/erasure": ("leads:read", "customers:erase"),
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
    "/v1/value-models": ("segments:read", "segments:write"),
    "/v1/predicted-values": ("segments:read", ""),
    "/v1/customers/{id}/predicted-values": ("segments:read", ""),
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
    "/v1/refused": ("events:read", ""),
    "/v1/batch": ("", "batches:send"),
    "/v1/webhooks": ("webhooks:read", "webhooks:write"),
    "/v1/keys": ("keys:read", "keys:manage"),
    "/v1/sign-in-links": ("", "keys:manage"),
    "/v1/imports": ("imports:read", "imports:run"),
    "/v1/operations": ("operations:read", "operations:act"),
    # With `check` in its body; without it, the route needs operations:act too.
    "/v1/operations/rebuilds": ("operations:read", "operations:check"),
    "/v1/status": ("operations:read", ""),
    "/health/ready": ("operations:read", ""),
    "/metrics": ("operations:read", ""),
}
# Routes about the caller only, which every key may use.
OWN = frozenset({"/v1/me", "/v1/sessions", "/v1/sessions/current"})


class Route(NamedTuple):
    method: str
    path: str

    def asked(self) -> str:
        """The path of a resource that does not exist. The event stream, which would never end, ends immediately."""
        path = re.sub(r"\{\w+\}", lambda match: "1" if match.group() == "{position}" else str(UUID(int=7)), self.path)
        return f"{path}?upto=0" if path == "/v1/events/stream" else path

    def needed(self) -> frozenset[str]:
        """The permissions needed. External ids are personal, so a read by external id needs personal:read too."""
        if self.path in OWN:
            return frozenset()
        beginnings = [beginning for beginning in NEEDED if self.path.startswith(beginning)]
        assert beginnings, f"{self.path} has no permission in this test's table"
        needed = NEEDED[max(beginnings, key=len)][self.method != "GET"]
        return frozenset({needed, "personal:read"} if (self.method, "{external}" in self.path) == ("GET", True) else {needed})


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
    assert documented == {route for route in routes if route.path not in DOCUMENTATION}
    assert {path for path, operations in paths.items() if any(not o["security"] for o in operations.values())} <= OPEN


def test_without_a_key_every_route_is_closed(routes: list[Route], stranger_here: Client) -> None:
    for route in routes:
        status = stranger_here.request(route.method, route.asked()).status_code
        assert (status == 200) if route.path in OPEN else (status == 401), route


def test_without_a_key_the_answer_does_not_depend_on_the_request(routes: list[Route], stranger_here: Client) -> None:
    rubbish = {"limit": "x", "after": "x", "zone": "x", "version": "x", "as_of": "x", "cursor": "x", "from": "x", "type": "x"}
    for route in routes:
        if route.path not in OPEN:
            path = route.asked().replace(str(UUID(int=7)), "x")
            answer = stranger_here.request(route.method, path, params=rubbish, content=b"{")
            assert answer.status_code == 401, route


@pytest.mark.parametrize("role", get_args(Role))
def test_a_role_may_do_what_its_permissions_allow_and_nothing_else(world: World, routes: list[Route], role: Role) -> None:
    key = world.key(role)
    for route in routes:
        if route.path not in OPEN:
            status = world.client.request(route.method, route.asked(), headers=key).status_code
            assert status < 500, route
            assert (status == 403) is not (route.needed() <= ROLES[role]), (route, status)
            assert status != 401


def test_every_role_of_a_key_has_its_permissions() -> None:
    assert set(ROLES) == set(get_args(Role))


def test_the_documented_table_of_permissions_is_correct() -> None:
    _, _, below = (Path(__file__).parents[3] / "docs/operating.md").read_text().partition("\n| permission ")
    lines = takewhile(lambda line: line.startswith("|"), f"| permission {below}".splitlines())
    roles, _, *rows = ([cell.strip() for cell in line.split("|")[1:-1]] for line in lines)
    documented = {role: {row[0] for row in rows if row[number]} for number, role in enumerate(roles) if number}
    assert documented == ROLES


def test_auditors_read_everything_and_change_nothing() -> None:
    readable = {permission for permissions in ROLES.values() for permission in permissions if permission.endswith(":read")}
    # To check a read model changes nothing: it is compared with what the log gives.
    assert ROLES["auditor"] == readable | {"operations:check"}


def test_analysts_get_no_personal_data_by_permission() -> None:
    assert "personal:read" not in ROLES["analyst"] | ROLES["operator"]
    assert "events:read" not in ROLES["analyst"] | ROLES["operator"]


def test_a_role_that_may_change_personal_data_may_read_it() -> None:
    for role, permissions in ROLES.items():
        writes = {permission for permission in permissions if permission.endswith(":write")}
        assert writes <= {"segments:write"} or "personal:read" in permissions, role


def test_a_key_with_two_roles_has_the_permissions_of_both(world: World) -> None:
    issued = world.client.post("/v1/keys", {"label": "two roles", "roles": ["analyst", "operator"]}).json()
    key = {"Authorization": f"Bearer {issued['key']}"}
    for path in ("/v1/customers", "/v1/status"):
        assert world.client.get(path, headers=key).status_code == 200
    assert world.client.get("/v1/events", headers=key).status_code == 403


def test_no_key_shows_its_secret_a_second_time(world: World) -> None:
    text = world.admin["Authorization"].removeprefix("Bearer ")
    secret = text.split("_", 2)[2]
    for path in ("/v1/keys", "/v1/events?type=crm.api_key.*"):
        assert secret not in world.client.get(path, params={"after": world.head()}).text

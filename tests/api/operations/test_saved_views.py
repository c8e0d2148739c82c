"""A saved view has only filters, fields and an order that its list accepts."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.conftest import World
from tests.api.shared.bad_input import problem

VIEW = {"name": "Mine", "resource": "tickets"}


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize(
    ("wrong", "pointer", "nearest"),
    [
        ({"resource": "ticket"}, "/resource", "tickets"),
        ({"resource": "status"}, "/resource", None),
        ({"filters": {"q": "Ada"}}, "/filters/q", None),
        ({"filters": {"assignee": "ada"}}, "/filters/assignee", None),
        ({"filters": {"prority": "urgent"}}, "/filters/prority", "priority"),
        ({"filters": {"status": "opne"}}, "/filters/status", "open"),
        ({"filters": {"unsolved": "perhaps"}}, "/filters/unsolved", None),
        ({"filters": {"opened_from": "yesterday"}}, "/filters/opened_from", None),
        ({"filters": {"zone": "Asia/Shangai"}}, "/filters/zone", "Asia/Shanghai"),
        ({"filters": {"agent": ""}}, "/filters/agent", None),
        ({"filters": {"sort": "opened_at"}}, "/filters/sort", None),
        ({"filters": {"limit": "5"}}, "/filters/limit", None),
        ({"resource": "customers", "filters": {"q": "Ada", "kind": "person"}}, "/filters/kind", None),
        ({"resource": "customers", "filters": {"q": "Ada"}, "sort": "name"}, "/sort", None),
        ({"resource": "orders", "filters": {"payment_status": "payed"}}, "/filters/payment_status", "paid"),
        ({"fields": ["number", "stauts"]}, "/fields/1", "status"),
        ({"sort": "opend_at"}, "/sort", "opened_at"),
        ({"resource": "pipelines", "sort": "code"}, "/sort", None),
    ],
)
def test_what_the_list_does_not_accept_is_refused(
    world: World, wrong: dict[str, Any], pointer: str, nearest: str | None
) -> None:
    answer = world.client.post("/v1/saved-views", VIEW | wrong)
    assert problem(answer) == (422, "does-not-fit"), answer.text
    [error] = answer.json()["errors"]
    assert error["pointer"] == pointer
    assert nearest is None or f"did you mean {nearest}?" in error["detail"], error


def test_a_view_is_checked_when_it_is_replaced_too(world: World) -> None:
    made = world.client.post("/v1/saved-views", VIEW | {"filters": {"unsolved": "true", "zone": "+08:00"}, "sort": "-number"})
    assert made.status_code == 201, made.text
    answer = world.client.put(made.headers["Location"], VIEW | {"filters": {"state": "open"}})
    assert (problem(answer), answer.json()["errors"][0]["pointer"]) == ((422, "does-not-fit"), "/filters/state")


def test_every_list_can_be_saved_and_nothing_else(world: World) -> None:
    paths = world.app.openapi()["paths"]
    names = [
        path.removeprefix("/v1/")
        for path, operations in paths.items()
        if path.startswith("/v1/") and path.count("/") == 2 and "get" in operations
    ]
    assert len(names) > 25
    saved = {name for name in names if world.client.post("/v1/saved-views", VIEW | {"resource": name}).status_code == 201}
    assert set(names) - saved == {"me", "status"}
    assert all(world.client.get("/v1/saved-views", params={"resource": name}).status_code == 200 for name in saved)

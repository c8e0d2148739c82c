"""A query parameter that is unknown, empty or given twice is refused on every route, never ignored."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, NamedTuple
from urllib.parse import quote
from uuid import UUID

import pytest
from fastapi.routing import iter_route_contexts

from tests.api.client import Client
from tests.api.conftest import World
from tests.api.shared.bad_input import problem


class Asked(NamedTuple):
    """A route of the application: its method, its path with its parameters filled in, and its own query parameters."""

    method: str
    path: str
    parameters: tuple[dict[str, Any], ...]

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


def routes(world: World) -> Iterator[Asked]:
    """Every route, from the application itself. The documentation pages are no part of the OpenAPI document."""
    paths = world.app.openapi()["paths"]
    for route in iter_route_contexts(world.app.routes):
        for method in sorted((route.methods or set()) - {"HEAD"}):
            template = re.sub(":path", "", route.path or "")
            operation = paths.get(template, {}).get(method.lower(), {})
            queries = tuple(one for one in operation.get("parameters", ()) if one["in"] == "query")
            yield Asked(method, re.sub(r"\{(\w+)\}", _value, template), queries)


def _value(place: re.Match[str]) -> str:
    return {"position": "1", "date": "2026-01-02", "day": "2026-01-02", "projection": "orders"}.get(place[1], str(UUID(int=7)))


def refused(client: Client, asked: Asked, query: str) -> list[dict[str, str]]:
    answer = client.request(asked.method, f"{asked.path}?{query}")
    assert problem(answer) == (422, "does-not-fit"), (str(asked), query, answer.text)
    errors: list[dict[str, str]] = answer.json()["errors"]
    return errors


def test_every_route_refuses_an_unknown_parameter_and_names_it(world: World) -> None:
    found = list(routes(world))
    assert len(found) > 300
    for asked in found:
        named = [error["parameter"] for error in refused(world.client, asked, "nonsense=1")]
        assert named[0] == "nonsense", str(asked)


def test_every_route_refuses_a_parameter_that_is_given_twice_or_empty(world: World) -> None:
    tried = 0
    for asked in routes(world):
        for parameter in asked.parameters:
            name = parameter["name"]
            if parameter["schema"].get("type") != "array":
                tried += 1
                for query in (f"{name}=1&{name}=1", f"{name}=", name):
                    assert name in [error["parameter"] for error in refused(world.client, asked, query)], (str(asked), query)
    assert tried > 400


NO_DAYS = ("0", "86400", "1767225600000", "2026-01-01T00:00:00Z", "2026-01-01T00:00:00+14:00", "20260101", "2026-1-1")


def test_a_parameter_that_is_a_day_is_nothing_else(world: World) -> None:
    days = [(asked, one["name"]) for asked in routes(world) for one in asked.parameters if "date" in formats(one["schema"])]
    assert len(days) > 40
    for number, (asked, name) in enumerate(days):
        text = NO_DAYS[number % len(NO_DAYS)]
        assert name in [error["parameter"] for error in refused(world.client, asked, f"{name}={quote(text)}")], (
            str(asked),
            text,
        )


def formats(schema: dict[str, Any]) -> set[str]:
    return {one["format"] for one in (schema, *schema.get("anyOf", ())) if "format" in one}


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize("text", NO_DAYS)
def test_a_day_in_a_path_or_a_body_is_nothing_else(world: World, text: str) -> None:
    counted = {"source": {"system": "matomo"}, "visits": 1}
    fitted = {"name": "m", "features": ["orders"], "k": 2, "cut_off_day": text}
    for answer in (
        world.client.put(f"/v1/channels/web/days/{quote(text)}/traffic", counted),
        world.client.post("/v1/segment-models", fitted),
        world.client.post("/v1/segment-models", fitted | {"cut_off_day": 1767225600}),
    ):
        assert problem(answer) == (422, "does-not-fit")
        (error,) = answer.json()["errors"]
        assert error.get("parameter", "date") == "date"
        assert error.get("pointer", "/cut_off_day") == "/cut_off_day"


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize(
    ("question", "nearest"),
    [
        ("/v1/reports/channel-sales?form=2026-01-01", "from"),
        ("/v1/orders?currency=EUT", "ISO 4217"),
        ("/v1/deals?currency=ECU", "ISO 4217"),
        ("/v1/reports/channel-sales?currency=USB", "ISO 4217"),
        ("/v1/reports/buyers?currency=XXX", "ISO 4217"),
        ("/v1/reports/channel-sales?as_of=1000&currancy=EUR", "currency"),
        ("/v1/orders?status=paid", "order_status"),
        ("/v1/orders?Placed_From=2026-01-01", "placed_from"),
        ("/v1/orders?form=2026-01-01", "placed_from"),
        ("/v1/customers?fileds=name", "fields"),
        ("/v1/tickets?assignee=ada", "tag"),
        ("/v1/events?types=crm.order.*", "type"),
        ("/v1/events/stream?until=1&upto=0", "upto"),
        ("/v1/orders?order_status=confirmd", "confirmed"),
        ("/v1/orders?payment_status=payed", "paid"),
        ("/v1/orders?fulfilment_status=deliverd", "delivered"),
        ("/v1/orders?return_status=return", "returned"),
        ("/v1/orders?sort=placed", "placed_at"),
        ("/v1/orders?sort=-Number", "-number"),
        ("/v1/reports/sales?by=moth", "month"),
        ("/v1/leads?status=close", "lost"),
        ("/v1/customers?kind=persona", "person"),
        ("/v1/customers?zone=Asia/Shangai", "Asia/Shanghai"),
        ("/v1/customers?fields=naem", "name"),
        ("/v1/field-definitions?entity=custommer", "customer"),
        ("/v1/saved-views?resource=order", "orders"),
        ("/v1/events/stream?type=crm.order.shiped.v1&upto=0", "crm.order.shipped.v1"),
        ("/v1/events?type=crm.order.palced.v1", "crm.order.placed.v1"),
        ("/v1/audit?type=crm.ordr.*", "crm.order.*"),
        ("/v1/operations/dead-letters?projection=order", "orders"),
    ],
)
def test_the_problem_names_the_nearest_known_one(world: World, question: str, nearest: str) -> None:
    answer = world.client.get(question)
    assert problem(answer) == (422, "does-not-fit")
    details = " ".join(error["detail"] for error in answer.json()["errors"])
    assert f"did you mean {nearest}?" in details or ("did you mean" not in details and nearest in details), details

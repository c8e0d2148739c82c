"""The first and the last moments of the calendar: every read answers, or says what is wrong with the question."""

from __future__ import annotations

import json
import re
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from functools import cache
from typing import Any
from uuid import UUID

import pytest
from fastapi import FastAPI
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from api.shared import openapi
from tests.api.client import Client
from tests.api.conftest import on_both_engines
from tests.api.customers.given_customers import registered, seen
from tests.api.given_everything import everything_happened
from tests.api.questions import Question, plain

FIRST, LAST = "0001-01-01", "9999-12-31"
MOMENTS = [
    *(
        f"{day}T{clock}{offset}"
        for day, clock in ((FIRST, "00:00:00"), (LAST, "23:59:59.999999"))
        for offset in ("", "Z", "+00:00", "+00:01", "-00:01", "+14:00", "-14:00", "+23:59", "-23:59")
    ),
    *("1900-01-01T00:00:00+14:00", "1899-12-31T23:59:59Z", "9999-01-01T00:00:00Z", "2026-02-29T00:00:00Z"),
]
DAYS = [
    FIRST,
    LAST,
    "0000-01-01",
    "10000-01-01",
    "1899-12-31",
    "1900-01-01",
    "1900-01-02",
    "9998-12-31",
    "9999-01-01",
    "9999-01-02",
]
ZONES = [
    "+23:59",
    "-23:59",
    "+14:00",
    "-12:00",
    "+24:00",
    "-99:99",
    "Asia/Shanghai",
    "Pacific/Kiritimati",
    "America/Los_Angeles",
    "",
]
NUMBERS = ["0", "-1", "1", "99999", str(2**31 - 1), str(2**31), str(2**63 - 1), str(2**63), "9" * 20, "9" * 40, "1e9", "٣"]
TIMED = re.compile(r"(^|_)(from|to|of|at)$|^(zone|after|before|upto|version|limit|cursor|window|days)$")


def _value(name: str) -> st.SearchStrategy[str]:
    """Values at the edge for a parameter, by its name."""
    if name == "zone":
        return st.sampled_from(ZONES)
    return st.sampled_from([*DAYS, *MOMENTS, *NUMBERS])


@cache
def _questions(app: FastAPI) -> list[tuple[Question, list[Mapping[str, Any]]]]:
    """Every `GET` route with its parameters that take a day, a moment, a zone or a position."""
    document = openapi.document(app)
    asked = ((question, document["paths"][template]["get"]["parameters"]) for template, question in plain(document, PLACES))
    return [
        (question, [one for one in known if one["in"] == "query" and TIMED.search(one["name"])]) for question, known in asked
    ]


NOBODY = str(UUID(int=1))
PLACES = {
    "/v1": {
        "id": NOBODY,
        "customer_id": NOBODY,
        "lead_id": NOBODY,
        "code": "web",
        "entity": "customer",
        "key": "size",
        "upto": "1",
    }
}


@pytest.fixture
def eventful(client: Client) -> Client:
    """A client of a deployment in which everything happened."""
    position = everything_happened(client)
    client.get("/v1/customers", params={"after": position})
    return client


@on_both_engines
@settings(max_examples=500, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_no_read_fails_at_the_edge_of_the_calendar(eventful: Client, app: FastAPI, data: st.DataObject) -> None:
    question, timed = data.draw(st.sampled_from([one for one in _questions(app) if one[1]]))
    names = data.draw(st.lists(st.sampled_from(sorted({one["name"] for one in timed})), min_size=1, max_size=3, unique=True))
    asked = dict(question.asked) | {name: data.draw(_value(name)) for name in names}
    if question.path.endswith("/stream"):
        # A stream that waits for new events never ends.
        asked |= {"after": "0", "upto": "1"}
    answer = eventful.get(question.path, params=asked)
    assert answer.status_code in (200, 400, 404, 422), answer.text


def _forged(key: str, value: Any) -> str:
    return urlsafe_b64encode(json.dumps((key, value, NOBODY)).encode()).decode()


@on_both_engines
@pytest.mark.parametrize(
    ("path", "sort", "table"),
    [
        ("/v1/customers", "registered_at", "customers"),
        ("/v1/orders", "-placed_at", "orders"),
        ("/v1/tickets", "last_activity_at", "tickets"),
        ("/v1/deals", "expected_close", "deals"),
        ("/v1/tasks", "-due", "tasks"),
    ],
)
def test_a_forged_cursor_is_a_place_in_the_list_or_malformed(client: Client, path: str, sort: str, table: str) -> None:
    key = f"{'-' if sort.startswith('-') else ''}{table}.{sort.removeprefix('-')}"
    values: list[Any] = [*MOMENTS, *DAYS, *map(int, NUMBERS[:10]), None, "\x00", 1.5, True, []]
    for value in values:
        answer = client.get(path, params={"sort": sort, "cursor": _forged(key, value)})
        assert answer.status_code in (200, 400), (value, answer.text)
        if answer.status_code == 400:
            assert answer.json()["type"] == "/problems/malformed-cursor"


@on_both_engines
def test_what_happens_at_the_edge_of_the_calendar_is_read_again(client: Client) -> None:
    customer = registered(client)
    id = customer.rsplit("/", 1)[-1]
    first, last = f"{FIRST}T00:00:00Z", f"{LAST}T23:59:59.999999Z"
    days = {"starts": "1900-01-01", "ends": LAST}
    for method, path, body in (
        ("POST", "/v1/tasks", {"title": "Call", "due": first, "remind_at": first}),
        ("POST", "/v1/tasks", {"title": "Call", "due": last, "remind_at": last}),
        ("POST", f"{customer}/consents", {"purpose": "news", "channel": "email", "evidence": "form", "expires": last}),
        ("POST", "/v1/campaigns", {"name": "For ever", "currency": "EUR", **days}),
        ("PUT", "/v1/channels/web", {"name": "Web", "kind": "web"}),
        ("PUT", "/v1/channels/web/days/1900-01-01/traffic", {"source": {"system": "ads"}, "visits": 1}),
        ("PUT", "/v1/channels/web/days/9999-01-01/traffic", {"source": {"system": "ads"}, "visits": 1}),
        ("POST", "/v1/deals", {"customer_id": id, "pipeline": "p", "stage": "s", "expected_close": LAST}),
        (
            "POST",
            "/v1/interactions",
            {"customer_id": id, "channel": "phone", "direction": "inbound", "occurred_at": "1900-01-01"},
        ),
    ):
        answer = client.request(method, path, json=body)
        assert answer.status_code < 500, (path, answer.text)
        if answer.status_code == 201 and path != "/v1/channels/web":
            assert client.get(answer.headers["Location"], params={"after": answer.headers["Position"]}).status_code == 200
    assert [item["due"] for item in seen(client, "/v1/tasks", sort="due")["items"]] == [first, last]
    for path in (
        "/v1/campaigns",
        "/v1/channels/web/days",
        "/v1/deals",
        "/v1/interactions",
        f"{customer}/timeline",
        "/v1/audit",
    ):
        for zone in ("+14:00", "-12:00"):
            assert client.get(path, params={"zone": zone}).status_code in (200, 422), path
    for report in ("campaign-effect", "channel-effect", "service", "sales"):
        for zone in ("+14:00", "-12:00"):
            question = {"from": "1900-01-01", "to": "9999-01-01", "zone": zone}
            assert client.get(f"/v1/reports/{report}", params=question).status_code in (200, 422), report

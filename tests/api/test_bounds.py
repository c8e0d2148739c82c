"""Every route at its limits, over a log of 100,000 events: the rows that it reads and its CPU time are within its bound."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any, NamedTuple

import msgspec
import pytest

from api.shared.bounds import EXPORT, PAGE, Bound, Each, Of
from infra.processes.parts import Parts, opened
from infra.settings import Settings
from infra.wiring import PROJECTIONS, deploy
from tests.api.client import Client
from tests.api.conftest import SETTINGS, new_key
from tests.api.counted_rows import Counted, counted
from tests.api.given_large_log import EVENTS, LONG, filled
from tests.api.given_personal import personal_things_happened
from tests.api.questions import Question, chosen, filled_path, plain
from tests.api.shared.every_body import shapes
from tests.waiting import wait_until

NDJSON = "application/x-ndjson"
SLOW = 3
"""So many times as much CPU may a slow machine take."""
SHORT = 100
"""No other thing of the story has as many events."""
LONG_LISTS = ("/v1/touchpoints", "/v1/events", "/v1/audit")
"""Lists of everything. A row of their exports costs as much as in those of shorter lists."""
NO_COMMANDS = ("/v1/batch", "/v1/imports", "/v1/operations", "/select", "/erasure", "/v1/calendar", "/v1/keys")
"""Routes that are asked in tests of their own, that end what others need, or that start work in the background."""


class Place(NamedTuple):
    parts: Parts
    client: Client
    counted: Counted
    busy: str
    places: dict[str, dict[str, str]]
    document: dict[str, Any]
    statuses: list[int]

    def settle(self) -> int:
        """Waits until all read models are complete. Returns the head of the log."""
        return settle(self.parts)

    def bound(self, method: str, template: str) -> Bound:
        shown = self.document["paths"][template][method.lower()]["x-bound"]
        return Bound(shown["rows"], shown["cpu_ms"], Each(**shown["each"]) if "each" in shown else None)

    def excess(self, bound: Bound, method: str, path: str, **options: Any) -> list[str]:
        """What the request takes beyond its bound: rows, CPU, or an answer that is an error of the server."""
        self.counted.clear()
        began = time.process_time()
        answer = self.client.request(method, path, **options)
        taken, read = 1000 * (time.process_time() - began), self.counted.rows
        self.statuses.append(answer.status_code)
        size = answer.content.count(b"\n")
        sizes: dict[Of, int] = {"thing": LONG if self.busy in path else SHORT, "log": EVENTS, "answer": size}
        rows, cpu_ms = bound.with_size(sizes)
        found = {
            f"{read} rows, not {rows:.0f}": read > rows,
            f"{taken:.0f} ms, not {cpu_ms:.0f}": taken > SLOW * cpu_ms,
            answer.text[:200]: answer.status_code >= 500,
        }
        return [f"{method} {path} {options.get('params', '')}: {what}" for what, wrong in found.items() if wrong]


def settle(parts: Parts) -> int:
    head = parts.deployment.store.head()

    def slowest() -> int:
        return min(parts.completeness.up_to(one.name) for one in PROJECTIONS)

    wait_until(lambda: slowest() >= head, "all read models are complete", slowest)
    return head


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    settings = Settings.model_validate(SETTINGS | {"home": tmp_path_factory.mktemp("bounds") / "home"})
    with counted() as count:
        deployment = deploy(settings)
        busy = str(filled(deployment))
        deployment.close()
        with opened(settings) as parts, parts.application() as app:
            client = Client(app, new_key(parts, "admin"))
            settle(parts)
            known = personal_things_happened(client)
            places = {beginning: dict(names) for beginning, names in known.items()}
            places |= {"/v1/customers/{id}": {"id": busy}, "/v1/events/stream": {"upto": "500"}}
            here = Place(parts, client, count, busy, places, app.openapi(), [])
            here.settle()
            client.get("/v1/customers")
            yield here
            client.close()


def _reads(place: Place) -> Iterator[tuple[str, Question]]:
    """Every read with its required parameters, the longest page and all days, by the template of its path."""
    for template, question in plain(place.document, place.places):
        yield template, _widest(place, template, question)


def _widest(place: Place, template: str, question: Question) -> Question:
    named = {one["name"] for one in place.document["paths"][template]["get"].get("parameters", ())}
    asked = dict(question.asked)
    wider = {"limit": "500"} if "limit" in named else {}
    if "from" in asked:
        wider["from"] = "1990-01-01"
    asked.pop("fields", None)
    return question._replace(asked=tuple((asked | wider).items()))


def _commands(place: Place) -> Iterator[tuple[str, str, str, Any]]:
    """Every command with its smallest body: its method, template, path and body."""
    schemas = place.document["components"]["schemas"]
    for template, operations in place.document["paths"].items():
        for method in sorted(operations.keys() - {"get"}):
            if not any(part in template for part in NO_COMMANDS):
                content = operations[method].get("requestBody", {}).get("content", {}).get("application/json", {})
                given = next(iter(shapes(content["schema"], schemas)), None) if content else None
                yield method.upper(), template, filled_path(template, place.places), given


def test_every_read_is_within_its_bound(place: Place) -> None:
    asked = list(_reads(place))
    assert len(asked) > 90
    excess = []
    for template, question in asked:
        excess += place.excess(place.bound("GET", template), "GET", question.path, params=dict(question.asked))
    assert not excess


def test_a_page_of_the_log_with_one_filter_is_within_the_bound_of_a_page(place: Place) -> None:
    _, event = place.client.get("/v1/events", params={"limit": 2, "stream": place.busy}).json()["items"]
    metadata = event["metadata"]
    filters = ("stream", event["stream"]), ("subject", metadata["subject"]), ("actor", metadata["actor"]["id"])
    excess = []
    for name, value in (*filters, ("type", event["type"]), ("type", "crm.customer.*")):
        for sort in ("position", "-position"):
            params = {name: value, "sort": sort, "limit": 500}
            excess += place.excess(PAGE, "GET", "/v1/events", params=params)
    assert not excess


def test_a_search_with_several_frequent_filters_is_within_its_bound(place: Place) -> None:
    [event] = place.client.get("/v1/events", params={"limit": 1, "type": "crm.customer.*"}).json()["items"]
    params = {"actor": event["metadata"]["actor"]["id"], "type": ["crm.customer.*", "crm.order.*"], "irregular": "unheard-of"}
    excess = []
    for more in ({}, {"subject": event["metadata"]["subject"]}, {"type": "crm.order.*"}):
        excess += place.excess(place.bound("GET", "/v1/events"), "GET", "/v1/events", params=params | more)
        params.pop("irregular", None)
    assert not excess


def test_every_order_grouping_and_past_is_within_its_bound(place: Place) -> None:
    templates = {question.path: template for template, question in plain(place.document, place.places)}
    asked = [one for one in chosen(place.document, place.places) if one.form == "application/json"]
    assert len(asked) > 250
    excess = []
    for question in asked:
        template = templates[question.path]
        params = dict(_widest(place, template, question).asked)
        excess += place.excess(place.bound("GET", template), "GET", question.path, params=params)
    assert not excess


def test_every_export_is_within_its_bound(place: Place) -> None:
    excess, asked = [], 0
    for template, question in _reads(place):
        content = place.document["paths"][template]["get"]["responses"]["200"].get("content", ())
        if NDJSON in content and template not in LONG_LISTS:
            asked += 1
            bound = place.bound("GET", template)
            widest = bound if bound.each and bound.each.of == "log" else EXPORT
            excess += place.excess(widest, "GET", question.path, params=dict(question.asked), headers={"Accept": NDJSON})
    assert asked > 25
    assert not excess


def test_every_command_is_within_its_bound(place: Place) -> None:
    excess, asked = [], list(_commands(place))
    assert len(asked) > 120
    place.statuses.clear()
    for method, template, path, body in asked:
        excess += place.excess(place.bound(method, template), method, path, json=body)
    place.settle()
    assert not excess
    assert sum(status < 300 for status in place.statuses) > 100


def test_a_batch_and_a_selection_are_within_the_bound_of_each_line(place: Place) -> None:
    line = {"method": "POST", "path": f"/v1/customers/{place.busy}/tags", "body": {"tags": ["vip"]}}
    lines = b"\n".join([msgspec.json.encode(line)] * 500)
    excess = place.excess(
        place.bound("POST", "/v1/batch"), "POST", "/v1/batch", content=lines, headers={"Content-Type": NDJSON}
    )
    tagged = {"filter": {}, "then": {"path": "tags", "body": {"tags": ["seen"]}}}
    excess += place.excess(place.bound("POST", "/v1/orders/select"), "POST", "/v1/orders/select", json=tagged)
    place.settle()
    assert not excess

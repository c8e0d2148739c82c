"""Segment rules over HTTP: which customers they label, and that a rule's label is shown next to those of models."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from tests.api.client import Client
from tests.api.conftest import World, on_both_engines
from tests.api.figures import values
from tests.api.segmentation.test_segment_views import registered, segment_of

LARGE = {"op": "compare", "feature": "attribute:size", "is": ">=", "value": 100}
SIZED = {"op": "not", "of": {"op": "is_null", "feature": "attribute:size"}}


def defined(client: Client, name: str, rule: Any, priority: int) -> tuple[str, int]:
    """The path of the rule, and the position of the log afterwards."""
    answer = client.post("/v1/segment-rules", {"name": name, "rule": rule, "priority": priority})
    assert answer.status_code == 201, answer.text
    return answer.headers["Location"], int(answer.headers["Position"])


def sent(client: Client, method: str, path: str, body: Any) -> int:
    answer = client.request(method, path, json=body)
    assert answer.status_code == 200, answer.text
    return int(answer.headers["Position"])


@on_both_engines
def test_a_rule_labels_customers_and_shows_the_features_it_used(client: Client) -> None:
    ada, bob = registered(client, "Ada", size=120), registered(client, "Bob")
    _, head = defined(client, "large", LARGE, 10)
    found = segment_of(client, ada, head)["rule"]
    fact = {"feature": "attribute:size", "window": None, "value": 120.0}
    assert (found["label"], found["priority"], found["since"], found["facts"]) == ("large", 10, head, [fact])
    assert segment_of(client, bob, head)["rule"] is None
    moved = sent(client, "PATCH", f"/v1/customers/{ada}/attributes", {"attributes": {"size": 5}})
    answer = segment_of(client, ada, moved)
    assert answer["rule"] is None
    assert [(past["label"], past["since"], past["until"]) for past in answer["past_rules"]] == [("large", head, moved)]


@on_both_engines
def test_the_first_matching_rule_labels_and_a_report_counts(client: Client) -> None:
    sizes = {registered(client, f"Customer {size}", size=size): size for size in (1, 50, 100, 150)}
    registered(client, "of no size")
    sized, _ = defined(client, "sized", SIZED, 20)
    large, head = defined(client, "large", LARGE, 10)
    report = client.get("/v1/reports/segments", params={"rules": True, "after": head}).json()
    id = large.rpartition("/")[2]
    assert report["groups"][0]["group"] == {"rule_id": id, "label": "large", "priority": 10}
    assert [(group["group"]["label"], *values(group, "customers", "share")) for group in report["groups"]] == [
        ("large", 2, Decimal("0.4")),
        ("sized", 2, Decimal("0.4")),
    ]
    assert report["unlabelled"]["value"] == "1"
    labelled = client.get(f"{large}/customers", params={"after": head}).json()["items"]
    assert {row["customer_id"] for row in labelled} == {id for id, size in sizes.items() if size >= 100}
    head = sent(client, "POST", f"{large}/retirement", {})
    assert len(client.get(f"{sized}/customers", params={"after": head}).json()["items"]) == 4
    assert [rule["status"] for rule in client.get("/v1/segment-rules").json()["items"]] == ["in_force", "retired"]


@on_both_engines
def test_a_revised_rule_labels_again_and_a_new_name_moves_nobody(client: Client) -> None:
    ada = registered(client, "Ada", size=120)
    path, begun = defined(client, "large", LARGE, 10)
    head = sent(client, "PUT", path, {"name": "grand", "rule": LARGE, "priority": 5})
    found = segment_of(client, ada, head)["rule"]
    assert (found["label"], found["priority"], found["since"]) == ("grand", 5, begun)
    head = sent(client, "PUT", path, {"name": "grand", "rule": LARGE | {"value": 110}, "priority": 5})
    assert segment_of(client, ada, head)["rule"]["since"] == head
    then = client.get(path, params={"version": 1}).json()
    assert (then["name"], then["rule"]["value"]) == ("large", 100.0)
    history = client.get(f"{path}/history").json()["items"]
    assert history[1]["changes"]["name"] == {"before": "large", "after": "grand"}


@pytest.mark.parametrize(
    "odd",
    [
        {"rule": {}},
        {"rule": {"op": "compare", "feature": "name", "is": "=", "value": 1}},
        {"rule": LARGE | {"value": "100"}},
        {"rule": {"op": "or", "of": [LARGE] * 200}},
        {"rule": "attribute:size >= 100"},
        {"priority": -1},
        {"name": ""},
    ],
)
def test_a_malformed_rule_is_refused(world: World, odd: dict[str, Any]) -> None:
    answer = world.client.post("/v1/segment-rules", {"name": "x", "rule": LARGE, "priority": 1} | odd)
    assert answer.status_code == 422, answer.text

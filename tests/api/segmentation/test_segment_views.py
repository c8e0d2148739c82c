"""Reads of segments over HTTP: one customer's, all customers', and the report on clusters."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.client import Client
from tests.api.conftest import World, on_both_engines
from tests.api.figures import value

FIT = {"name": "by-size", "features": ["attribute:size", "tickets"], "k": 2}
SIZES = {"small": 1, "also small": 2, "large": 100, "also large": 102}


def registered(client: Client, name: str, **attributes: object) -> str:
    """The customer's id."""
    return str(client.post("/v1/customers", {"name": name, "attributes": attributes}).json()["id"])


def fitted(client: Client, **changes: Any) -> int:
    """The position of the log afterwards."""
    answer = client.post("/v1/segment-models", FIT | changes)
    assert answer.status_code == 201, answer.text
    return int(answer.headers["Position"])


@pytest.fixture
def customers(client: Client) -> dict[str, str]:
    sized = {name: registered(client, name, size=size) for name, size in SIZES.items()}
    return sized | {"of no size": registered(client, "of no size")}


def segment_of(client: Client, id: str, after: int) -> Any:
    answer = client.get(f"/v1/customers/{id}/segment", params={"after": after})
    assert answer.status_code == 200, answer.text
    return answer.json()


@on_both_engines
def test_a_customer_is_in_a_cluster_and_moves_when_their_features_change(client: Client, customers: dict[str, str]) -> None:
    head = fitted(client)
    [before] = segment_of(client, customers["small"], head)["labels"]
    assert (before["model"], before["label"], before["missing"]) == ("by-size", "2", [])
    assert before["features"] == {"attribute:size": 1.0, "tickets": 0.0}
    head = int(client.patch(f"/v1/customers/{customers['small']}/attributes", {"attributes": {"size": 99}}).headers["Position"])
    answer = segment_of(client, customers["small"], head)
    [now], [past] = answer["labels"], answer["past"]
    assert (now["label"], now["since"]) == ("1", head)
    assert (past["label"], past["since"], past["until"]) == ("2", before["since"], head)


@on_both_engines
def test_labels_are_listed_by_cluster_and_name_missing_features(client: Client, customers: dict[str, str]) -> None:
    head = fitted(client)

    def listed(**filters: Any) -> list[Any]:
        answer = client.get("/v1/segment-labels", params={"model": "by-size", "after": head, **filters})
        assert answer.status_code == 200, answer.text
        return list(answer.json()["items"])

    assert {row["customer_id"] for row in listed(label="1")} == {customers["large"], customers["also large"]}
    [lacking] = listed(labelled=False)
    assert (lacking["customer_id"], lacking["label"], lacking["missing"]) == (
        customers["of no size"],
        None,
        ["attribute:size"],
    )
    assert len(listed()) == 5
    assert len(listed(labelled=True)) == 4
    assert listed(label="champions") == []
    assert listed(model="unknown") == []


@on_both_engines
def test_the_report_counts_customers_by_cluster_and_those_without_one(client: Client, customers: dict[str, str]) -> None:
    head = fitted(client)
    report = client.get("/v1/reports/segments", params={"model": "by-size", "after": head}).json()
    first, second = report["groups"]
    assert (first["group"], value(first, "customers")) == ({"cluster": 0, "cluster_id": 0, "label": "1"}, 2)
    assert (second["group"], value(second, "customers")) == ({"cluster": 1, "cluster_id": 1, "label": "2"}, 2)
    assert first["measures"]["share"] | {"definition": ""} == {
        "value": "0.5",
        "numerator": 2,
        "denominator": 4,
        "unit": "1",
        "definition": "",
        "reason": None,
    }
    assert first["measures"]["mean:attribute:size"] | {"definition": ""} == {
        "value": "101",
        "numerator": "202",
        "denominator": 2,
        "unit": "1",
        "definition": "",
        "reason": None,
        "n": 2,
    }
    [lacking] = report["unlabelled"]
    assert (lacking["group"], value(lacking, "customers")) == ({"missing": ["attribute:size"]}, 1)
    assert (report["model"], report["status"]) == ("by-size", "active")


def test_labels_are_exported_with_features_as_columns(client: Client, customers: dict[str, str]) -> None:
    head = fitted(client)
    answer = client.get("/v1/segment-labels", params={"model": "by-size", "after": head}, headers={"Accept": "text/csv"})
    header, *lines = answer.text.splitlines()
    assert {"customer_id", "cluster", "label", "features.attribute:size"} <= set(header.split(","))
    assert len(lines) == 5


def test_a_retired_model_labels_nobody_and_keeps_its_history(client: Client, customers: dict[str, str]) -> None:
    fitted(client)
    head = int(client.post("/v1/segment-models/by-size/retirement").headers["Position"])
    answer = segment_of(client, customers["large"], head)
    assert (answer["labels"], [past["until"] for past in answer["past"]]) == ([], [head])
    model = client.get("/v1/segment-models/by-size").json()
    assert (model["status"], model["k"], model["left_out"]) == ("retired", 2, 1)
    then = client.get("/v1/segment-models/by-size", params={"version": 2}).json()
    assert then["status"] == "active"
    history = client.get("/v1/segment-models/by-size/history").json()["items"]
    assert [event["type"].split(".")[2] for event in history] == ["fitted", "activated", "retired"]
    assert history[-1]["changes"]["status"] == {"before": "active", "after": "retired"}


def test_erasing_a_customer_removes_labels_and_past_labels(client: Client, customers: dict[str, str]) -> None:
    fitted(client)
    client.patch(f"/v1/customers/{customers['small']}/attributes", {"attributes": {"size": 99}})
    body = {"reason": "requested", "requested_by": "customer"}
    head = int(client.post(f"/v1/customers/{customers['small']}/erasure", body).headers["Position"])
    answer = segment_of(client, customers["small"], head)
    assert (answer["erased"], answer["labels"], answer["past"]) == (True, [], [])


def test_a_new_name_of_a_cluster_moves_nobody(client: Client, customers: dict[str, str]) -> None:
    head = fitted(client)
    before = segment_of(client, customers["large"], head)["labels"]
    named = client.put("/v1/segment-models/by-size/cluster-names", {"names": ["large", "small"]})
    [after] = segment_of(client, customers["large"], int(named.headers["Position"]))["labels"]
    assert [after] == [before[0] | {"label": "large"}]


def test_an_unknown_customer_or_model_is_not_found(world: World) -> None:
    for path in (
        "/v1/customers/00000000-0000-0000-0000-000000000001/segment",
        "/v1/segment-models/none",
        "/v1/segment-models/none/history",
        "/v1/reports/segments?model=none",
    ):
        assert world.client.get(path).status_code == 404

"""Flows between segments: counted from the history of labels, with clusters that are recognised across fits."""

from __future__ import annotations

from typing import Any

from tests.api.client import Client
from tests.api.conftest import on_both_engines
from tests.api.customers.given_customers import head, registered
from tests.api.figures import value
from tests.waiting import wait_until

FLOWS = "/v1/reports/segment-flows"


def flows(client: Client, **asked: Any) -> dict[tuple[str, str], int]:
    """The customers of each flow, as soon as the last fit has reached all labels."""
    found: list[Any] = []

    def settled() -> bool:
        found.append(client.get(FLOWS, params={"after": head(client), **asked}))
        return bool(found[-1].status_code != 503)

    wait_until(settled, "the last fit in all labels")
    assert found[-1].status_code == 200, found[-1].text
    groups = found[-1].json()["groups"]
    return {(one["group"]["from"], one["group"]["to"]): int(one["measures"]["customers"]["value"]) for one in groups}


def fit(client: Client, path: str = "", **body: Any) -> int:
    answer = client.post(f"/v1/segment-models{path}", body)
    assert answer.is_success, answer.text
    return head(client)


@on_both_engines
def test_customers_move_between_segments_that_keep_their_names_through_a_refit(client: Client) -> None:
    poor = [registered(client, attributes={"income": 10 + number}) for number in range(4)]
    rich = [registered(client, attributes={"income": 90 + number}) for number in range(3)]
    fit(client, name="kinds", features=["attribute:income"], k=2)
    client.put("/v1/segment-models/kinds/cluster-names", {"names": ["rich", "poor"]})
    first = head(client)
    assert client.request("PATCH", f"{poor[0]}/attributes", json={"attributes": {"income": 95}}).is_success
    assert client.request("PATCH", f"{rich[0]}/attributes", json={"attributes": {"income": None}}).is_success
    registered(client, attributes={"income": 12})
    assert flows(client, **{"from": first}) == {
        ("rich", "rich"): 2,
        ("rich", "lacks a feature"): 1,
        ("poor", "poor"): 3,
        ("poor", "rich"): 1,
        ("no label", "poor"): 1,
    }
    second = fit(client, "/kinds/fits")
    assert [one["name"] for one in client.get("/v1/segment-models/kinds", params={"after": second}).json()["clusters"]] == [
        "rich",
        "poor",
    ]
    after = flows(client, **{"from": first, "to": second})
    assert after[("poor", "rich")] == 1
    assert after[("rich", "lacks a feature")] == 1
    assert flows(client, **{"from": first, "to": first}) == {("rich", "rich"): 3, ("poor", "poor"): 4}
    assert flows(client, **{"from": 0, "to": first}) == {("no label", "rich"): 3, ("no label", "poor"): 4}


def test_a_model_is_explained_by_rules_that_can_be_defined_as_segment_rules(client: Client) -> None:
    for number in range(24):
        registered(client, attributes={"income": number + 100 * (number % 2)})
    fit(client, name="kinds", features=["attribute:income"], k=2)
    found = client.get("/v1/reports/segment-explanation", params={"after": head(client)}).json()
    assert found["fidelity"]["value"] == "1"
    assert len(found["groups"]) == 2
    for priority, one in enumerate(found["groups"]):
        rule = {"name": f"kind {one['group']['label']}", "rule": one["rule"], "priority": priority}
        assert client.post("/v1/segment-rules", rule).status_code == 201
    report = client.get("/v1/reports/segments", params={"rules": True, "after": head(client)}).json()
    assert [value(group, "customers") for group in report["groups"]] == [12, 12]
    drift = client.get("/v1/reports/segment-drift", params={"after": head(client)}).json()
    assert (drift["refit_advised"], [one["measures"]["psi"]["value"] for one in drift["groups"]]) == (False, ["0", "0"])


def test_what_cannot_be_asked_is_a_clear_problem(client: Client) -> None:
    registered(client)
    for asked, status in (({}, 404), ({"from": 0}, 404), ({"from": 1, "to": 0}, 422), ({"from": 10**6}, 422)):
        assert client.get(FLOWS, params=asked).status_code == status, asked

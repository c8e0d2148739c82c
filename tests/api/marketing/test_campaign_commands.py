"""Campaigns over HTTP: a request's values become the recorded event."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from domain.marketing.campaign.values import Goal, Variant
from infra.event_store.store import EventStore
from infra.wiring import Deployment
from tests.api.client import Client
from tests.api.conftest import World, on_both_engines
from tests.api.customers.given_customers import head
from tests.api.marketing.given_campaigns import PLAN, events, facts, planned


@pytest.fixture
def store(deployment: Deployment) -> EventStore:
    return deployment.store


def last(store: EventStore, campaign: str) -> Any:
    return events(store, campaign)[-1].event


@on_both_engines
def test_a_campaign_is_planned_with_all_values_of_the_request(client: Client, store: EventStore) -> None:
    campaign = planned(
        client,
        goal={"metric": "converted", "target": "500"},
        strategy="Win them back",
        channels=["email"],
        budget="1000",
        starts="2026-03-01",
        ends="2026-03-31",
        holdout_share="0.1",
        attribution_window_days=14,
        expected_conversion_difference="0.02",
        variants=[{"code": "short", "share": "0.45"}],
        owner="eva",
    )
    event = last(store, campaign)
    assert (event.name, event.strategy, event.channels, event.owner) == ("Spring", "Win them back", ("email",), "eva")
    assert event.goal == Goal(metric="converted", target=Decimal(500))
    assert (event.budget, event.currency, event.starts, event.ends) == (
        Decimal("1000.00"),
        "EUR",
        date(2026, 3, 1),
        date(2026, 3, 31),
    )
    assert (event.holdout_share, event.attribution_window_days) == (Decimal("0.1"), 14)
    assert event.expected_conversion_difference == Decimal("0.02")
    assert event.variants == (Variant(code="short", share=Decimal("0.45")),)


def test_a_campaign_by_its_external_id_is_planned_and_then_revised(world: World) -> None:
    client, store = world.client, world.parts.deployment.store
    made = client.put("/v1/campaigns/by/ads/c/7", PLAN | {"owner": "eva"})
    assert made.status_code == 201
    campaign = made.headers["Location"]
    assert client.put("/v1/campaigns/by/ads/c/7", PLAN | {"owner": "eva"}).json()["version"] == 2
    changed = {
        "name": "Spring",
        "goal": {"metric": "sales", "target": "1"},
        "budget": "10",
        "team": "growth",
        "currency": "EUR",
    }
    assert client.put("/v1/campaigns/by/ads/c/7", changed).status_code == 200
    assert facts(store, campaign) == ["planned", "external_id_linked", "revised", "budget_changed", "assigned"]
    event = last(store, campaign)
    assert (event.owner, event.team) == ("eva", "growth")


def test_a_revision_is_a_merge_patch(world: World) -> None:
    client, store = world.client, world.parts.deployment.store
    campaign = planned(client, starts="2026-03-01")
    client.patch(campaign, {"starts": None, "variants": [], "audience": "Everyone", "name": "Spring"})
    event = last(store, campaign)
    assert event.cleared == ("starts", "variants")
    assert (event.audience, event.name) == ("Everyone", None)
    assert client.patch(campaign, {"name": None}).status_code == 422


def test_the_expected_difference_is_fixed_at_the_launch(world: World) -> None:
    client = world.client
    campaign = planned(client, expected_conversion_difference="0.02")
    assert client.patch(campaign, {"expected_conversion_difference": "0.03"}).status_code == 200
    client.post(f"{campaign}/launch")
    answer = client.patch(campaign, {"expected_conversion_difference": None})
    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/expected-difference-is-fixed")
    assert client.get(campaign, params={"after": head(client)}).json()["expected_conversion_difference"] == "0.03"
    assert client.patch(campaign, {"expected_conversion_difference": "2"}).status_code == 422


def test_a_campaign_goes_from_launch_to_completion(world: World) -> None:
    client, store = world.client, world.parts.deployment.store
    campaign = planned(client, budget="100")
    for path, body in (
        ("launch", None),
        ("pause", {"reason": "texts"}),
        ("resumption", None),
        ("spends", {"spend_id": "inv/1", "amount": "10", "category": "media"}),
        ("spends/reversal", {"spend_id": "inv/1"}),
        ("resources", {"kind": "person", "code": "eva", "share": "0.5"}),
        ("resources/release", {"kind": "person", "code": "eva"}),
        ("milestones", {"milestone_id": "texts", "due": "2026-03-05", "title": "Texts"}),
        ("milestones/reached", {"milestone_id": "texts"}),
        ("tags", {"tags": ["spring"]}),
        ("completion", {"occurred_at": "2026-03-31"}),
    ):
        answer = client.post(f"{campaign}/{path}", body)
        assert answer.status_code == 200, answer.text
    assert client.put(f"{campaign}/budget", {"budget": None}).status_code == 200
    assert facts(store, campaign) == [
        "planned",
        "launched",
        "paused",
        "resumed",
        "spend_recorded",
        "spend_reversed",
        "resource_assigned",
        "resource_released",
        "milestone_set",
        "milestone_reached",
        "tagged",
        "completed",
        "budget_changed",
    ]


@pytest.mark.parametrize(
    ("path", "body", "status", "problem"),
    [
        ("completion", None, 409, "campaign-not-launched"),
        ("spends/reversal", {"spend_id": "1"}, 404, "spend-unknown"),
        ("milestones/reached", {"milestone_id": "1"}, 404, "milestone-unknown"),
        ("resources/release", {"kind": "person", "code": "eva"}, 404, "resource-unknown"),
        ("resources", {"kind": "robot", "code": "eva"}, 422, "does-not-fit"),
        ("spends", {"spend_id": "1", "amount": "0"}, 422, "amount-not-positive"),
    ],
)
def test_an_impossible_command_is_refused(world: World, path: str, body: Any, status: int, problem: str) -> None:
    client = world.client
    answer = client.post(f"{planned(client)}/{path}", body)
    assert (answer.status_code, answer.json()["type"]) == (status, f"/problems/{problem}")


@pytest.mark.parametrize("days", [{"starts": 0}, {"starts": "2026-03-01T00:00"}, {"ends": "2026-02-30"}, {"ends": "9"}])
def test_a_malformed_day_is_refused(world: World, days: dict[str, Any]) -> None:
    client = world.client
    assert client.post("/v1/campaigns", PLAN | days).status_code == 422


def test_a_campaign_does_not_end_before_it_starts(world: World) -> None:
    client = world.client
    answer = client.post("/v1/campaigns", PLAN | {"starts": "2026-03-02", "ends": "2026-03-01"})
    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/ends-before-start")

"""Reads of campaigns and their members over HTTP: lists, one, history, and as of any moment."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from tests.api.client import Client
from tests.api.conftest import KeyFor, on_both_engines
from tests.api.customers.given_customers import seen
from tests.api.marketing.given_campaigns import customers, planned, target, touched
from tests.api.sales.given_orders import done


def names(client: Client, **question: Any) -> list[str]:
    return [campaign["name"] for campaign in seen(client, "/v1/campaigns", **question)["items"]]


@on_both_engines
def test_a_campaign_shows_its_plan_and_progress(client: Client) -> None:
    today = datetime.now(UTC).date()
    campaign = planned(
        client,
        goal={"metric": "converted", "target": "4"},
        strategy="Tell them about tea",
        channels=["email", "web"],
        budget="100.00",
        starts=str(today - timedelta(days=4)),
        ends=str(today + timedelta(days=5)),
        owner="agent-1",
    )
    done(client, f"{campaign}/launch")
    for spend_id, amount, category in (("s1", "12.50", "media"), ("s2", "7.50", "media"), ("s3", "5.00", None)):
        done(client, f"{campaign}/spends", {"spend_id": spend_id, "amount": amount, "category": category})
    for milestone in ("texts", "pictures"):
        done(client, f"{campaign}/milestones", {"milestone_id": milestone, "title": f"All {milestone}"})
    done(client, f"{campaign}/milestones/reached", {"milestone_id": "texts"})
    done(client, f"{campaign}/resources", {"kind": "person", "code": "agent-2", "share": "0.5"})
    [ada] = customers(client, 1)
    target(client, campaign, ada)
    touched(client, campaign, {"customer_id": ada, "kind": "converted", "conversion_id": "c"})

    shown = seen(client, campaign)
    assert (shown["name"], shown["status"], shown["budget"], shown["channels"]) == (
        "Spring",
        "running",
        "100.00",
        ["email", "web"],
    )
    assert [(spend["category"], spend["amount"]) for spend in shown["spend"]] == [(None, "5.00"), ("media", "20.00")]
    assert [(m["milestone_id"], m["reached_at"] is not None) for m in shown["milestones"]] == [
        ("pictures", False),
        ("texts", True),
    ]
    assert [(r["code"], r["share"], r["assigned"]) for r in shown["resources"]] == [("agent-2", "0.5", True)]
    progress = {name: (r["value"], r["numerator"], r["denominator"]) for name, r in shown["progress"].items()}
    assert progress == {
        "milestones": ("0.5", 1, 2),
        "budget": ("0.25", "25.00", "100.00"),
        "days": ("0.5", 5, 10),
        "goal": ("0.25", 1, "4"),
    }
    assert shown["private"]["strategy"] == "Tell them about tea"
    assert shown["private"]["milestone_titles"] == {"pictures": "All pictures", "texts": "All texts"}


@pytest.mark.parametrize("end", ["completion", "cancellation"])
@pytest.mark.parametrize(("days_ago", "passed"), [(2, 3), (0, 5)])
def test_no_day_of_a_campaign_passes_after_its_end(client: Client, end: str, days_ago: int, passed: int) -> None:
    now = datetime.now(UTC)
    starts, ends = (str((now + timedelta(days=days)).date()) for days in (-4, 5))
    campaign = planned(client, starts=starts, ends=ends)
    done(client, f"{campaign}/launch", {"occurred_at": (now - timedelta(days=4)).isoformat()})
    done(client, f"{campaign}/{end}", {"occurred_at": (now - timedelta(days=days_ago)).isoformat()})
    done(client, f"{campaign}/{end}", {"occurred_at": now.isoformat()})
    for shown in (seen(client, campaign), seen(client, "/v1/campaigns")["items"][0]):
        assert shown["progress"]["days"]["numerator"] == passed


def test_progress_without_a_plan_has_no_value_and_a_reason(client: Client) -> None:
    progress = seen(client, planned(client, currency=None))["progress"]
    assert {name: (share["value"], share["reason"]) for name, share in progress.items()} == {
        "milestones": (None, "no milestone is set"),
        "budget": (None, "there is no budget"),
        "days": (None, "the plan has no first and last day"),
        "goal": (None, "no goal is set"),
    }


@on_both_engines
def test_campaigns_are_listed_by_filters(client: Client) -> None:
    spring = planned(client, name="Spring", owner="agent-1", channels=["email"])
    planned(client, name="Summer", team="north", channels=["email", "web"])
    done(client, f"{spring}/launch")
    done(client, f"{spring}/tags", {"tags": ["vip"]})
    assert names(client) == ["Summer", "Spring"]
    assert names(client, sort="name") == ["Spring", "Summer"]
    for wanted in ({"status": "running"}, {"owner": "agent-1"}, {"tag": "vip"}):
        assert names(client, **wanted) == ["Spring"]
    assert names(client, team="north") == names(client, channel="web") == ["Summer"]
    assert names(client, channel="email", status="completed") == []
    first = seen(client, "/v1/campaigns", limit=1)
    assert [campaign["name"] for campaign in client.get(first["next"]).json()["items"]] == ["Spring"]


def test_a_campaign_is_shown_as_it_was(client: Client) -> None:
    external = "/v1/campaigns/by/mailer/2026-spring"
    assert client.put(external, {"name": "Spring", "currency": "EUR", "budget": "10.00"}).status_code == 201
    campaign = f"/v1/campaigns/{seen(client, external)['id']}"
    done(client, f"{campaign}/launch")
    now = seen(client, campaign)
    assert (now["status"], seen(client, campaign, version=1)["status"]) == ("running", "planned")
    assert seen(client, campaign, as_of=now["position"])["status"] == "running"
    assert client.get(campaign, params={"version": 99}).status_code == 404
    *_, launched = seen(client, f"{campaign}/history")["items"]
    assert launched["type"] == "crm.campaign.launched.v1"
    assert launched["changes"]["status"] == {"before": "planned", "after": "running"}


def test_an_analyst_reads_the_plan_without_its_texts(client: Client, key_for: KeyFor) -> None:
    campaign = planned(client, strategy="Call Ada first", goal={"metric": "sales", "target": "10"})
    seen(client, campaign)
    analyst = key_for("analyst")
    for path in (campaign, f"{campaign}/history", "/v1/campaigns"):
        answer = client.get(path, headers=analyst)
        assert answer.status_code == 200
        assert "Call Ada" not in answer.text
    assert client.get(campaign, headers=analyst).json()["goal"] == {"metric": "sales", "target": "10"}


@on_both_engines
def test_members_show_when_they_reached_each_stage(client: Client) -> None:
    campaign, (ada, bob, cyd) = planned(client), customers(client, 3)
    target(client, campaign, ada, bob)
    target(client, campaign, cyd, variant="control")
    touched(
        client,
        campaign,
        {"customer_id": ada, "kind": "clicked", "send_id": "s", "url": "https://example.com/ada", "occurred_at": "2026-03-02"},
        {"customer_id": ada, "kind": "converted", "conversion_id": "c", "value": "9.90", "occurred_at": "2026-03-03"},
        {"customer_id": bob, "kind": "sent", "send_id": "s"},
    )

    def found(**question: Any) -> list[str]:
        return [member["customer_id"] for member in seen(client, f"{campaign}/members", **question)["items"]]

    assert sorted(found()) == sorted((ada, bob, cyd))
    assert found(variant="control") == [cyd]
    assert (found(stage="opened"), found(stage="converted"), found(stage="delivered")) == ([ada], [ada], [bob])
    assert found(variant="short", stage="removed") == []
    [first] = seen(client, f"{campaign}/members", stage="clicked")["items"]
    assert (first["opened_at"], first["converted_at"], first["value"]) == (
        "2026-03-02T00:00:00Z",
        "2026-03-03T00:00:00Z",
        {"EUR": "9.90"},
    )
    page = seen(client, f"{campaign}/members", limit=2)
    rest = client.get(page["next"]).json()["items"]
    assert {member["customer_id"] for member in page["items"] + rest} == {ada, bob, cyd}


def test_a_member_shows_the_events_behind_their_figures(client: Client) -> None:
    campaign, [ada] = planned(client, attribution_window_days=7), customers(client, 1)
    target(client, campaign, ada)
    touched(
        client,
        campaign,
        {"customer_id": ada, "kind": "clicked", "touch_id": "t", "url": "https://example.com/ada"},
        {"customer_id": ada, "kind": "converted", "conversion_id": "c", "value": "9.90"},
    )
    path = f"{campaign}/members/{ada}"
    member, history = seen(client, path), seen(client, f"{path}/history")["items"]
    [clicked], [converted] = member["touches"], member["conversions"]
    assert [clicked["position"], converted["position"]] == [event["position"] for event in history[1:]]
    assert (clicked["kind"], converted["value"], converted["days_after"]) == ("clicked", "9.90", 1)
    assert "example.com" not in client.get(path).text
    assert history[1]["data"]["url"] == "https://example.com/ada"
    assert history[1]["changes"]["opened_at"]["before"] is None
    done(client, f"{path}/touches/retraction", {"touch_id": "t"})
    assert (seen(client, path)["clicked_at"], seen(client, path, version=2)["clicked_at"]) == (None, clicked["at"])


@pytest.mark.parametrize("path", ["", "/history", "/members/{id}", "/members/{id}/history"])
def test_an_unknown_campaign_or_member_is_not_found(client: Client, path: str) -> None:
    assert client.get(f"/v1/campaigns/{uuid4()}{path.format(id=uuid4())}").status_code == 404

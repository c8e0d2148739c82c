"""The campaign effect report over HTTP. The tests of the read model check the figures themselves."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.client import Client
from tests.api.conftest import on_both_engines
from tests.api.customers.given_customers import head, seen
from tests.api.marketing.given_campaigns import customers, planned, target, touched
from tests.api.sales.given_orders import done

REPORT = "/v1/reports/campaign-effect"


def story(client: Client) -> str:
    """Two members are sent a message and one buys for 30.00 EUR and 500 JPY; two more are the control; it cost 10.00 EUR."""
    campaign, (ada, bob, cyd, dan) = planned(client), customers(client, 4)
    target(client, campaign, ada, bob)
    target(client, campaign, cyd, dan, variant="control")
    touched(
        client,
        campaign,
        *({"customer_id": who, "kind": "sent", "send_id": "s", "channel": "email"} for who in (ada, bob)),
        {"customer_id": bob, "kind": "bounced", "send_id": "s", "bounce": "hard"},
        {"customer_id": ada, "kind": "clicked", "send_id": "s", "machine": "false"},
        {"customer_id": ada, "kind": "converted", "conversion_id": "a", "value": "30.00"},
        {"customer_id": ada, "kind": "converted", "conversion_id": "b", "value": "500", "currency": "JPY"},
    )
    done(client, f"{campaign}/spends", {"spend_id": "s1", "amount": "10.00"})
    return campaign.rsplit("/", 1)[-1]


def value(ratio: dict[str, Any]) -> tuple[Any, ...]:
    return ratio["value"], ratio["numerator"], ratio["denominator"], ratio["unit"]


@on_both_engines
def test_a_campaigns_effect_by_currency(client: Client) -> None:
    campaign = story(client)
    report = seen(client, REPORT, campaign_id=campaign, margin="0.5")
    window = {"attribution_window_days": None}
    spring = {"campaign_id": campaign, "campaign": "Spring", "variant": None} | window
    assert [group["group"] for group in report["groups"]] == [spring | {"currency": code} for code in ("EUR", "JPY")]
    euros, yen = (group["measures"] for group in report["groups"])
    assert (euros["sales"]["value"], euros["sales"]["unit"]) == ("30.00", "EUR")
    assert (yen["sales"]["value"], yen["roi"]["reason"], yen["cost"]["reason"]) == ("500", *["spend is in EUR"] * 2)
    assert {name: one["value"] for name, one in euros.items() if one["unit"] == "members" and one["value"] != "0"} == {
        "targeted": "4",
        "sent": "2",
        "delivered": "1",
        "bounced": "1",
        "opened": "1",
        "opened_by_person": "1",
        "clicked": "1",
        "clicked_by_person": "1",
        "converted": "1",
    }
    assert value(euros["click_rate"]) == ("1", 1, 1, "1")
    assert value(euros["conversion_rate"]) == ("0.25", 1, 4, "1")
    assert value(euros["seed_effect"]) == ("7.50", "30.00", 4, "EUR")
    assert [euros[name]["value"] for name in ("cost", "roi", "roas")] == ["10.00", "0.5", "3"]
    means = [(mean["group"]["currency"], mean["measures"]["seed_effect"]["value"]) for mean in report["means"]]
    assert means == [("EUR", "7.50"), ("JPY", "125")]


@on_both_engines
def test_the_effect_of_each_variant_and_of_the_control(client: Client) -> None:
    story(client)
    report = seen(client, REPORT, by="variant")["groups"]
    groups = {(one["group"]["variant"], one["group"]["currency"]): one["measures"] for one in report}
    assert set(groups) == {("short", "EUR"), ("short", "JPY"), ("long", "EUR"), ("control", "EUR")}
    assert value(groups["short", "EUR"]["conversion_rate"]) == ("0.5", 1, 2, "1")
    assert value(groups["control", "EUR"]["conversion_rate"]) == ("0", 0, 2, "1")
    nobody = groups["long", "EUR"]["conversion_rate"]
    assert (nobody["value"], nobody["reason"]) == (None, "no members targeted")


def test_a_report_states_its_days_position_and_definition(client: Client) -> None:
    story(client)
    report = seen(client, REPORT, zone="Europe/Berlin", **{"from": "2020-01-01", "to": "2020-02-01"})
    assert (report["from"], report["to"], report["zone"], report["by"], report["margin"]) == (
        "2020-01-01",
        "2020-02-01",
        "Europe/Berlin",
        "campaign",
        "1",
    )
    assert report["position"] == head(client)
    assert "counts conversion twice" in report["definition"]
    [group] = report["groups"]
    assert [group["measures"][name]["value"] for name in ("targeted", "roi")] == ["0", None]


def test_without_a_campaign_the_report_is_empty(client: Client) -> None:
    report = seen(client, REPORT)
    assert (report["groups"], report["means"]) == ([], [])


@pytest.mark.parametrize(
    "question", [{"by": "channel"}, {"margin": "2"}, {"margin": "NaN"}, {"campaign_id": "1"}, {"from": "x"}]
)
def test_a_report_with_malformed_parameters_is_refused(client: Client, question: dict[str, str]) -> None:
    assert client.get(REPORT, params=question).status_code == 422

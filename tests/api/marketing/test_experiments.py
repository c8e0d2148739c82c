"""The reports that compare the variants of a campaign, over HTTP. The tests of the read models check the figures themselves."""

from __future__ import annotations

import csv
from io import StringIO
from typing import Any

import pytest

from tests.api.client import Client
from tests.api.conftest import on_both_engines
from tests.api.customers.given_customers import head, seen
from tests.api.marketing.given_campaigns import customers, planned, target, touched
from tests.api.sales.given_orders import placed

LIFT, VARIANTS = "/v1/reports/campaign-lift", "/v1/reports/campaign-variants"


def story(client: Client) -> str:
    """Two of three who get the short text buy, one of two with the long one, and one of three in the control.

    All of them bought before.
    """
    shares = [{"code": "short", "share": "0.5"}, {"code": "long", "share": "0.25"}]
    everyone = customers(client, 8)
    for place, customer in enumerate(everyone):
        tea = {"line_id": "a", "name": "Tea", "quantity": "1", "unit_price": f"{place + 1}"}
        placed(client, customer_id=customer, lines=[tea], occurred_at="2024-03-01T10:00+00:00")
    campaign = planned(client, variants=shares, holdout_share="0.25", expected_conversion_difference="0.05")
    for variant, members in (("short", everyone[:3]), ("long", everyone[3:5]), ("control", everyone[5:])):
        target(client, campaign, *members, variant=variant)
    bought = {0: "30.00", 1: "10.00", 3: "25.00", 5: "5.00"}
    touched(
        client,
        campaign,
        *(
            {"customer_id": everyone[place], "kind": "converted", "conversion_id": "a", "value": value}
            for place, value in bought.items()
        ),
    )
    return campaign.rsplit("/", 1)[-1]


def by_variant(report: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {group["group"]["variant"]: group["measures"] for group in report["groups"]}


@on_both_engines
def test_variants_are_compared_with_the_control_and_with_each_other(client: Client) -> None:
    campaign = story(client)
    report = seen(client, LIFT, campaign_id=campaign, covariate="spend")
    assert (report["control"], report["covariate"], report["confidence"]) == ("control", "spend", "0.95")
    assert (report["tau"], report["tau_from"]) == ("0.05", "plan")
    assert report["sample_ratio"]["n"] == 8
    short, control = (by_variant(report)[variant] for variant in ("short", "control"))
    assert [short[name]["value"] for name in ("members", "converted", "conversion_rate")] == ["3", "2", "0.666666666667"]
    assert (short["planned_share"]["value"], control["planned_share"]["value"]) == ("0.5", "0.25")
    assert (short["conversion_difference"]["value"], short["relative_lift"]["value"]) == ("0.333333333333", "1")
    assert short["conversion_difference"]["test"]["adjustment"] == "Holm"
    assert short["conversion_difference"]["interval"]["method"] == "Newcombe"
    revenue = short["revenue_per_member"]
    assert (revenue["value"], revenue["numerator"], revenue["denominator"], revenue["unit"]) == (
        "13.3333333333",
        "40.00",
        3,
        "EUR",
    )
    assert short["revenue_per_member_difference"]["value"] == "11.6666666667"
    # Over all arms, spend falls by 135/42 for each euro spent before; before, the arms spent 2 and 7 on average.
    assert float(short["revenue_per_member_difference_cuped"]["value"]) == pytest.approx(35 / 3 - 5 * 135 / 42, abs=1e-9)
    verdict = report["groups"][1]["verdicts"]["conversion_difference"]
    assert verdict == {"verdict": None, "reason": "Not enough data: an arm has fewer than 20 events"}
    the_probability_that_each_variant_is_the_best(client, campaign)
    a_lift_is_exported_with_a_column_for_each_figure(client, campaign)


def the_probability_that_each_variant_is_the_best(client: Client, campaign: str) -> None:
    report = seen(client, VARIANTS, campaign_id=campaign, members=500, seed=9)
    short, long = (by_variant(report)[variant] for variant in ("short", "long"))
    assert "control" not in by_variant(report)
    # Beta(3, 2) against Beta(2, 2): worked out by hand.
    assert float(short["probability_best"]["value"]) == pytest.approx(22 / 35, abs=1e-9)
    assert int(short["next_members"]["value"]) + int(long["next_members"]["value"]) == 500
    assert (report["members"], report["seed"]) == (500, 9)
    assert seen(client, VARIANTS, campaign_id=campaign, members=500, seed=9)["groups"] == report["groups"]
    chances = [float(one["probability_best_by_revenue"]["value"]) for one in (short, long)]
    assert sum(chances) == pytest.approx(1, abs=1e-7)


def test_a_plan_without_an_expected_difference_has_a_tau_of_one_percent(client: Client) -> None:
    campaign = planned(client)
    report = seen(client, LIFT, campaign_id=campaign.rsplit("/", 1)[-1])
    assert (report["tau"], report["tau_from"]) == ("0.01", "default")


def test_an_unknown_campaign_is_not_there(client: Client) -> None:
    for path in (LIFT, VARIANTS):
        answer = client.get(path, params={"campaign_id": "0198d7a2-0000-7000-8000-000000000000"})
        assert (answer.status_code, answer.json()["type"].rsplit("/")[-1].rsplit(":")[-1]) == (404, "not-there")
        assert client.get(path).status_code == 422


def a_lift_is_exported_with_a_column_for_each_figure(client: Client, campaign: str) -> None:
    question = {"campaign_id": campaign, "after": head(client)}
    answer = client.get(LIFT, params=question, headers={"accept": "text/csv"})
    rows = list(csv.DictReader(StringIO(answer.text)))
    assert [row["group.variant"] for row in rows] == ["control", "short", "long"]
    assert rows[1]["measures.conversion_difference.value"] == "0.333333333333"
    assert rows[1]["verdicts.conversion_difference.reason"].startswith("Not enough data")

"""The channel effect report over HTTP. The tests of the read model check the figures themselves."""

from __future__ import annotations

import csv
from io import StringIO
from typing import Any

import pytest

from tests.api.client import Client
from tests.api.conftest import on_both_engines
from tests.api.customers.given_customers import head, registered, seen
from tests.api.marketing.given_channels import cost, counted, opened
from tests.api.sales.given_orders import TEA, placed

REPORT = "/v1/reports/channel-effect"


def story(client: Client) -> None:
    """Two orders of a new customer in the web shop and one by phone; the web shop has visits and costs."""
    opened(client)
    ada = registered(client).rsplit("/", 1)[-1]
    placed(client, customer_id=ada, occurred_at="2026-01-31")
    placed(client, customer_id=ada, occurred_at="2026-02-03", lines=[TEA])
    placed(client, channel="phone", occurred_at="2026-02-03")
    counted(client, "web", "2026-01-31", visits=5, visitors=4)
    counted(client, "web", "2026-02-03", visits=3)
    cost(client, "web", "2026-02-03", "7.00")


@on_both_engines
def test_each_channels_figures_with_their_numerators_and_denominators(client: Client) -> None:
    story(client)
    report = seen(client, REPORT)
    phone, web = report["groups"]
    assert (web["channel"], web["name"], web["currency"], web["orders"], web["gross"]) == ("web", "Web shop", "EUR", 2, "55.00")
    assert (web["visits"], web["visitors"], web["cost"], web["customers"], web["new_customers"]) == (8, 4, "7.00", 1, 1)
    rate, seed = web["conversion_rate"], web["seed_channel_effect"]
    assert (rate["value"], rate["numerator"], rate["denominator"], rate["reason"]) == ("0.25", 2, 8, None)
    assert (seed["value"], seed["sales"], seed["unit"]) == ("13.7500", "55.00", "EUR")
    assert (web["acquisition_cost"]["value"], web["average_order"]["value"]) == ("7.00", "27.50")
    assert (phone["conversion_rate"]["value"], phone["conversion_rate"]["reason"]) == (None, "no visits were recorded")
    [mean] = report["means"]
    assert (mean["seed_channel_effect"]["value"], mean["without_rate"]) == ("13.7500", 1)
    assert report["position"] == head(client)
    assert "orders / visits" in report["definition"]


@on_both_engines
def test_the_report_covers_the_days_of_the_request(client: Client) -> None:
    story(client)
    february = {"from": "2026-02-01", "to": "2026-03-01", "by": "month", "channel": "web"}
    [web] = seen(client, REPORT, **february)["groups"]
    assert (web["period"], web["visits"], web["orders"], web["new_customers"]) == ("2026-02-01", 3, 1, 0)
    assert web["share_of_sales"]["denominator"] == "55.00"
    assert seen(client, REPORT, **{"from": "2026-03-01"})["groups"] == []


def test_the_report_is_available_as_csv(client: Client) -> None:
    story(client)
    answer = client.get(REPORT, params={"after": head(client)}, headers={"accept": "text/csv"})
    phone, web = csv.DictReader(StringIO(answer.text))
    assert (web["gross"], web["conversion_rate.value"], web["seed_channel_effect.value"]) == ("55.00", "0.25", "13.7500")
    assert (phone["conversion_rate.value"], phone["seed_channel_effect.value"]) == ("", "")


@pytest.mark.parametrize("question", [{"by": ["day", "month"]}, {"by": "year"}, {"from": "soon"}, {"currency": "euro"}])
def test_a_report_with_malformed_parameters_is_refused(client: Client, question: dict[str, Any]) -> None:
    assert client.get(REPORT, params=question).status_code == 422

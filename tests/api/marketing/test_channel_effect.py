"""The channel effect report over HTTP. The tests of the read model check the figures themselves."""

from __future__ import annotations

import csv
from decimal import Decimal
from io import StringIO
from typing import Any

import pytest

from tests.api.client import Client
from tests.api.conftest import on_both_engines
from tests.api.customers.given_customers import head, registered, seen
from tests.api.figures import texts, values
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
    assert web["group"] == {"channel": "web", "currency": "EUR"}
    assert web["channel"] == {"name": "Web shop", "kind": "web", "closed_at": None}
    assert phone["channel"] == {"name": None, "kind": None, "closed_at": None}, "nobody opened it"
    assert texts(web, "orders", "gross", "cost", "acquisition_cost", "average_order") == ["2", "55.00", "7.00", "7.00", "27.50"]
    assert values(web, "visits", "visitors", "customers", "new_customers") == (8, 4, 1, 1)
    rate, seed = web["measures"]["conversion_rate"], web["measures"]["seed_channel_effect"]
    assert (rate["value"], rate["numerator"], rate["denominator"], rate["unit"], rate["reason"]) == ("0.25", 2, 8, "1", None)
    assert (rate["interval"]["method"], rate["interval"]["confidence"]) == ("Wilson", "0.95")
    assert rate["caution"] == "visits of the same person are not independent, so the interval is an approximation"
    assert (seed["value"], seed["numerator"], seed["denominator"], seed["unit"]) == ("13.75", "110.00", 8, "EUR")
    for name in ("visits", "conversion_rate", "seed_channel_effect"):
        found = phone["measures"][name]
        assert (found["value"], found["reason"]) == (None, "no visits were recorded")
    assert phone["measures"]["cost"]["reason"] == "no cost was recorded"
    [mean] = report["means"]
    assert (mean["group"], *values(mean, "seed_channel_effect", "without_rate")) == ({"currency": "EUR"}, Decimal("13.75"), 1)
    assert report["position"] == head(client)
    assert "orders / visits" in report["definition"]


@on_both_engines
def test_the_report_covers_the_days_of_the_request(client: Client) -> None:
    story(client)
    february = {"from": "2026-02-01", "to": "2026-03-01", "by": "month", "channel": "web"}
    [web] = seen(client, REPORT, **february)["groups"]
    assert web["group"] == {"channel": "web", "month": "2026-02-01", "currency": "EUR"}
    assert values(web, "visits", "orders", "new_customers") == (3, 1, 0)
    assert web["measures"]["share_of_sales"]["denominator"] == "55.00"
    assert seen(client, REPORT, **{"from": "2026-03-01"})["groups"] == []


def test_the_report_is_available_as_csv(client: Client) -> None:
    story(client)
    answer = client.get(REPORT, params={"after": head(client)}, headers={"accept": "text/csv"})
    phone, web = csv.DictReader(StringIO(answer.text))
    wanted = ("group.channel", "channel.name", "measures.gross.value", "measures.conversion_rate.value")
    assert [web[name] for name in wanted] == ["web", "Web shop", "55.00", "0.25"]
    assert (phone["measures.conversion_rate.value"], phone["measures.seed_channel_effect.value"]) == ("", "")


@pytest.mark.parametrize("question", [{"by": ["day", "month"]}, {"by": "year"}, {"from": "soon"}, {"currency": "euro"}])
def test_a_report_with_malformed_parameters_is_refused(client: Client, question: dict[str, Any]) -> None:
    assert client.get(REPORT, params=question).status_code == 422

"""The channel sales report over HTTP. The tests of the read model check the figures themselves."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.client import Client
from tests.api.conftest import on_both_engines
from tests.api.customers.given_customers import head, seen
from tests.api.figures import texts
from tests.api.sales.given_orders import TEA, confirmed, done, placed

REPORT = "/v1/reports/channel-sales"


def groups(client: Client, **question: Any) -> list[dict[str, Any]]:
    return list(seen(client, REPORT, **question)["groups"])


def story(client: Client) -> None:
    """Two orders in the web shop, one returned; one in the store in dollars; one test order."""
    order = confirmed(client, occurred_at="2026-01-31T23:30+00:00")
    placed(client, occurred_at="2026-02-03", discounts=[{"kind": "fixed", "amount": "3.00"}])
    placed(client, channel="store", currency="USD", lines=[TEA], occurred_at="2026-02-03")
    placed(client, test=True, occurred_at="2026-02-03")
    done(client, f"{order}/payments", {"amount": "30.00", "occurred_at": "2026-02-01T00:00+00:00"})
    tea = [{"line_id": "tea", "quantity": "2"}]
    done(client, f"{order}/shipments", {"lines": tea, "occurred_at": "2026-02-01T00:00+00:00"})
    done(client, f"{order}/returns", {"lines": tea, "occurred_at": "2026-02-10"})


@on_both_engines
def test_the_sales_of_each_channel_by_currency(client: Client) -> None:
    story(client)
    store, web = groups(client)
    assert (store["group"], texts(store, "orders", "net")) == ({"channel": "store", "currency": "USD"}, ["1", "25.00"])
    assert (web["group"], texts(web, "orders")) == ({"channel": "web", "currency": "EUR"}, ["2"])
    assert texts(web, "gross", "discounts", "returns", "net") == ["60.00", "3.00", "25.00", "32.00"]
    assert texts(web, "captured", "cash_net") == ["30.00", "30.00"]
    assert {name: figure["unit"] for name, figure in web["measures"].items()} == dict.fromkeys(web["measures"], "EUR") | {
        "orders": "orders"
    }
    assert web["measures"]["net"] == {
        "value": "32.00",
        "unit": "EUR",
        "definition": "gross - discounts - returns",
        "reason": None,
    }
    average = web["measures"]["average_order"]
    assert (average["value"], average["numerator"], average["denominator"], average["unit"]) == ("28.50", "57.00", 2, "EUR")


@pytest.mark.parametrize(
    ("discount", "tax", "net"), [("0", "19.00", "100.00"), ("59.50", "9.50", "50.00"), ("119.00", "0.00", "0.00")]
)
def test_gross_is_the_same_with_and_without_a_discount(client: Client, discount: str, tax: str, net: str) -> None:
    tea = {"name": "Tea", "quantity": "1", "unit_price": "119", "taxes": [{"name": "VAT", "rate": "0.19", "amount": tax}]}
    by_line = {"prices_include_tax": True, "lines": [tea | {"discounts": [{"amount": discount}]}]}
    by_order = {"prices_include_tax": True, "lines": [tea], "discounts": [{"kind": "percentage", "amount": discount}]}
    placed(client, channel="by-line", **by_line)
    placed(client, channel="by-order", **by_order)
    assert [texts(group, "gross", "net", "tax") for group in groups(client)] == [["100.00", net, tax]] * 2


def test_returns_count_on_the_day_they_came_back(client: Client) -> None:
    story(client)
    web = groups(client, by=["month", "channel"], channel="web")
    assert [list(group["group"]) for group in web] == [["month", "channel", "currency"]] * 2
    assert [(group["group"]["month"], *texts(group, "gross", "returns")) for group in web] == [
        ("2026-01-01", "30.00", "0.00"),
        ("2026-02-01", "30.00", "25.00"),
    ]


def test_days_are_in_the_zone_of_the_request(client: Client) -> None:
    story(client)
    days = {group["group"]["day"] for group in groups(client, by="day", channel="web", zone="Asia/Shanghai")}
    assert days == {"2026-02-01", "2026-02-03", "2026-02-10"}
    assert groups(client, **{"from": "2026-01-01", "to": "2026-02-01", "zone": "Asia/Shanghai"}) == []
    assert len(groups(client, **{"from": "2026-01-01", "to": "2026-02-01"})) == 1


def test_a_report_states_its_days_position_and_definition(client: Client) -> None:
    story(client)
    report = seen(client, REPORT, zone="Europe/Berlin", currency="EUR", **{"from": "2026-01-01", "to": "2026-03-01"})
    assert (report["from"], report["to"], report["zone"], report["by"]) == (
        "2026-01-01",
        "2026-03-01",
        "Europe/Berlin",
        ["channel"],
    )
    assert report["position"] == head(client)
    assert "returns count on the day of the return" in report["definition"]
    assert {group["group"]["currency"] for group in report["groups"]} == {"EUR"}


def test_without_sales_a_ratio_has_no_value(client: Client) -> None:
    story(client)
    (group,) = groups(client, **{"from": "2026-02-10", "to": "2026-02-11"})
    assert texts(group, "orders", "net", "average_order") == ["0", "-25.00", None]
    assert group["measures"]["average_order"]["reason"] == "no order was placed"
    assert groups(client, **{"from": "2020-01-01", "to": "2020-02-01"}) == []
    assert groups(client, **{"from": "2026-03-01", "to": "2026-01-01"}) == []

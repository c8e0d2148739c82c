"""The reports on sales, buyers and cohorts over HTTP. The tests of the read models check the figures themselves."""

from __future__ import annotations

import base64
import csv
import json
from io import StringIO
from typing import Any

import pytest

from tests.api.client import Client
from tests.api.conftest import on_both_engines
from tests.api.customers.given_customers import head, registered, seen
from tests.api.figures import texts, values
from tests.api.sales.given_orders import TEA, confirmed, done, placed

SALES, BUYERS, COHORTS = "/v1/reports/sales", "/v1/reports/buyers", "/v1/reports/cohorts"


def story(client: Client) -> None:
    """Ada orders tea and a cup in January, and tea in February. One tea is returned. A guest buys by phone."""
    ada = registered(client).rsplit("/", 1)[-1]
    placed(client, customer_id=ada, occurred_at="2026-01-31", discounts=[{"kind": "fixed", "amount": "3.00"}])
    order = confirmed(client, customer_id=ada, occurred_at="2026-02-03", lines=[TEA | {"sku": "T-1", "category": "drinks"}])
    done(client, f"{order}/shipments", {"lines": [{"line_id": "tea", "quantity": "2"}], "occurred_at": "2026-02-04"})
    done(client, f"{order}/returns", {"lines": [{"line_id": "tea", "quantity": "1"}], "occurred_at": "2026-02-10"})
    placed(client, channel="phone", occurred_at="2026-02-03", lines=[TEA])


@on_both_engines
def test_sales_buyers_and_cohorts(client: Client) -> None:
    story(client)
    report = seen(client, SALES, by=["product", "month"], channel="web")
    cup, tea, by_sku = report["groups"]
    assert [group["group"] for group in report["groups"]] == [
        {"product": "Cup", "month": "2026-01-01", "currency": "EUR"},
        {"product": "Green tea", "month": "2026-01-01", "currency": "EUR"},
        {"product": "T-1", "month": "2026-02-01", "currency": "EUR"},
    ]
    assert texts(tea, "units", "gross", "discounts", "net") == ["2", "25.00", "2.50", "22.50"]
    assert by_sku["product"] == {"name": "Green tea"}
    assert texts(by_sku, "units_returned", "returns", "return_rate") == ["1", "12.50", "0.5"]
    units = {name: by_sku["measures"][name]["unit"] for name in ("orders", "units", "gross", "average_price", "return_rate")}
    assert list(units.values()) == ["orders", "units", "EUR", "EUR", "1"]
    assert (report["position"], report["by"], texts(cup, "orders")) == (head(client), ["product", "month"], ["1"])
    [whole] = seen(client, SALES, by="category", category="drinks")["groups"]
    assert "product" not in whole, "what is not a grouping is not described"
    bought = seen(client, BUYERS)["groups"]
    assert [(group["group"], group["measures"]["net"]["value"]) for group in bought] == [
        ({"month": "2026-01-01", "currency": "EUR", "buyer": "new"}, "27.00"),
        ({"month": "2026-02-01", "currency": "EUR", "buyer": "guest"}, "25.00"),
        ({"month": "2026-02-01", "currency": "EUR", "buyer": "returning"}, "12.50"),
    ]
    cohorts = seen(client, COHORTS)["groups"]
    assert [(*group["group"].values(), *values(group, "size", "customers", "retention")) for group in cohorts] == [
        ("2026-01-01", 0, "EUR", 1, 1, 1),
        ("2026-01-01", 1, "EUR", 1, 1, 1),
    ]
    assert [group["measures"]["net"]["value"] for group in cohorts] == ["27.00", "12.50"]
    assert cohorts[1]["measures"]["retention"]["interval"] == {
        "low": "0.206549314377",
        "high": "1",
        "confidence": "0.95",
        "method": "Wilson",
    }


def test_the_best_groups_are_available_as_csv_and_json_lines(client: Client) -> None:
    story(client)
    asked = {"after": head(client), "by": "product", "top": 1, "sort": "gross"}
    answer = client.get(SALES, params=asked, headers={"accept": "text/csv"})
    [best] = csv.DictReader(StringIO(answer.text))
    wanted = ("group.product", "product.name", "measures.gross.value", "measures.average_price.value")
    assert [best[name] for name in wanted] == ["Green tea", "Green tea", "50.00", "11.875"]
    lines = client.get(COHORTS, params={"after": head(client)}, headers={"accept": "application/x-ndjson"}).text
    assert len(lines.splitlines()) == 2


@pytest.mark.parametrize("path", [SALES, BUYERS])
@pytest.mark.parametrize("question", [{"by": ["day", "month"]}, {"by": "year"}, {"from": "soon"}, {"currency": "euro"}])
def test_a_report_with_malformed_parameters_is_refused(client: Client, path: str, question: dict[str, Any]) -> None:
    assert client.get(path, params=question).status_code == 422


@on_both_engines
def test_sales_come_in_pages_that_lead_to_the_next_one(client: Client) -> None:
    story(client)
    asked = {"after": head(client), "by": ["product", "month"], "from": "2026-01-01", "to": "2027-01-01"}
    whole = client.get(SALES, params=asked)
    assert (whole.json()["next"], "link" in whole.headers, len(whole.json()["groups"])) == (None, False, 4)
    for ordered in ({}, {"top": 1}, {"top": 2, "sort": "units"}):
        every = client.get(SALES, params=asked | ordered).json()["groups"]
        first = client.get(SALES, params=asked | ordered | {"limit": 1})
        assert first.headers["link"] == f'<{first.json()["next"]}>; rel="next"'
        groups, page = [], first.json()
        while page["next"]:
            groups += page["groups"]
            page = client.get(page["next"]).json()
        assert groups + page["groups"] == every
        rest = client.get(first.json()["next"], headers={"accept": "application/x-ndjson"}).text
        assert len(rest.splitlines()) == len(every) - 1


def cursor(*place: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(place).encode()).decode()


def test_a_cursor_or_a_limit_that_is_not_one_is_refused(client: Client) -> None:
    ours = "sales:month,product"
    for wrong in (
        cursor(ours, "2026-01-01", ["EUR", "Cup", "more"]),
        cursor(ours, None, ["EUR", "Cup"]),
        cursor(ours, "2026-01-01", ["EUR", 1]),
        cursor("sales:product", "2026-01-01", ["EUR", "Cup"]),
        cursor("orders.placed_at", "2026-01-01", ["EUR", "Cup"]),
        "nowhere",
    ):
        answer = client.get(SALES, params={"by": ["product", "month"], "cursor": wrong})
        assert (answer.status_code, answer.json()["type"]) == (400, "/problems/malformed-cursor")
    sized = cursor("sales:month,product:net", "2026-01-01", ["EUR", "NaN", "Cup"])
    assert client.get(SALES, params={"by": ["product", "month"], "top": 1, "cursor": sized}).status_code == 400
    for limit in (0, 501, "all"):
        assert client.get(SALES, params={"limit": limit}).status_code == 422


def test_a_cursor_that_was_made_up_leads_to_groups_or_to_none(client: Client) -> None:
    story(client)
    for day in ("0001-01-01", "1999-02-03", "9999-12-31"):
        for after in (["", "\x00"], ["EUR", "\U0010ffff"]):
            page = seen(client, SALES, by=["product", "month"], cursor=cursor("sales:month,product", day, after))
            assert len(page["groups"]) == (0 if day.startswith("9") else 4)

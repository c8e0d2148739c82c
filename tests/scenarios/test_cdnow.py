"""Real purchases through the real import: every known fact of the CDNOW sample, read over HTTP."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.api.figures import value, values
from tests.scenarios.recount import Recount

SAMPLE = Path(__file__).parents[1] / "data" / "cdnow"
FILES = (str(SAMPLE / "cdnow.toml"), str(SAMPLE / "CDNOW_sample.txt"))
LINES = [line.split() for line in (SAMPLE / "CDNOW_sample.txt").read_text().splitlines()]
CUSTOMERS, PURCHASES, DOLLARS = 2_357, 6_919, Decimal("244091.94")


@pytest.fixture(scope="module")
def report(recount: Recount) -> dict[str, Any]:
    """Given the sample, imported by the command line."""
    answer: dict[str, Any] = recount.run("import", *FILES)
    return answer


def test_every_row_is_accepted_and_none_refused(report: dict[str, Any]) -> None:
    assert (report["rows"], report["refused"], report["skipped"]) == (PURCHASES, 0, 0)
    assert report["accepted"] + report["repeated"] == PURCHASES


def test_all_customers_are_listed(recount: Recount, report: dict[str, Any]) -> None:
    customers = recount.all("/v1/customers", after=report["position"])
    assert len({customer["id"] for customer in customers}) == len(customers) == CUSTOMERS


def test_all_purchases_are_counted_and_their_sum_is_exact(recount: Recount, report: dict[str, Any]) -> None:
    answer = recount.get("/v1/reports/channel-sales", after=report["position"]).json()
    [group] = answer["groups"]
    assert (group["group"], value(group, "orders")) == ({"channel": "web", "currency": "USD"}, PURCHASES)
    assert value(group, "gross") == value(group, "net") == DOLLARS


def test_each_day_keeps_its_own_date_in_every_zone(recount: Recount, report: dict[str, Any]) -> None:
    def by_month(zone: str) -> dict[str, tuple[Any, ...]]:
        groups = recount.get("/v1/reports/channel-sales", after=report["position"], by="month", zone=zone).json()["groups"]
        return {group["group"]["month"][:7]: values(group, "orders", "gross") for group in groups}

    expected: dict[str, tuple[int, Decimal]] = {}
    for _, _, day, _, dollars in LINES:
        orders, sum = expected.get(f"{day[:4]}-{day[4:6]}", (0, Decimal(0)))
        expected[f"{day[:4]}-{day[4:6]}"] = orders + 1, sum + Decimal(dollars)
    assert (min(expected), max(expected)) == ("1997-01", "1998-06")
    assert by_month("Pacific/Kiritimati") == by_month("Pacific/Pago_Pago") == by_month("UTC") == expected


def test_exact_duplicates_and_purchases_of_zero_dollars_are_kept(recount: Recount, report: dict[str, Any]) -> None:
    orders = recount.all("/v1/orders", after=report["position"])
    assert len(orders) == PURCHASES
    assert sum(Decimal(order["total"]) == 0 for order in orders) == sum(Decimal(dollars) == 0 for *_, dollars in LINES) > 0
    duplicates = PURCHASES - len({tuple(line) for line in LINES})
    listed = [(order["customer_id"], order["placed_on"], order["gross"]) for order in orders]
    assert PURCHASES - len(set(listed)) >= duplicates > 0


def test_a_customers_money_is_the_sum_of_their_rows(recount: Recount, report: dict[str, Any]) -> None:
    for name in ("00004", "00111"):
        rows = [line for line in LINES if line[0] == name]
        customer = recount.get(f"/v1/customers/by/cdnow/{name}", after=report["position"]).json()
        money = customer["money"]["USD"]
        assert money["orders"] == len(rows)
        assert Decimal(money["gross"]) == sum(Decimal(dollars) for *_, dollars in rows)
        days = sorted(f"{day[:4]}-{day[4:6]}-{day[6:]}" for _, _, day, *_ in rows)
        assert (money["first_order_on"], money["last_order_on"]) == (days[0], days[-1])


def test_importing_again_changes_nothing(recount: Recount, report: dict[str, Any]) -> None:
    before = recount.get("/v1/events", limit=1).headers["Position"]
    again = recount.run("import", *FILES)
    assert (again["accepted"], again["repeated"], again["refused"]) == (0, PURCHASES, 0)
    assert recount.get("/v1/events", limit=1).headers["Position"] == before


@pytest.mark.parametrize("name", ["customer_view", "orders", "channel_sales"])
def test_a_read_model_equals_its_rebuild(recount: Recount, report: dict[str, Any], name: str) -> None:
    """These read models give the answers above. The day in the life of a customer checks all others."""
    recount.get("/v1/customers", after=report["position"])
    assert recount.run("rebuild", name, "--check")["same"]

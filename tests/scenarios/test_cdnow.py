"""Real purchases through the real import: every known fact of the CDNOW sample, read over HTTP.

The distributed deployment imports the purchases of the first customers only, and must answer the same of them.
"""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.api.figures import value, values
from tests.scenarios.known_files import beginning
from tests.scenarios.recount import Recount

FOLDER = Path(__file__).parents[1] / "data" / "cdnow"
MAPPING, SAMPLE = FOLDER / "cdnow.toml", FOLDER / "CDNOW_sample.txt"
CUSTOMERS, PURCHASES, DOLLARS = 2_357, 6_919, Decimal("244091.94")
PART = 1_500


@pytest.fixture(scope="module")
def file(recount: Recount, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return beginning(SAMPLE, tmp_path_factory.mktemp("files"), PART, header=0) if recount.settings.distributed else SAMPLE


@pytest.fixture(scope="module")
def lines(file: Path) -> list[list[str]]:
    return lines_of(file)


def lines_of(file: Path) -> list[list[str]]:
    return [line.split() for line in file.read_text().splitlines()]


@pytest.fixture(scope="module")
def report(recount: Recount, file: Path) -> dict[str, Any]:
    """Given the purchases, imported by the command line."""
    answer: dict[str, Any] = recount.run("import", str(MAPPING), str(file))
    return answer


def test_what_is_known_of_the_sample_is_so() -> None:
    sample = lines_of(SAMPLE)
    customers, dollars = {name for name, *_ in sample}, sum(Decimal(dollars) for *_, dollars in sample)
    assert (len(customers), len(sample), dollars) == (CUSTOMERS, PURCHASES, DOLLARS)


def test_every_row_is_accepted_and_none_refused(report: dict[str, Any], lines: list[list[str]]) -> None:
    assert (report["rows"], report["refused"], report["skipped"]) == (len(lines), 0, 0)
    assert report["accepted"] + report["repeated"] == len(lines)


def test_all_customers_are_listed(recount: Recount, report: dict[str, Any], lines: list[list[str]]) -> None:
    customers = recount.all("/v1/customers", after=report["position"])
    assert len({customer["id"] for customer in customers}) == len(customers) == len({name for name, *_ in lines})


def test_all_purchases_are_counted_and_their_sum_is_exact(
    recount: Recount, report: dict[str, Any], lines: list[list[str]]
) -> None:
    answer = recount.get("/v1/reports/channel-sales", after=report["position"]).json()
    [group] = answer["groups"]
    assert (group["group"], value(group, "orders")) == ({"channel": "web", "currency": "USD"}, len(lines))
    assert value(group, "gross") == value(group, "net") == sum(Decimal(dollars) for *_, dollars in lines)


def test_each_day_keeps_its_own_date_in_every_zone(recount: Recount, report: dict[str, Any], lines: list[list[str]]) -> None:
    def by_month(zone: str) -> dict[str, tuple[Any, ...]]:
        groups = recount.get("/v1/reports/channel-sales", after=report["position"], by="month", zone=zone).json()["groups"]
        return {group["group"]["month"][:7]: values(group, "orders", "gross") for group in groups}

    expected: dict[str, tuple[int, Decimal]] = {}
    for _, _, day, _, dollars in lines:
        orders, sum = expected.get(f"{day[:4]}-{day[4:6]}", (0, Decimal(0)))
        expected[f"{day[:4]}-{day[4:6]}"] = orders + 1, sum + Decimal(dollars)
    assert (min(expected), max(expected)) == ("1997-01", "1998-06")
    assert by_month("Pacific/Kiritimati") == by_month("Pacific/Pago_Pago") == by_month("UTC") == expected


def test_exact_duplicates_and_purchases_of_zero_dollars_are_kept(
    recount: Recount, report: dict[str, Any], lines: list[list[str]]
) -> None:
    orders = recount.all("/v1/orders", after=report["position"])
    assert len(orders) == len(lines)
    assert sum(Decimal(order["total"]) == 0 for order in orders) == sum(Decimal(dollars) == 0 for *_, dollars in lines) > 0
    duplicates = len(lines) - len({tuple(line) for line in lines})
    listed = [(order["customer_id"], order["placed_on"], order["gross"]) for order in orders]
    assert len(lines) - len(set(listed)) >= duplicates > 0


def test_a_customers_money_is_the_sum_of_their_rows(recount: Recount, report: dict[str, Any], lines: list[list[str]]) -> None:
    for name in ("00004", "00111"):
        rows = [line for line in lines if line[0] == name]
        customer = recount.get(f"/v1/customers/by/cdnow/{name}", after=report["position"]).json()
        money = customer["money"]["USD"]
        assert money["orders"] == len(rows)
        assert Decimal(money["gross"]) == sum(Decimal(dollars) for *_, dollars in rows)
        days = sorted(f"{day[:4]}-{day[4:6]}-{day[6:]}" for _, _, day, *_ in rows)
        assert (money["first_order_on"], money["last_order_on"]) == (days[0], days[-1])


def test_importing_again_changes_nothing(recount: Recount, report: dict[str, Any], file: Path) -> None:
    before = recount.get("/v1/events", limit=1).headers["Position"]
    again = recount.run("import", str(MAPPING), str(file))
    assert (again["accepted"], again["repeated"], again["refused"]) == (0, report["rows"], 0)
    assert recount.get("/v1/events", limit=1).headers["Position"] == before


@pytest.mark.parametrize("name", ["customer_view", "orders", "channel_sales"])
def test_a_read_model_equals_its_rebuild(recount: Recount, report: dict[str, Any], name: str) -> None:
    """These read models give the answers above. The day in the life of a customer checks all others."""
    recount.get("/v1/customers", after=report["position"])
    assert recount.run("rebuild", name, "--check")["same"]

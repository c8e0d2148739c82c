"""Real files with known answers, through the real import: every known fact, read over HTTP.

An experiment with three arms, the log of a help desk, customers with their spending, and customers with six campaigns. One
deployment imports them all, one after the other, while the read models follow.
"""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.scenarios.recount import Recount

MAPPINGS = Path(__file__).parents[1] / "data" / "mappings"
DATA = Path(__file__).parents[3] / "shared" / "data"
FILES = {
    "wholesale": "wholesale/wholesale_customers.csv",
    "customer_personality": "customer_personality/marketing_campaign_full.csv",
    "helpdesk": "helpdesk/Helpdesk.csv",
    "hillstrom": "hillstrom/hillstrom.csv",
}
ROWS = {"wholesale": 440, "customer_personality": 2_240, "helpdesk": 21_348, "hillstrom": 64_000}

pytestmark = pytest.mark.skipif(not DATA.exists(), reason="the real files are not next to the repository, in ../shared/data")

Report = dict[str, Any]


class Imported(NamedTuple):
    """The report of each import, and the highest position of them."""

    reports: Mapping[str, Report]
    position: int


@pytest.fixture(scope="module")
def imported(recount: Recount) -> Imported:
    """Given all files, imported by the command line and followed by the read models."""
    reports = {name: recount.run("import", *arguments(name)) for name in FILES}
    position = max(report["position"] for report in reports.values())
    paths = ("/v1/customers", "/v1/tickets", "/v1/reports/ticket-times", "/v1/reports/campaign-effect")
    recount.caught_up(position, *paths)
    return Imported(reports, position)


def arguments(name: str) -> tuple[str, str]:
    return str(MAPPINGS / f"{name}.toml"), str(DATA / FILES[name])


def test_every_row_is_imported_and_none_refused(imported: Imported) -> None:
    assert {name: (report["rows"], report["refused"], report["skipped"]) for name, report in imported.reports.items()} == {
        name: (rows, 0, 0) for name, rows in ROWS.items()
    }


# The experiment


def test_the_arms_of_the_experiment_are_those_of_the_source(recount: Recount, imported: Imported) -> None:
    arms = {
        group["variant"]: (
            group["funnel"]["targeted"],
            group["funnel"]["visited"],
            group["funnel"]["converted"],
            Decimal(group["sales"]),
            group["currency"],
        )
        for group in effects(recount, by="variant", campaign_id=campaign(recount, "hillstrom", "e-mail")["id"])
    }
    assert arms == {
        "mens": (21_307, 3_894, 267, Decimal("30311.69"), "USD"),
        "womens": (21_387, 3_238, 189, Decimal("23038.11"), "USD"),
        "control": (21_306, 2_262, 122, Decimal("13908.33"), "USD"),
    }


def test_identical_rows_are_different_customers(recount: Recount, imported: Imported) -> None:
    with (DATA / FILES["hillstrom"]).open() as file:
        lines = file.read().splitlines()[1:]
    duplicates = len(lines) - len(set(lines))
    [effect] = effects(recount, campaign_id=campaign(recount, "hillstrom", "e-mail")["id"])
    assert (duplicates, effect["funnel"]["targeted"]) == (6_562, 64_000)


def test_a_customer_of_the_experiment_has_the_values_of_their_row(recount: Recount, imported: Imported) -> None:
    with (DATA / FILES["hillstrom"]).open() as file:
        line, row = next((line, row) for line, row in enumerate(csv.DictReader(file), 2) if row["conversion"] == "1")
    customer = recount.get(f"/v1/customers/by/hillstrom/{line}").json()
    assert customer["attributes"]["history"] == float(row["history"])
    members = f"/v1/campaigns/{campaign(recount, 'hillstrom', 'e-mail')['id']}/members"
    [conversion] = recount.get(f"{members}/{customer['id']}").json()["conversions"]
    assert Decimal(conversion["value"]) == Decimal(row["spend"])


# The help desk


def test_every_ticket_of_the_log_is_listed_once(recount: Recount, imported: Imported) -> None:
    tickets = recount.every("/v1/tickets")
    assert len({ticket["number"] for ticket in tickets}) == len(tickets) == len(log()) == 4_580


def test_as_many_tickets_end_closed_as_in_the_source(recount: Recount, imported: Imported) -> None:
    closed = recount.every("/v1/tickets", status="closed")
    assert sum(ticket["closed_at"] == ticket["last_activity_at"] for ticket in closed) == 4_557


def test_tickets_are_resolved_as_many_times_as_in_the_source(recount: Recount, imported: Imported) -> None:
    resolutions = {number: sum(row["Activity"] == "Resolve ticket" for row in rows) for number, rows in log().items()}
    again = {number: count for number, count in resolutions.items() if count > 1}
    tickets = recount.every("/v1/tickets", solved_more_than_once=True)
    assert {ticket["number"]: ticket["solutions"] for ticket in tickets} == again
    report = recount.get("/v1/reports/ticket-times", date="opened").json()
    assert report["total"]["solved_more_than_once"] == len(again) == 386


def test_the_time_from_opening_to_last_event_is_that_of_the_source(recount: Recount, imported: Imported) -> None:
    measure = recount.get("/v1/reports/ticket-times", date="opened").json()["total"]["measures"]["last_activity"]
    days = Decimal(86_400)
    assert measure["count"] == 4_580
    assert round(Decimal(measure["mean"]["value"]) / days, 4) == Decimal("40.8584")
    assert round(Decimal(measure["p50"]) / days, 4) == Decimal("39.8592")


# The spending of customers


def test_the_spending_of_customers_adds_up_to_the_sums_of_the_source(recount: Recount, imported: Imported) -> None:
    customers = recount.every("/v1/customers", kind="organisation")
    sums = {name: sum(customer["attributes"][name] for customer in customers) for name in SPENT}
    assert (len(customers), sums) == (440, SPENT)


SPENT = {
    "fresh": 5_280_131,
    "milk": 2_550_357,
    "grocery": 3_498_562,
    "frozen": 1_351_650,
    "detergents_paper": 1_267_857,
    "delicassen": 670_943,
}


# Customers and their campaigns


def test_customers_without_an_income_have_none(recount: Recount, imported: Imported) -> None:
    customers = recount.every("/v1/customers", kind="person", registered_from="2012-07-01")
    assert len(customers) == 2_240
    assert sum("income" not in customer["attributes"] for customer in customers) == 24
    assert sum(customer["attributes"]["complained"] for customer in customers) == 21


def test_a_fit_on_income_leaves_out_customers_without_one(recount: Recount, imported: Imported) -> None:
    body = {"name": "by-income", "features": ["attribute:income", "attribute:wines"], "k": 3, "activate": False}
    fitted = recount.api.post("/v1/segment-models", json=body)
    assert fitted.status_code == 201, fitted.text
    model = recount.get("/v1/segment-models/by-income", after=fitted.headers["Position"]).json()
    assert (model["customers"], model["left_out"]) == (2_240 - 24, 440 + 24 + 64_000)


def test_each_campaign_was_accepted_as_many_times_as_in_the_source(recount: Recount, imported: Imported) -> None:
    counts = {}
    for name in ("cmp1", "cmp2", "cmp3", "cmp4", "cmp5", "response"):
        [effect] = effects(recount, campaign_id=campaign(recount, "personality", name)["id"])
        counts[name] = (effect["funnel"]["targeted"], effect["funnel"]["responded"])
    accepted = {"cmp1": 144, "cmp2": 30, "cmp3": 163, "cmp4": 167, "cmp5": 163, "response": 334}
    assert counts == {name: (2_240, count) for name, count in accepted.items()}


# Repeated imports


@pytest.mark.parametrize("name", ["wholesale", "helpdesk"])
def test_importing_again_changes_nothing(recount: Recount, imported: Imported, name: str) -> None:
    again = recount.run("import", *arguments(name))
    assert (again["accepted"], again["repeated"], again["refused"]) == (0, ROWS[name], 0)
    assert events_since(recount, imported, again) == []


def test_importing_the_first_rows_as_another_file_changes_nothing(recount: Recount, imported: Imported, tmp_path: Path) -> None:
    mapping, whole = arguments("hillstrom")
    part = tmp_path / "part.csv"
    part.write_text("".join(Path(whole).read_text().splitlines(keepends=True)[:2_001]))
    again = recount.run("import", mapping, str(part))
    assert (again["accepted"], again["repeated"], again["refused"]) == (0, 2_000, 0)
    recorded = events_since(recount, imported, again)
    assert [event["type"] for event in recorded] == ["crm.import.started.v2", "crm.import.completed.v1"]


def events_since(recount: Recount, imported: Imported, again: Report) -> list[dict[str, Any]]:
    """The events of a repeated import, after all files were imported."""
    answer = recount.get("/v1/events", cursor=imported.position, correlation=again["import_id"]).json()
    events: list[dict[str, Any]] = answer["items"]
    return events


def campaign(recount: Recount, system: str, name: str) -> dict[str, Any]:
    answer: dict[str, Any] = recount.get(f"/v1/campaigns/by/{system}/{name}").json()
    return answer


def effects(recount: Recount, **params: Any) -> list[dict[str, Any]]:
    groups: list[dict[str, Any]] = recount.get("/v1/reports/campaign-effect", **params).json()["groups"]
    return groups


def log() -> dict[str, list[dict[str, str]]]:
    """The rows of the help desk's log by ticket."""
    by_ticket: dict[str, list[dict[str, str]]] = defaultdict(list)
    with (DATA / FILES["helpdesk"]).open() as file:
        for row in csv.DictReader(file):
            by_ticket[row["case:concept:name"]].append(row)
    return by_ticket

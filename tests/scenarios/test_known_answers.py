"""Real files with known answers, through the real import: every known fact, read over HTTP.

The log of a help desk, customers with their spending, and customers with six campaigns. Each deployment imports them all, one
after the other, while the read models follow.
"""

from __future__ import annotations

import csv
from collections import defaultdict
from datetime import datetime
from decimal import Decimal

import pytest
from statsmodels.duration.survfunc import SurvfuncRight

from tests.scenarios.known_files import DATA, Imported, arguments, campaign, effects, events_since, imported_by, needs_data
from tests.scenarios.recount import Recount

FILES = {
    "wholesale": "wholesale/wholesale_customers.csv",
    "customer_personality": "customer_personality/marketing_campaign_full.csv",
    "helpdesk": "helpdesk/Helpdesk.csv",
}
ROWS = {"wholesale": 440, "customer_personality": 2_240, "helpdesk": 21_348}

pytestmark = needs_data


@pytest.fixture(scope="module")
def imported(recount: Recount) -> Imported:
    """Given all files, imported by the command line and followed by the read models."""
    paths = ("/v1/customers", "/v1/tickets", "/v1/reports/ticket-times", "/v1/reports/campaign-effect")
    return imported_by(recount, FILES, *paths)


def test_every_row_is_imported_and_none_refused(imported: Imported) -> None:
    assert {name: (report["rows"], report["refused"], report["skipped"]) for name, report in imported.reports.items()} == {
        name: (rows, 0, 0) for name, rows in ROWS.items()
    }


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
    assert report["total"]["measures"]["solved_more_than_once"]["value"] == str(len(again)) == "386"


def test_the_time_from_opening_to_last_event_is_that_of_the_source(recount: Recount, imported: Imported) -> None:
    measures = recount.get("/v1/reports/ticket-times", date="opened").json()["total"]["measures"]
    mean, median = (measures[f"last_activity_{name}"] for name in ("mean", "p50"))
    days = Decimal(86_400)
    assert mean["n"] == 4_580
    assert round(Decimal(mean["value"]) / days, 4) == Decimal("40.8584")
    assert round(Decimal(median["value"]) / days, 4) == Decimal("39.8592")


def test_the_median_wait_of_all_tickets_is_that_of_a_survival_curve(recount: Recount, imported: Imported) -> None:
    waits = [first_resolution(rows) for rows in log().values()]
    # A ticket that is still open has waited for years longer than any other took.
    oracle = SurvfuncRight([10.0**9 if took is None else took for took in waits], [took is not None for took in waits])
    measures = recount.get("/v1/reports/waiting-times").json()["total"]["measures"]
    assert (measures["tickets"]["value"], measures["censored"]["value"]) == ("4580", str(waits.count(None)))
    for name, part in (("median", 0.5), ("p90", 0.9)):
        figure, bounds = measures[name], oracle.quantile_ci(part, method="cloglog")
        assert float(figure["value"]) == oracle.quantile(part), name
        assert tuple(float(figure["interval"][bound]) for bound in ("low", "high")) == bounds, name


def first_resolution(rows: list[dict[str, str]]) -> float | None:
    """Seconds from the first event to the first that resolves or closes; None if there is none."""
    times = sorted((datetime.fromisoformat(row["time:timestamp"]), row["Activity"]) for row in rows)
    ends = [at for at, activity in times if activity in {"Resolve ticket", "Closed"}]
    return (ends[0] - times[0][0]).total_seconds() if ends else None


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
    assert (model["customers"], model["left_out"]) == (2_240 - 24, 440 + 24)


def test_each_campaign_was_accepted_as_many_times_as_in_the_source(recount: Recount, imported: Imported) -> None:
    counts = {}
    for name in ("cmp1", "cmp2", "cmp3", "cmp4", "cmp5", "response"):
        [effect] = effects(recount, campaign_id=campaign(recount, "personality", name)["id"])
        counts[name] = tuple(int(effect["measures"][stage]["value"]) for stage in ("targeted", "responded"))
    accepted = {"cmp1": 144, "cmp2": 30, "cmp3": 163, "cmp4": 167, "cmp5": 163, "response": 334}
    assert counts == {name: (2_240, count) for name, count in accepted.items()}


# Repeated imports


@pytest.mark.parametrize("name", ["wholesale", "helpdesk"])
def test_importing_again_changes_nothing(recount: Recount, imported: Imported, name: str) -> None:
    again = recount.run("import", *arguments(name, FILES[name]))
    assert (again["accepted"], again["repeated"], again["refused"]) == (0, ROWS[name], 0)
    assert events_since(recount, imported, again) == []


def log() -> dict[str, list[dict[str, str]]]:
    """The rows of the help desk's log by ticket."""
    by_ticket: dict[str, list[dict[str, str]]] = defaultdict(list)
    with (DATA / FILES["helpdesk"]).open() as file:
        for row in csv.DictReader(file):
            by_ticket[row["case:concept:name"]].append(row)
    return by_ticket

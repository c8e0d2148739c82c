"""Real files with known answers, through the real import: every known fact, read over HTTP.

The log of a help desk, customers with their spending, and customers with six campaigns. Each deployment imports them, one
after the other, while the read models follow.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from statistics import mean, median

import pytest
from statsmodels.duration.survfunc import SurvfuncRight

from tests.scenarios.known_files import (
    DATA,
    Imported,
    arguments,
    campaign,
    effects,
    events_since,
    imported_by,
    needs_data,
    rows_of,
    whole_or,
)
from tests.scenarios.recount import Recount

FILES = {
    "wholesale": DATA / "wholesale/wholesale_customers.csv",
    "customer_personality": DATA / "customer_personality/marketing_campaign_full.csv",
    "helpdesk": DATA / "helpdesk/Helpdesk.csv",
}
ROWS = {"wholesale": 440, "customer_personality": 2_240, "helpdesk": 21_348}
PARTS = {"wholesale": 440, "customer_personality": 500, "helpdesk": 4_005}
DAY = 86_400

Rows = Sequence[dict[str, str]]
Tickets = Mapping[str, Rows]

pytestmark = needs_data


@pytest.fixture(scope="module")
def imported(recount: Recount, tmp_path_factory: pytest.TempPathFactory) -> Imported:
    """Given all files, imported by the command line and followed by the read models."""
    folder = tmp_path_factory.mktemp("files")
    files = {name: whole_or(PARTS[name], file, recount, folder) for name, file in FILES.items()}
    paths = ("/v1/customers", "/v1/tickets", "/v1/reports/ticket-times", "/v1/reports/campaign-effect")
    return imported_by(recount, files, *paths)


@pytest.mark.parametrize("name", FILES)
def test_the_files_have_as_many_rows_as_their_sources_say(name: str) -> None:
    assert len(rows_of(FILES[name])) == ROWS[name]


def test_every_row_is_imported_and_none_refused(imported: Imported) -> None:
    assert {name: (report["rows"], report["refused"], report["skipped"]) for name, report in imported.reports.items()} == {
        name: (len(imported.rows(name)), 0, 0) for name in FILES
    }


# The help desk


def test_what_is_known_of_the_help_desk_is_so() -> None:
    tickets = tickets_of(rows_of(FILES["helpdesk"]))
    open_for = [last_activity(rows) / DAY for rows in tickets.values()]
    assert (len(tickets), closed_at_the_end(tickets), len(resolved_more_than_once(tickets))) == (4_580, 4_557, 386)
    assert (round(mean(open_for), 4), round(median(open_for), 4)) == (40.8584, 39.8592)


def test_every_ticket_of_the_log_is_listed_once(recount: Recount, log: Tickets) -> None:
    tickets = recount.every("/v1/tickets")
    assert len({ticket["number"] for ticket in tickets}) == len(tickets) == len(log)


def test_as_many_tickets_end_closed_as_in_the_source(recount: Recount, log: Tickets) -> None:
    closed = recount.every("/v1/tickets", status="closed")
    assert sum(ticket["closed_at"] == ticket["last_activity_at"] for ticket in closed) == closed_at_the_end(log)


def test_tickets_are_resolved_as_many_times_as_in_the_source(recount: Recount, log: Tickets) -> None:
    again = resolved_more_than_once(log)
    tickets = recount.every("/v1/tickets", solved_more_than_once=True)
    assert {ticket["number"]: ticket["solutions"] for ticket in tickets} == again
    report = recount.get("/v1/reports/ticket-times", date="opened").json()
    assert report["total"]["measures"]["solved_more_than_once"]["value"] == str(len(again))


def test_the_time_from_opening_to_last_event_is_that_of_the_source(recount: Recount, log: Tickets) -> None:
    measures = recount.get("/v1/reports/ticket-times", date="opened").json()["total"]["measures"]
    open_for = [last_activity(rows) for rows in log.values()]
    assert measures["last_activity_mean"]["n"] == len(log)
    assert float(measures["last_activity_mean"]["value"]) == pytest.approx(mean(open_for), abs=0.001)
    assert float(measures["last_activity_p50"]["value"]) == pytest.approx(median(open_for), abs=0.001)


def test_the_median_wait_of_all_tickets_is_that_of_a_survival_curve(recount: Recount, log: Tickets) -> None:
    waits = [first_resolution(rows) for rows in log.values()]
    # A ticket that is still open has waited for years longer than any other took.
    oracle = SurvfuncRight([10.0**9 if took is None else took for took in waits], [took is not None for took in waits])
    measures = recount.get("/v1/reports/waiting-times").json()["total"]["measures"]
    assert (measures["tickets"]["value"], measures["censored"]["value"]) == (str(len(log)), str(waits.count(None)))
    for name, part in (("median", 0.5), ("p90", 0.9)):
        figure, bounds = measures[name], oracle.quantile_ci(part, method="cloglog")
        assert float(figure["value"]) == oracle.quantile(part), name
        assert tuple(float(figure["interval"][bound]) for bound in ("low", "high")) == bounds, name


def first_resolution(rows: Rows) -> float | None:
    """Seconds from the first event to the first that resolves or closes; None if there is none."""
    times = in_order(rows)
    ends = [at for at, _, activity in times if activity in {"Resolve ticket", "Closed"}]
    return (ends[0] - times[0][0]).total_seconds() if ends else None


def last_activity(rows: Rows) -> float:
    """Seconds from the first event to the last one."""
    times = in_order(rows)
    return (times[-1][0] - times[0][0]).total_seconds()


def closed_at_the_end(tickets: Tickets) -> int:
    return sum(in_order(rows)[-1][2] == "Closed" for rows in tickets.values())


def resolved_more_than_once(tickets: Tickets) -> dict[str, int]:
    """How often, by ticket."""
    resolutions = {number: sum(row["Activity"] == "Resolve ticket" for row in rows) for number, rows in tickets.items()}
    return {number: count for number, count in resolutions.items() if count > 1}


def in_order(rows: Rows) -> list[tuple[datetime, int, str]]:
    """The time, the number and the activity of a ticket's events. Those of the same second are in the order of the log."""
    return sorted((datetime.fromisoformat(row["time:timestamp"]), n, row["Activity"]) for n, row in enumerate(rows))


def tickets_of(rows: Rows) -> Tickets:
    tickets: dict[str, list[dict[str, str]]] = defaultdict(list)
    for row in rows:
        tickets[row["case:concept:name"]].append(row)
    return tickets


@pytest.fixture(scope="module")
def log(imported: Imported) -> Tickets:
    """The rows of the help desk's log, as far as it is imported, by ticket."""
    return tickets_of(imported.rows("helpdesk"))


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


ANSWERED = {**{f"cmp{n}": f"AcceptedCmp{n}" for n in range(1, 6)}, "response": "Response"}


def test_what_is_known_of_the_customers_is_so() -> None:
    people = rows_of(FILES["customer_personality"])
    assert (without_an_income(people), yes(people, "Complain")) == (24, 21)
    accepted = {"cmp1": 144, "cmp2": 30, "cmp3": 163, "cmp4": 167, "cmp5": 163, "response": 334}
    assert {name: yes(people, column) for name, column in ANSWERED.items()} == accepted


def test_customers_without_an_income_have_none(recount: Recount, people: Rows) -> None:
    customers = recount.every("/v1/customers", kind="person", registered_from="2012-07-01")
    assert len(customers) == len(people)
    assert sum("income" not in customer["attributes"] for customer in customers) == without_an_income(people)
    assert sum(customer["attributes"]["complained"] for customer in customers) == yes(people, "Complain")


def test_a_fit_on_income_leaves_out_customers_without_one(recount: Recount, people: Rows) -> None:
    body = {"name": "by-income", "features": ["attribute:income", "attribute:wines"], "k": 3, "activate": False}
    fitted = recount.api.post("/v1/segment-models", json=body)
    assert fitted.status_code == 201, fitted.text
    model = recount.get("/v1/segment-models/by-income", after=fitted.headers["Position"]).json()
    left_out = without_an_income(people)
    assert (model["customers"], model["left_out"]) == (len(people) - left_out, ROWS["wholesale"] + left_out)


def test_each_campaign_was_accepted_as_many_times_as_in_the_source(recount: Recount, people: Rows) -> None:
    counts = {}
    for name in ANSWERED:
        [effect] = effects(recount, campaign_id=campaign(recount, "personality", name)["id"])
        counts[name] = tuple(int(effect["measures"][stage]["value"]) for stage in ("targeted", "responded"))
    assert counts == {name: (len(people), yes(people, column)) for name, column in ANSWERED.items()}


def without_an_income(people: Rows) -> int:
    return sum(not row["Income"] for row in people)


def yes(people: Rows, column: str) -> int:
    return sum(row[column] == "1" for row in people)


@pytest.fixture(scope="module")
def people(imported: Imported) -> Rows:
    return imported.rows("customer_personality")


# Repeated imports


@pytest.mark.parametrize("name", ["wholesale", "helpdesk"])
def test_importing_again_changes_nothing(recount: Recount, imported: Imported, name: str) -> None:
    again = recount.run("import", *arguments(name, imported.files[name]))
    assert (again["accepted"], again["repeated"], again["refused"]) == (0, len(imported.rows(name)), 0)
    assert events_since(recount, imported, again) == []

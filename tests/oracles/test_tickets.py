"""From exports of the API, a short script computes the same processing times of a real help desk's log as Recount."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pandas
import pytest

from commands.importing.mapping import parse_mapping
from commands.importing.run import run_import
from domain.shared.events import Actor
from infra.processes.parts import Parts
from tests.api.client import Client
from tests.api.customers.given_customers import seen
from tests.oracles.tickets import of_list, processing_time

MAPPING = Path(__file__).parents[1] / "data" / "mappings" / "helpdesk.toml"
HELPDESK = Path(__file__).parents[3] / "shared" / "data" / "helpdesk" / "Helpdesk.csv"
KIND = """
[[make]]
command = "ticket.categorise"    # the log has no kind of question: the variant of the case is used as one
facts = { category = "{case:variant}" }
"""
REPORT = "/v1/reports/ticket-times"


def part() -> list[dict[str, str]]:
    """Every tenth ticket of the log."""
    if not HELPDESK.exists():
        pytest.skip(f"{HELPDESK.name} is not on this machine")
    with HELPDESK.open(newline="") as file:
        return [row for row in csv.DictReader(file) if row["case:concept:name"].endswith("0")]


@pytest.fixture
def log(parts: Parts, tmp_path: Path) -> Any:
    """The rows that were imported, as a table."""
    rows, file = part(), tmp_path / "log.csv"
    pandas.DataFrame(rows).to_csv(file, index=False)
    mapping = parse_mapping((MAPPING.read_text() + KIND).encode())
    run_import(parts.executor, parts.deployment.store.secret, mapping, file, Actor(type="system", id="test"))
    table = pandas.DataFrame(rows)
    return table.assign(at=pandas.to_datetime(table["time:timestamp"]))


def exact(mean: dict[str, Any]) -> float:
    """The mean from its numerator and denominator. Its `value` is the same, with 12 significant digits."""
    value = float(mean["numerator"]) / int(mean["denominator"])
    assert float(mean["value"]) == pytest.approx(value, rel=5e-12)
    return value


def test_the_script_finds_the_same_processing_times(client: Client, log: Any) -> None:
    report = seen(client, REPORT, by="category")
    exported = client.get("/v1/tickets", params={"discarded": False}, headers={"accept": "text/csv"})
    found = processing_time(of_list(exported.text))
    means = {group["group"]["category"]: group["measures"]["seed_processing_time_mean"] for group in report["groups"]}
    ours = {category: exact(mean) for category, mean in means.items() if mean["value"] is not None}
    assert len(ours) > 20
    assert ours == pytest.approx(found.by_question, rel=1e-12)
    mean = report["total"]["measures"]["seed_processing_time_mean"]
    assert exact(mean) == pytest.approx(found.mean, rel=1e-12)


def test_the_time_to_the_last_event_is_that_of_the_log(client: Client, log: Any) -> None:
    spans = log.groupby("case:concept:name")["at"].agg(lambda at: (at.max() - at.min()).total_seconds())
    total = seen(client, REPORT, date="opened")["total"]
    mean, p50, p90, longest = (total["measures"][f"last_activity_{name}"] for name in ("mean", "p50", "p90", "max"))
    assert (total["measures"]["tickets"]["value"], mean["n"]) == (str(len(spans)), len(spans))
    assert exact(mean) == pytest.approx(spans.mean(), rel=1e-12)
    assert float(p50["value"]) == pytest.approx(spans.median(), rel=1e-12)
    assert float(p90["value"]) == pytest.approx(spans.quantile(0.9), rel=1e-12)
    assert float(longest["value"]) == spans.max()


def test_tickets_solved_more_than_once_are_those_of_the_log(client: Client, log: Any) -> None:
    solutions = log[log["Activity"] == "Resolve ticket"].groupby("case:concept:name").size()
    again = solutions[solutions > 1].to_dict()
    items = seen(client, "/v1/tickets", solved_more_than_once=True, limit=500)["items"]
    assert {ticket["number"]: ticket["solutions"] for ticket in items} == again
    assert seen(client, REPORT, date="opened")["total"]["measures"]["solved_more_than_once"]["value"] == str(len(again))

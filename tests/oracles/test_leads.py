"""From exports of the API, a short script computes the same outcomes of real leads and value of open deals as Recount."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from commands.importing.mapping import parse_mapping
from commands.importing.run import run_import
from domain.shared.events import Actor
from infra.processes.parts import Parts
from tests.api.client import Client
from tests.api.conftest import on_both_engines
from tests.api.customers.given_customers import head, seen
from tests.api.figures import value
from tests.api.sales.given_leads import defined, opened
from tests.oracles.leads import NONE, funnel, of_deals, of_leads, weighted_value

MAPPINGS = Path(__file__).parents[1] / "data" / "mappings"
OLIST = Path(__file__).parents[3] / "shared" / "data" / "olist_funnel"
FILES = {
    "olist_leads": OLIST / "olist_marketing_qualified_leads_dataset.csv",
    "olist_deals": OLIST / "olist_closed_deals_dataset.csv",
}
LEADS = 500
REPORT = "/v1/reports/lead-funnel"
AMOUNTS = [("100.00", "EUR"), ("0.10", "EUR"), ("1500", "JPY"), ("12345.68", "EUR"), ("335", "JPY")]


@pytest.fixture
def client(client: Client, parts: Parts, tmp_path: Path) -> Client:
    """Given the first leads of the file, and the deals that followed from them."""
    if not OLIST.exists():
        pytest.skip(f"{OLIST.name} is not on this machine")
    header, *rows = FILES["olist_leads"].read_text().splitlines()
    leads = rows[:LEADS]
    known = {row.partition(",")[0] for row in leads}
    columns, *rows = FILES["olist_deals"].read_text().splitlines()
    load(parts, "olist_leads", tmp_path, [header, *leads])
    load(parts, "olist_deals", tmp_path, [columns, *(row for row in rows if row.partition(",")[0] in known)])
    return client


def load(parts: Parts, name: str, folder: Path, lines: list[str]) -> None:
    mapping, file = parse_mapping((MAPPINGS / f"{name}.toml").read_bytes()), folder / f"{name}.csv"
    file.write_text("\n".join(lines))
    report = run_import(parts.executor, parts.deployment.store.secret, mapping, file, Actor(type="system", id="test"))
    assert (report.accepted, report.refused) == (len(lines) - 1, 0)


def exported(client: Client, path: str) -> str:
    answer = client.get(path, params={"after": head(client)}, headers={"accept": "text/csv"})
    assert answer.status_code == 200, answer.text
    return answer.text


def figures(report: dict[str, Any], by: str, name: str) -> dict[str, float]:
    """A figure of each group of leads that has it, by the group's value."""
    return {
        group["group"][by] or NONE: float(found)
        for group in report["groups"]
        if (found := value(group, name)) is not None and value(group, "captured")
    }


@on_both_engines
def test_the_script_finds_the_same_outcomes_of_leads(client: Client) -> None:
    csv = exported(client, "/v1/leads")
    for by in ("origin", "owner"):
        report, script = seen(client, REPORT, by=by), funnel(of_leads(csv, by))
        assert sum(script.captured.values()) == LEADS
        assert figures(report, by, "captured") == script.captured
        assert figures(report, by, "conversion_rate") == pytest.approx(script.conversion_rate, rel=1e-9)
        assert figures(report, by, "time_to_convert_mean") == pytest.approx(script.mean_time, rel=1e-9)
        assert figures(report, by, "time_to_convert_p50") == pytest.approx(script.median_time, rel=1e-9)


def test_the_script_finds_the_same_weighted_value_of_open_deals(client: Client) -> None:
    defined(client)
    customers = [deal["customer_id"] for deal in seen(client, "/v1/deals", limit=len(AMOUNTS))["items"]]
    for place, (amount, currency) in enumerate(AMOUNTS):
        stage = ("talking", "offered")[place % 2]
        opened(client, customers[place], stage=stage, amount=amount, currency=currency, owner=f"agent-{place % 3}")
    pipelines = seen(client, "/v1/pipelines")["items"]
    likely = {(one["code"], stage["code"]): float(stage["probability"]) for one in pipelines for stage in one["stages"]}
    script = weighted_value(of_deals(exported(client, "/v1/deals")), likely)
    report = seen(client, REPORT, by="owner")
    ours = {
        (group["group"]["owner"], name.partition(":")[2]): float(figure["value"])
        for group in report["groups"]
        for name, figure in group["measures"].items()
        if name.startswith("weighted_value:")
    }
    assert ours == pytest.approx(script, rel=1e-9)

"""Leads through the real import, and their known facts, read over HTTP.

The leads of a Brazilian marketplace with their deals, and paths through channels. Only the first 500 paths are imported,
because each of their steps takes time.
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.api.figures import value, values
from tests.scenarios.known_files import DATA, MAPPINGS, beginning, needs_data
from tests.scenarios.recount import Recount

FILES = {
    "olist_leads": "olist_funnel/olist_marketing_qualified_leads_dataset.csv",
    "olist_deals": "olist_funnel/olist_closed_deals_dataset.csv",
    "channel_attribution": "channel_attribution/paths.csv",
}
ROWS = {"olist_leads": 8_000, "olist_deals": 842, "channel_attribution": 500}
OLIST = {"from": "2017-01-01", "to": "2019-01-01"}

pytestmark = needs_data

Report = dict[str, Any]


class Imported(NamedTuple):
    """The files, the report of each import, and the highest position of them."""

    files: Mapping[str, Path]
    reports: Mapping[str, Report]
    position: int


@pytest.fixture(scope="module")
def imported(recount: Recount, tmp_path_factory: pytest.TempPathFactory) -> Imported:
    """Given all files, imported by the command line and followed by the read models."""
    folder = tmp_path_factory.mktemp("files")
    files = {name: beginning(DATA / file, folder, ROWS[name]) for name, file in FILES.items()}
    reports = {name: imported_once(recount, name, file) for name, file in files.items()}
    position = max(report["position"] for report in reports.values())
    recount.caught_up(position, "/v1/leads", "/v1/deals", "/v1/reports/lead-funnel", "/v1/touchpoints")
    return Imported(files, reports, position)


def imported_once(recount: Recount, name: str, file: Path) -> Report:
    report: Report = recount.run("import", str(MAPPINGS / f"{name}.toml"), str(file))
    return report


def source(name: str) -> list[dict[str, str]]:
    with (DATA / FILES[name]).open() as file:
        return list(csv.DictReader(file))


def funnel(recount: Recount, **params: Any) -> Report:
    """The funnel report about the marketplace's leads."""
    report: Report = recount.get("/v1/reports/lead-funnel", **{**OLIST, **params}).json()
    return report


def by(report: Report, group: str, figure: str) -> dict[str | None, int]:
    """A figure of the report's groups; groups where it is 0 are left out."""
    return {one["group"][group]: found for one in report["groups"] if (found := value(one, figure))}


def test_every_row_is_imported_and_none_refused(imported: Imported) -> None:
    assert {name: (report["rows"], report["refused"], report["skipped"]) for name, report in imported.reports.items()} == {
        name: (rows, 0, 0) for name, rows in ROWS.items()
    }


# A marketplace


def test_there_are_as_many_leads_and_deals_won_as_in_the_source(recount: Recount, imported: Imported) -> None:
    total = funnel(recount)["total"]
    assert values(total, "captured", "qualified", "converted", "lost") == (8_000, 8_000, 842, 0)
    assert values(total, "deals_opened", "deals_won", "deals_without_amount") == (842, 842, 842)
    assert value(total, "conversion_rate") == Decimal(842) / 8_000
    won = recount.every("/v1/deals", status="won")
    assert len({deal["customer_id"] for deal in won}) == len({deal["lead_id"] for deal in won}) == len(won) == 842


def test_a_lead_without_an_origin_differs_from_one_with_the_origin_unknown(recount: Recount, imported: Imported) -> None:
    captured = by(funnel(recount, by="origin"), "origin", "captured")
    assert (captured[None], captured["unknown"]) == (60, 1_099)
    assert captured == Counter(row["origin"] or None for row in source("olist_leads"))
    assert len(recount.every("/v1/leads", without_origin=True, captured_from=OLIST["from"])) == 60


def test_every_origin_has_as_many_deals_won_as_in_the_source(recount: Recount, imported: Imported) -> None:
    origins = {row["mql_id"]: row["origin"] or None for row in source("olist_leads")}
    won = Counter(origins[row["mql_id"]] for row in source("olist_deals"))
    report = funnel(recount, by="origin")
    assert by(report, "origin", "converted") == by(report, "origin", "deals_won") == won


def test_every_owner_has_as_many_deals_won_as_in_the_source(recount: Recount, imported: Imported) -> None:
    report = funnel(recount, by="owner")
    assert by(report, "owner", "deals_won") == Counter(row["sr_id"] for row in source("olist_deals"))
    assert by(report, "owner", "converted") == Counter(row["sdr_id"] for row in source("olist_deals"))


def test_a_deal_older_than_its_lead_is_kept_and_flagged(recount: Recount, imported: Imported) -> None:
    assert imported.reports["olist_deals"]["irregular"] == {"deal-before-lead": 1, "conversion-before-capture": 1}
    opened, won = flagged(recount, "deal-before-lead")
    [converted] = flagged(recount, "conversion-before-capture")
    assert [event["type"] for event in (opened, won, converted)] == [
        "crm.deal.opened.v1",
        "crm.deal.won.v1",
        "crm.lead.converted.v1",
    ]
    deal, lead = (recount.get(f"/v1/{kind}/{event['stream']}").json() for kind, event in (("deals", won), ("leads", converted)))
    assert (deal["status"], deal["lead_id"], lead["status"], lead["deal_id"]) == ("won", lead["id"], "converted", deal["id"])
    assert (deal["won_at"][:10], lead["captured_on"]) == ("2018-03-06", "2018-03-08")
    assert value(funnel(recount)["total"], "converted_before_captured") == 1


def flagged(recount: Recount, rule: str) -> list[dict[str, Any]]:
    return recount.every("/v1/events", irregular=rule)


# Paths through channels


def test_every_path_has_its_steps_in_order(recount: Recount, imported: Imported) -> None:
    paths = [row["path"].split(" > ") for row in paths_of_the_source(imported)]
    assert list(steps(recount).values()) == paths
    assert imported.reports["channel_attribution"]["commands"] == 2 * len(paths) + sum(map(len, paths))


def test_conversions_and_values_of_paths_add_up_to_the_sums_of_the_source(recount: Recount, imported: Imported) -> None:
    counts, rows = list(paths_here(recount).values()), paths_of_the_source(imported)
    for ours, theirs in (("conversions", "total_conversions"), ("without_conversion", "total_null")):
        assert sum(count[ours] for count in counts) == sum(int(row[theirs]) for row in rows)
    value = sum(Decimal(str(count["value"])) for count in counts)
    assert round(value, 4) == round(sum(Decimal(row["total_conversion_value"]) for row in rows), 4)


@pytest.mark.parametrize("place", [0, -1], ids=["first", "last"])
def test_every_channel_was_first_and_last_touch_of_as_many_conversions_as_in_the_source(
    recount: Recount, imported: Imported, place: int
) -> None:
    ours: Counter[str] = Counter()
    for path, counts in zip(steps(recount).values(), paths_here(recount).values(), strict=True):
        ours[path[place]] += counts["conversions"]
    theirs: Counter[str] = Counter()
    for row in paths_of_the_source(imported):
        theirs[row["path"].split(" > ")[place]] += int(row["total_conversions"])
    assert ours == theirs


def paths_here(recount: Recount) -> dict[str, dict[str, Any]]:
    """The counts of each path by its id, in the order of the file."""
    leads = recount.every("/v1/leads", captured_to=OLIST["from"])
    ordered = sorted(leads, key=lambda lead: int(lead["number"].removeprefix("path-")))
    return {lead["id"]: lead["attributes"] for lead in ordered}


def steps(recount: Recount) -> dict[str, list[str]]:
    """The channels of each path by its id, from the first to the last."""
    found: dict[str, list[str]] = {id: [] for id in paths_here(recount)}
    for touchpoint in recount.every("/v1/touchpoints", sort="occurred_at"):
        found[touchpoint["lead_id"]].append(touchpoint["channel"])
    return found


def paths_of_the_source(imported: Imported) -> list[dict[str, str]]:
    with imported.files["channel_attribution"].open() as file:
        return list(csv.DictReader(file, delimiter=";"))


# Repeated imports, and new deals


def test_importing_again_changes_nothing(recount: Recount, imported: Imported) -> None:
    again = imported_once(recount, "olist_deals", imported.files["olist_deals"])
    assert (again["accepted"], again["repeated"], again["refused"]) == (0, ROWS["olist_deals"], 0)
    assert recount.get("/v1/events", cursor=imported.position, correlation=again["import_id"]).json()["items"] == []


def test_an_open_deal_is_weighted_by_the_probability_of_its_stage(recount: Recount, imported: Imported) -> None:
    """The source has no amounts and no open deal, so the test opens one in the same pipeline."""
    customer_id = recount.get("/v1/deals", limit=1).json()["items"][0]["customer_id"]
    deal = {"customer_id": customer_id, "pipeline": "sellers", "stage": "closing", "amount": "1500.00", "currency": "BRL"}
    opened = recount.api.post("/v1/deals", json={**deal, "owner": "nobody-before"})
    assert opened.status_code == 201, opened.text
    report = funnel(
        recount, by=["stage", "owner", "channel"], owner="nobody-before", to="2100-01-01", after=opened.headers["Position"]
    )
    [group] = report["groups"]
    assert group["group"] == {"stage": "closing", "owner": "nobody-before", "channel": None}
    names = ("won_value:BRL", "open_value:BRL", "weighted_value:BRL", "unweighted_value:BRL")
    assert values(group, *names) == (0, 1500, 750, 0)

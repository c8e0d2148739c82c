"""Leads through the real import, and their known facts, read over HTTP.

The leads of a Brazilian marketplace with their deals, and paths through channels. Only the first paths are imported, because
each of their steps takes time.
"""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.api.figures import value, values
from tests.scenarios.known_files import (
    DATA,
    Imported,
    Report,
    arguments,
    beginning,
    events_since,
    imported_by,
    needs_data,
    rows_of,
)
from tests.scenarios.recount import Recount

LEADS = DATA / "olist_funnel/olist_marketing_qualified_leads_dataset.csv"
DEALS = DATA / "olist_funnel/olist_closed_deals_dataset.csv"
PATHS = DATA / "channel_attribution/paths.csv"
# Of leads without a deal, in the distributed deployment.
FIRST_LEADS = 1_000
FIRST_PATHS = {"embedded": 500, "distributed": 150}
OLIST = {"from": "2017-01-01", "to": "2019-01-01"}

pytestmark = needs_data


@pytest.fixture(scope="module")
def imported(recount: Recount, tmp_path_factory: pytest.TempPathFactory) -> Imported:
    """Given all files, imported by the command line and followed by the read models."""
    folder, distributed = tmp_path_factory.mktemp("files"), recount.settings.distributed
    files = {
        "olist_leads": some_leads(folder) if distributed else LEADS,
        "olist_deals": DEALS,
        "channel_attribution": beginning(PATHS, folder, FIRST_PATHS["distributed" if distributed else "embedded"]),
    }
    return imported_by(recount, files, "/v1/leads", "/v1/deals", "/v1/reports/lead-funnel", "/v1/touchpoints")


def some_leads(folder: Path) -> Path:
    """A file of the leads that have a deal, and of the first others."""
    part, won = folder / LEADS.name, {row["mql_id"] for row in rows_of(DEALS)}
    header, *lines = LEADS.read_text().splitlines(keepends=True)
    part.write_text(header + "".join(line for n, line in enumerate(lines) if n < FIRST_LEADS or line.split(",")[0] in won))
    return part


def funnel(recount: Recount, **params: Any) -> Report:
    """The funnel report about the marketplace's leads."""
    report: Report = recount.get("/v1/reports/lead-funnel", **{**OLIST, **params}).json()
    return report


def by(report: Report, group: str, figure: str) -> dict[str | None, int]:
    """A figure of the report's groups; groups where it is 0 are left out."""
    return {one["group"][group]: found for one in report["groups"] if (found := value(one, figure))}


def test_every_row_is_imported_and_none_refused(imported: Imported) -> None:
    assert {name: (report["rows"], report["refused"], report["skipped"]) for name, report in imported.reports.items()} == {
        name: (len(imported.rows(name)), 0, 0) for name in imported.files
    }


# A marketplace


def test_what_is_known_of_the_marketplace_is_so() -> None:
    origins = Counter(row["origin"] or None for row in rows_of(LEADS))
    assert (origins.total(), origins[None], origins["unknown"], len(rows_of(DEALS))) == (8_000, 60, 1_099, 842)


def test_there_are_as_many_leads_and_deals_won_as_in_the_source(recount: Recount, imported: Imported) -> None:
    total, leads, deals = funnel(recount)["total"], len(imported.rows("olist_leads")), len(imported.rows("olist_deals"))
    assert values(total, "captured", "qualified", "converted", "lost") == (leads, leads, deals, 0)
    assert values(total, "deals_opened", "deals_won", "deals_without_amount") == (deals, deals, deals)
    assert value(total, "conversion_rate") == round(Decimal(deals) / leads, 12)
    won = recount.every("/v1/deals", status="won")
    assert len({deal["customer_id"] for deal in won}) == len({deal["lead_id"] for deal in won}) == len(won) == deals


def test_a_lead_without_an_origin_differs_from_one_with_the_origin_unknown(recount: Recount, imported: Imported) -> None:
    captured = by(funnel(recount, by="origin"), "origin", "captured")
    origins = Counter(row["origin"] or None for row in imported.rows("olist_leads"))
    assert captured == origins
    assert captured["unknown"] > 0
    assert len(recount.every("/v1/leads", without_origin=True, captured_from=OLIST["from"])) == origins[None] > 0


def test_every_origin_has_as_many_deals_won_as_in_the_source(recount: Recount, imported: Imported) -> None:
    origins = {row["mql_id"]: row["origin"] or None for row in imported.rows("olist_leads")}
    won = Counter(origins[row["mql_id"]] for row in imported.rows("olist_deals"))
    report = funnel(recount, by="origin")
    assert by(report, "origin", "converted") == by(report, "origin", "deals_won") == won


def test_every_owner_has_as_many_deals_won_as_in_the_source(recount: Recount, imported: Imported) -> None:
    report = funnel(recount, by="owner")
    assert by(report, "owner", "deals_won") == Counter(row["sr_id"] for row in imported.rows("olist_deals"))
    assert by(report, "owner", "converted") == Counter(row["sdr_id"] for row in imported.rows("olist_deals"))


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
    paths = [row["path"].split(" > ") for row in imported.rows("channel_attribution")]
    assert list(steps(recount).values()) == paths
    assert imported.reports["channel_attribution"]["commands"] == 2 * len(paths) + sum(map(len, paths))


def test_conversions_and_values_of_paths_add_up_to_the_sums_of_the_source(recount: Recount, imported: Imported) -> None:
    counts, rows = list(paths_here(recount).values()), imported.rows("channel_attribution")
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
    for row in imported.rows("channel_attribution"):
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


# Repeated imports, and new deals


def test_importing_again_changes_nothing(recount: Recount, imported: Imported) -> None:
    again = recount.run("import", *arguments("olist_deals", DEALS))
    assert (again["accepted"], again["repeated"], again["refused"]) == (0, len(rows_of(DEALS)), 0)
    assert events_since(recount, imported, again) == []


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

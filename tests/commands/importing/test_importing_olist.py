"""The leads and deals of a Brazilian marketplace, imported with the real mappings: the results have the known numbers."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple
from uuid import UUID

import pytest
from sqlalchemy import Connection

from commands.importing.report import Report
from domain.sales.deal.events import Opened, Won
from domain.sales.deal.refusals import BEFORE_LEAD
from domain.sales.lead.events import Captured, Converted
from domain.sales.lead.refusals import BEFORE_CAPTURE
from domain.shared.events import Recorded
from projections.sales import leads as read_model
from projections.sales.deals import deals
from projections.sales.lead_funnel import Funnel, Group, Question, report
from projections.sales.leads import leads
from projections.sales.pipelines import pipelines
from projections.shared.projection import Delivery
from projections.shared.rows import Rows
from tests.commands.importing.given_importing import Store
from tests.projections.harness import in_memory
from tests.projections.measured import value, values

MAPPINGS = Path(__file__).parents[2] / "data" / "mappings"
OLIST = Path(__file__).parents[4] / "shared" / "data" / "olist_funnel"
FILES = {
    "olist_leads": OLIST / "olist_marketing_qualified_leads_dataset.csv",
    "olist_deals": OLIST / "olist_closed_deals_dataset.csv",
}
FOLDED = (leads, deals, pipelines)

pytestmark = pytest.mark.skipif(not OLIST.exists(), reason="the real files are not next to the repository, in ../shared/data")


class Olist(NamedTuple):
    store: Store
    reports: dict[str, Report]
    log: list[Recorded]
    connection: Connection

    def irregular(self) -> list[Recorded]:
        return [recorded for recorded in self.log if recorded.metadata.irregular]

    def funnel(self, *by: Group) -> tuple[Funnel, dict[object, Funnel]]:
        """The report over all time, and its groups by their value."""
        question = Question(by=by, from_=date(1900, 1, 1), to=date(2100, 1, 1))
        total, groups = report(self.connection, question)
        return total, {next(iter(group.group.values())): group for group in groups}


@pytest.fixture(scope="module")
def olist(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Olist]:
    store = Store(tmp_path_factory.mktemp("olist"))
    reports = {name: store.load_file(MAPPINGS / f"{name}.toml", file) for name, file in FILES.items()}
    log = store.log()
    with in_memory(*FOLDED) as connection:
        for projection in FOLDED:
            wanted = [Delivery(recorded, _subjects(recorded)) for recorded in log if projection.wants(recorded.type)]
            projection.apply(wanted, Rows(connection))
        yield Olist(store, reports, log, connection)
    store.close()


def _subjects(recorded: Recorded) -> frozenset[UUID]:
    return frozenset((recorded.metadata.subject, *recorded.metadata.concerns))


def test_every_row_is_imported_and_none_refused(olist: Olist) -> None:
    counts = {name: (report.rows, report.accepted, report.refused) for name, report in olist.reports.items()}
    assert counts == {"olist_leads": (8_000, 8_000, 0), "olist_deals": (842, 842, 0)}


def test_the_deal_that_was_won_before_its_lead_is_recorded_and_flagged(olist: Olist) -> None:
    flagged = [(type(recorded.event), recorded.metadata.irregular) for recorded in olist.irregular()]
    assert sorted(flagged, key=str) == sorted(
        [(Opened, (BEFORE_LEAD,)), (Won, (BEFORE_LEAD,)), (Converted, (BEFORE_CAPTURE,))], key=str
    )
    assert {recorded.metadata.occurred_at for recorded in olist.irregular()} == {datetime(2018, 3, 6, 22, 38, tzinfo=UTC)}
    assert olist.reports["olist_deals"].irregular == {BEFORE_LEAD: 1, BEFORE_CAPTURE: 1}


def test_a_missing_origin_is_not_the_origin_unknown(olist: Olist) -> None:
    _, by_origin = olist.funnel("origin")
    assert (value(by_origin[None], "captured"), value(by_origin["unknown"], "captured")) == (60, 1_099)
    assert {origin: value(group, "captured") for origin, group in by_origin.items() if origin not in (None, "unknown")} == {
        "organic_search": 2_296,
        "paid_search": 1_586,
        "social": 1_350,
        "direct_traffic": 499,
        "email": 493,
        "referral": 284,
        "other": 150,
        "display": 118,
        "other_publicities": 65,
    }
    whole = read_model.Filter(without_origin=True)
    assert len(read_model.listing(olist.connection, whole, limit=500).rows) == 60


def test_the_funnel_of_all_leads_is_right(olist: Olist) -> None:
    total, _ = olist.funnel()
    assert values(total, "captured", "qualified", "converted", "lost") == (8_000, 8_000, 842, 0)
    assert values(total, "deals_opened", "deals_won", "deals_lost", "deals_without_amount") == (842, 842, 0, 842)
    assert value(total, "conversion_rate") == Decimal(842) / 8_000
    assert (total.measures["time_to_convert_mean"].n, value(total, "converted_before_captured")) == (841, 1)
    assert not [name for name in total.measures if ":" in name], "no deal has an amount"


def test_dates_are_read_month_first_and_stay_in_every_zone(olist: Olist) -> None:
    first = next(recorded for recorded in olist.log if isinstance(recorded.event, Captured))
    assert (first.metadata.occurred_precision, first.metadata.day()) == ("day", date(2017, 6, 14))
    _, by_month = olist.funnel("month")
    assert min(month for month in by_month if isinstance(month, date)) == date(2017, 6, 1)
    assert max(month for month in by_month if isinstance(month, date)) == date(2018, 11, 1)
    assert sum(value(group, "captured") for group in by_month.values()) == 8_000


def test_the_leads_of_each_day_are_counted_by_channel(olist: Olist) -> None:
    counts = read_model.by_channel(olist.connection, date(2018, 1, 1), date(2019, 1, 1))
    of_year = [counts for (channel, day), counts in counts.items() if channel is None and day.year == 2018]
    assert len(of_year) == len(counts)
    before = read_model.by_channel(olist.connection, date(2017, 1, 1), date(2018, 1, 1))
    assert sum(one.captured for one in (*of_year, *before.values())) == 8_000
    assert sum(one.converted for one in (*of_year, *before.values())) == 842


def test_the_same_files_again_change_nothing(olist: Olist) -> None:
    again = olist.store.load_file(MAPPINGS / "olist_deals.toml", FILES["olist_deals"])
    assert (again.accepted, again.repeated, again.refused) == (0, 842, 0)

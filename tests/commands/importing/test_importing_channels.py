"""Imports of channels, of their traffic and cost by day, and of touchpoints."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from domain.marketing.channel import CostRecorded, Opened, Renamed, TrafficRecorded
from domain.marketing.touchpoint import Recorded
from tests.commands.importing.given_importing import Store

DAYS = """
system = "ads"
time_zone = "Asia/Shanghai"
occurred_at = "{day}"
ids.channel = "{channel}"
[[make]]
command = "channel.open"
facts = { name = "{called}", kind = "web" }
[[make]]
command = "channel_day.record_traffic"
facts = { visits = "{visits}" }
[[make]]
command = "channel_day.record_cost"
unless = { cost = false }
facts = { amount = "{cost}", currency = "EUR" }
"""
HEADER = "day,channel,called,visits,cost\n"
CLICKS = """
system = "ads"
occurred_at = "{day}"
[ids]
customer = "{who}"
touchpoint = "{#}"
[[make]]
command = "customer.register"
when = { who = true }
facts = { name = "{who}" }
[[make]]
command = "touchpoint.record"
facts = { channel = "web", kind = "click", customer = "{who}", anonymous_id = "{visitor}", click_ids = { gclid = "{click}" } }
"""


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = Store(tmp_path)
    yield store
    store.close()


def test_a_row_opens_its_channel_and_records_its_day(store: Store) -> None:
    rows = HEADER + "2026-01-02,web,Web shop,10,1.5\n2026-01-03,web,Web shop,0,\n2026-01-02,ads/search,Search,7,2\n"
    report = store.load(DAYS, rows)
    assert (report.accepted, report.refused) == (3, 0)
    assert [opened.code for opened in store.recorded(Opened)] == ["web", "ads/search"]
    second, third = date(2026, 1, 2), date(2026, 1, 3)
    assert {(event.code, event.date, event.source, event.visits) for event in store.recorded(TrafficRecorded)} == {
        ("web", second, "ads", 10),
        ("web", third, "ads", 0),
        ("ads/search", second, "ads", 7),
    }
    assert [cost.amount for cost in store.recorded(CostRecorded)] == [Decimal("1.50"), Decimal("2.00")]


def test_a_later_file_replaces_a_day_and_the_first_file_does_not_restore_it(store: Store) -> None:
    first, later = HEADER + "2026-01-02,web,Web shop,10,1.5\n", HEADER + "2026-01-02,web,Shop,12,1.5\n"
    for rows in (first, later, first, later):
        store.load(DAYS, rows)
    assert [event.visits for event in store.recorded(TrafficRecorded)] == [10, 12]
    assert len(store.recorded(CostRecorded)) == 1
    assert [renamed.name for renamed in store.recorded(Renamed)] == ["Shop"]


@pytest.mark.parametrize("row", ["2026-01-02,web,Web shop,many,", "2026-01-02,web,Web shop,-1,", "2026-01-02,a b,Web shop,1,"])
def test_an_invalid_count_or_code_is_refused(store: Store, row: str) -> None:
    report = store.load(DAYS, HEADER + row + "\n")
    assert (report.accepted + report.repeated, report.refused) == (0, 1)
    assert store.recorded(TrafficRecorded) == []


def test_clicks_belong_to_a_customer_or_an_anonymous_visitor(store: Store) -> None:
    rows = "day,who,visitor,click\n2026-01-02,ada,,g1\n2026-01-03,,v2,g2\n2026-01-04,,,g3\n"
    report = store.load(CLICKS, rows)
    assert (report.accepted, report.refused_by_rule) == (2, {"nobody-touched": 1})
    ada, visitor = store.recorded(Recorded)
    assert (ada.customer_id is None, ada.anonymous_id, ada.click_ids) == (False, None, {"gclid": "g1"})
    assert (visitor.customer_id, visitor.anonymous_id, visitor.click_ids) == (None, "v2", {"gclid": "g2"})
    assert store.load(CLICKS, rows).accepted == 0

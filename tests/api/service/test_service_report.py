"""The service report over HTTP. The tests of the read models check the figures themselves."""

from __future__ import annotations

import csv
from decimal import Decimal
from io import StringIO

import pytest

from tests.api.client import Client
from tests.api.conftest import on_both_engines
from tests.api.customers.given_customers import head, seen
from tests.api.customers.test_feedback import submitted
from tests.api.figures import values
from tests.api.service.test_service_levels import CALENDAR, HOUR, defined, over_the_weekend
from tests.api.service.test_ticket_commands import opened

REPORT = "/v1/reports/service"
PROMISE = {
    "order": 1,
    "targets": [{"metric": "full_resolution", "seconds": 2 * HOUR, "hours": "business"}],
    "conditions": [{"field": "channel", "values": ["email"]}],
}
OFFICE = {"zone": "UTC", "hours": [{"weekday": day, "opens": "09:00", "closes": "17:00"} for day in range(1, 6)]}


@pytest.fixture
def story(client: Client) -> None:
    """A ticket over the weekend that takes an hour of office time, one that waits, and two feedback answers."""
    defined(client, CALENDAR, OFFICE)
    defined(client, "/v1/sla-policies/two-hours", PROMISE)
    over_the_weekend(client, channel="email")
    opened(client, opened_by="customer", channel="email", occurred_at="2026-03-02T12:00Z")
    for score in (4, 1):
        submitted(client, "csat", score, channel="email", occurred_at="2026-03-02")


@on_both_engines
@pytest.mark.usefixtures("story")
def test_one_response_has_feedback_ticket_times_service_levels_and_backlog(client: Client) -> None:
    report = seen(client, REPORT, clock="business", zone="UTC", to="2026-03-04")
    total, [mail] = report["total"], report["groups"]
    assert (report["clock"], report["zone"], report["position"]) == ("business", "UTC", head(client))
    assert mail["group"] == {"channel": "email"}
    for one in (total, mail):
        assert values(one, "feedback_csat", "tickets_full_resolution_mean") == (Decimal("0.5"), HOUR)
        kept = (f"service_levels_full_resolution_{verdict}" for verdict in ("met", "breached", "undecided"))
        assert values(one, *kept) == (1, 1, 0)
        assert values(one, "backlog_opened", "backlog_finished", "backlog_backlog") == (2, 1, 1)
    interval = mail["measures"]["service_levels_full_resolution_attainment"]["interval"]
    low, high = (Decimal(interval[bound]) for bound in ("low", "high"))
    assert 0 < low < Decimal("0.5") < high < 1


@pytest.mark.usefixtures("story")
def test_a_csv_report_by_day_has_one_row_per_day(client: Client) -> None:
    asked = {"by": "day", "zone": "UTC", "to": "2026-03-04", "after": head(client)}
    answer = client.get(REPORT, params=asked, headers={"accept": "text/csv"})
    days = {row["group.day"]: row for row in csv.DictReader(StringIO(answer.text))}
    assert {day: row["measures.backlog_backlog.value"] for day, row in days.items() if day} == {
        "2026-02-27": "1",
        "2026-02-28": "1",
        "2026-03-01": "1",
        "2026-03-02": "1",
        "2026-03-03": "1",
    }
    assert [days["2026-03-02"][f"measures.{name}.value"] for name in ("feedback_submitted", "tickets_tickets")] == ["2", "1"]

"""The waiting times report over HTTP. The tests of the read model check the figures themselves."""

from __future__ import annotations

import csv
import json
from datetime import datetime
from decimal import Decimal
from io import StringIO

import pytest

from tests.api.client import Client
from tests.api.conftest import on_both_engines
from tests.api.customers.given_customers import ERASURE, head, registered, seen
from tests.api.figures import value, values
from tests.api.sales.given_orders import done
from tests.api.service.test_service_levels import CALENDAR, defined
from tests.api.service.test_service_report import OFFICE
from tests.api.service.test_ticket_views import asked, solved

REPORT = "/v1/reports/waiting-times"
HOUR = 3600


def recorded(client: Client, position: int) -> str:
    """When the event at the position was recorded."""
    return str(client.get(f"/v1/events/{position}").json()["metadata"]["recorded_at"])


@on_both_engines
def test_open_tickets_wait_until_the_position_was_recorded_so_an_answer_can_be_repeated(client: Client) -> None:
    for hour in (10, 11, 13):
        solved(client, "02T09:00Z", f"02T{hour}:00Z", category="cups")
    asked(client, "02T09:00Z", category="cups")
    first = seen(client, REPORT, by="category")
    [cups] = first["groups"]
    assert cups["group"] == {"category": "cups"}
    assert values(cups, "events", "censored", "median", "p90") == (3, 1, 2 * HOUR, None)
    assert cups["measures"]["p90"]["reason"] == "less than 90 % have ended"
    opened_at, recorded_at = (datetime.fromisoformat(at) for at in ("2026-03-02T09:00Z", recorded(client, first["position"])))
    assert value(first["total"], "restricted_to") == Decimal(str((recorded_at - opened_at).total_seconds()))
    assert seen(client, REPORT, by="category") == first
    shares = [Decimal(point["share"]) for point in first["total"]["curve"]]
    assert shares == [Decimal("0.75"), Decimal("0.5"), Decimal("0.25")]


def test_groups_by_a_flag_are_compared_and_have_a_column_each_in_a_csv(client: Client) -> None:
    for number, (hour, flag) in enumerate(((10, True), (11, True), (16, False), (17, False))):
        ticket = solved(client, "02T09:00Z", f"02T{hour}:0{number}Z")
        assert client.patch(f"{ticket}/attributes", {"attributes": {"made_sla": flag}}).status_code == 200
    report = seen(client, REPORT, by="attribute:made_sla", tau=24 * HOUR)
    found = {one["group"]["attribute:made_sla"]: one["measures"] for one in report["groups"]}
    assert Decimal(found["true"]["median"]["value"]) < Decimal(found["false"]["median"]["value"])
    assert {one["restricted_to"]["value"] for one in found.values()} == {str(24 * HOUR)}
    test = report["log_rank"]["test"]
    assert test["method"] == "log-rank, 1 degree of freedom"
    assert 0 < Decimal(test["p_value"]) < Decimal("0.2")
    answer = client.get(REPORT, params={"by": "attribute:made_sla", "after": head(client)}, headers={"accept": "text/csv"})
    rows = {json.loads(row["group"])["attribute:made_sla"]: row for row in csv.DictReader(StringIO(answer.text))}
    assert rows["true"]["measures.median.value"] == found["true"]["median"]["value"]
    times = seen(client, "/v1/reports/ticket-times", by="attribute:made_sla")
    assert [one["group"] for one in times["groups"]] == [{"attribute:made_sla": "false"}, {"attribute:made_sla": "true"}]


@on_both_engines
def test_business_time_and_an_erased_person_leave_the_counts_as_they_are(client: Client) -> None:
    defined(client, CALENDAR, OFFICE)
    person = registered(client)
    solved(client, "06T16:00Z", "09T10:00Z", customer_id=person.rsplit("/", 1)[-1])
    before = seen(client, REPORT, clock="business")["total"]["measures"]
    assert Decimal(before["median"]["value"]) == 2 * HOUR
    done(client, f"{person}/erasure", ERASURE)
    assert seen(client, REPORT, clock="business")["total"]["measures"] == before


@pytest.mark.parametrize(
    "question",
    [{"by": "attribute:"}, {"by": "nothing"}, {"by": ["day", "week"]}, {"tau": 0}, {"measure": "agent_work"}],
    ids=str,
)
def test_what_is_not_understood_is_refused(client: Client, question: dict[str, str]) -> None:
    answer = client.get(REPORT, params=question)
    assert answer.status_code == 422, answer.text
    assert next(iter(question)) in answer.text

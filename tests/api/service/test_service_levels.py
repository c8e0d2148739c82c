"""Service calendars, SLA policies and the service levels of tickets over HTTP."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from api.service.service_level_bodies import SOON, WEEKDAYS
from tests.api.client import Client
from tests.api.conftest import KeyFor, on_both_engines
from tests.api.customers.given_customers import head, seen
from tests.api.figures import value, values
from tests.api.sales.given_orders import done
from tests.api.service.test_ticket_commands import opened

CALENDAR, POLICY = "/v1/service-calendars/default", "/v1/sla-policies/soon"
HOUR = 3600
# 2 March 2026 is a Monday; Berlin is one hour ahead of UTC.
FRIDAY, MONDAY = "2026-02-27T16:00Z", "2026-03-02T09:00Z"


def defined(client: Client, path: str, body: dict[str, Any], **more: Any) -> None:
    answer = client.put(path, body | {"occurred_at": "2026-01-01"} | more)
    assert answer.status_code in (200, 201), answer.text


def over_the_weekend(client: Client, **more: Any) -> str:
    """A ticket opened half an hour before the office closes on Friday, and solved an hour after it opens on Monday."""
    ticket = opened(client, opened_by="customer", occurred_at=FRIDAY, **more)
    done(client, f"{ticket}/solution", {"occurred_at": MONDAY})
    return ticket


@on_both_engines
def test_a_calendar_is_defined_and_revised(client: Client) -> None:
    made = client.put(CALENDAR, WEEKDAYS | {"occurred_at": "2026-01-01"})
    assert (made.status_code, made.headers["Location"]) == (201, CALENDAR)
    defined(client, CALENDAR, WEEKDAYS)
    assert seen(client, CALENDAR)["version"] == 1
    defined(client, CALENDAR, WEEKDAYS | {"zone": "+08:00"}, occurred_at="2026-02-01")
    found = seen(client, CALENDAR)
    assert (found["zone"], found["since"], found["version"]) == ("+08:00", "2026-02-01T00:00:00Z", 2)
    assert (found["hours"], found["holidays"], found["teams"]) == (
        WEEKDAYS["hours"],
        WEEKDAYS["holidays"],
        WEEKDAYS["teams"],
    )
    assert seen(client, CALENDAR, version=1)["zone"] == "Europe/Berlin"
    defined(client, "/v1/service-calendars/night", {"zone": "UTC", "hours": []})
    assert [one["code"] for one in seen(client, "/v1/service-calendars")["items"]] == ["default", "night"]
    events = client.get(f"{CALENDAR}/history").json()["items"]
    assert [event["type"] for event in events] == ["crm.service_calendar.defined.v1", "crm.service_calendar.revised.v1"]
    assert events[1]["changes"]["zone"] == {"before": "Europe/Berlin", "after": "+08:00"}


@on_both_engines
def test_a_policy_is_defined_retired_and_defined_again(client: Client) -> None:
    defined(client, POLICY, SOON)
    done(client, f"{POLICY}/retirement", {"occurred_at": "2026-02-01"})
    retired = seen(client, POLICY)
    assert (retired["retired_at"], retired["order"], len(retired["targets"])) == ("2026-02-01T00:00:00Z", 10, 3)
    defined(client, POLICY, SOON | {"order": 5}, occurred_at="2026-03-01")
    [found] = seen(client, "/v1/sla-policies")["items"]
    assert (found["retired_at"], found["order"], found["version"]) == (None, 5, 3)
    assert [len(client.get(f"{POLICY}/history").json()["items"]), client.get("/v1/sla-policies/x").status_code] == [3, 404]


@pytest.mark.parametrize(
    ("path", "body"),
    [
        (CALENDAR, WEEKDAYS | {"zone": "Mars/Olympus"}),
        (CALENDAR, {"zone": "UTC", "hours": [{"weekday": 1, "opens": "17:00", "closes": "09:00"}]}),
        (CALENDAR, {"zone": "UTC", "hours": [{"weekday": 8, "opens": "09:00", "closes": "17:00"}]}),
        (POLICY, SOON | {"conditions": [{"field": "colour", "values": ["red"]}]}),
        (POLICY, SOON | {"targets": [SOON["targets"][0], SOON["targets"][0]]}),
        (POLICY, SOON | {"targets": [{"metric": "first_response", "seconds": 0}]}),
    ],
)
def test_a_malformed_calendar_or_policy_is_refused(client: Client, path: str, body: dict[str, Any]) -> None:
    assert client.put(path, body).status_code == 422


def test_only_admins_configure_service_levels_and_analysts_read_them(client: Client, key_for: KeyFor) -> None:
    for role, status in (("agent", 403), ("analyst", 403), ("admin", 201)):
        assert client.request("PUT", CALENDAR, json=WEEKDAYS, headers=key_for(role)).status_code == status  # type: ignore[arg-type]
    assert client.get("/v1/service-calendars", headers=key_for("analyst")).status_code == 200


@on_both_engines
def test_ticket_times_in_business_hours_and_in_calendar_time(client: Client) -> None:
    defined(client, CALENDAR, WEEKDAYS)
    ticket = over_the_weekend(client, category="cups")
    open_one = opened(client, opened_by="customer", occurred_at="2026-02-28T12:00Z", category="cups")
    for clock, hours in (("calendar", 65), ("business", 1.5)):
        times = seen(client, f"{ticket}/times", clock=clock)
        took = [times["measures"][name]["value"] for name in ("full_resolution", "agent_work", "seed_processing_time_net")]
        assert [Decimal(seconds) / HOUR for seconds in took] == [Decimal(str(hours))] * 3
        assert Decimal(times["intervals"][0]["seconds"]) / HOUR == Decimal(str(hours))
        assert (times["clock"], times["calendar"]) == (clock, "default" if clock == "business" else None)
        report = seen(client, "/v1/reports/ticket-times", clock=clock)
        assert (report["clock"], value(report["total"], "unsolved")) == (clock, 1)
        for name in ("full_resolution", "agent_work", "seed_processing_time_net", "requester_wait"):
            assert value(report["groups"][0], f"{name}_mean") / HOUR == Decimal(str(hours))
        assert report["total"]["measures"]["backlog_age_so_far_mean"]["n"] == 1
    so_far = [
        Decimal(seen(client, f"{open_one}/times", clock=clock)["so_far"]["age_so_far"]) for clock in ("calendar", "business")
    ]
    assert so_far[0] > so_far[1] > 0
    past = seen(client, f"{ticket}/times", clock="business", version=1)
    assert (past["so_far"], past["measures"]["full_resolution"]["value"]) == (None, None)


def test_without_a_calendar_there_are_no_business_hours(client: Client) -> None:
    ticket = over_the_weekend(client)
    times = seen(client, f"{ticket}/times", clock="business")
    assert (times["calendar"], times["measures"]["full_resolution"]["value"], times["intervals"][0]["seconds"]) == (None,) * 3
    assert times["measures"]["reopens"]["value"] == "0"
    total = seen(client, "/v1/reports/ticket-times", clock="business")["total"]
    ns = [total["measures"][f"{name}_mean"]["n"] for name in ("full_resolution", "reopens")]
    assert (value(total, "tickets"), ns) == (1, [0, 1])


@on_both_engines
def test_the_targets_of_tickets_and_whether_they_were_met(client: Client) -> None:
    defined(client, CALENDAR, WEEKDAYS)
    defined(client, POLICY, SOON)
    kept = over_the_weekend(client, channel="email")
    broken = over_the_weekend(client, channel="web", priority="urgent")
    other = over_the_weekend(client, channel="phone")
    level = seen(client, f"{kept}/service-level")
    assert (level["calendar"], level["policy"]["code"], level["policy"]["version"]) == ("default", "soon", 1)
    assert [(target["metric"], target["verdict"], target["due"]) for target in level["targets"]] == [
        ("first_response", "met", "2026-03-02T11:30:00Z"),
        ("full_resolution", "met", "2026-03-02T16:00:00Z"),
    ]
    [answer, _] = seen(client, f"{broken}/service-level")["targets"]
    assert (answer["verdict"], answer["due"], answer["seconds"]) == ("breached", "2026-03-02T08:30:00Z", HOUR)
    assert (seen(client, f"{other}/service-level")["policy"], seen(client, f"{other}/service-level")["targets"]) == (None, [])
    report = seen(client, "/v1/reports/service-levels", by=["policy"], to="2026-03-01")
    assert [(group["group"]["policy"], value(group, "tickets")) for group in report["groups"]] == [(None, 1), ("soon", 2)]
    share = report["total"]["measures"]["first_response_attainment"]
    assert (Decimal(share["value"]), share["numerator"], share["denominator"]) == (Decimal("0.5"), 1, 2)
    assert (*values(report["total"], "first_response_undecided", "without_policy"), report["position"]) == (0, 1, head(client))
    assert client.get("/v1/tickets/00000000-0000-0000-0000-000000000007/service-level").status_code == 404


def test_a_service_level_report_by_two_kinds_of_period_is_refused(client: Client) -> None:
    assert client.get("/v1/reports/service-levels", params={"by": ["day", "week"]}).status_code == 422


@on_both_engines
def test_tickets_opened_finished_and_in_the_backlog_by_day(client: Client) -> None:
    over_the_weekend(client)
    opened(client, opened_by="customer", occurred_at="2026-02-28T12:00Z")
    days = seen(client, "/v1/reports/ticket-backlog", zone="UTC", to="2026-03-03")["groups"]
    assert [(day["group"]["day"], *values(day, "opened", "finished", "backlog")) for day in days] == [
        ("2026-02-27", 1, 0, 1),
        ("2026-02-28", 1, 0, 2),
        ("2026-03-01", 0, 0, 2),
        ("2026-03-02", 0, 1, 1),
    ]
    assert (value(days[0], "mean_age"), days[0]["measures"]["mean_age"]["unit"]) == (8 * HOUR, "seconds")

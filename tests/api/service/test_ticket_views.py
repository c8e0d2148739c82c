"""Reads of tickets over HTTP: lists, one, past states, one ticket's times, and the report."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from uuid import uuid4

from tests.api.client import Client
from tests.api.conftest import KeyFor, on_both_engines
from tests.api.customers.given_customers import ERASURE, head, registered, seen
from tests.api.figures import value, values
from tests.api.sales.given_orders import done
from tests.api.service.test_ticket_commands import opened

REPORT = "/v1/reports/ticket-times"
HOUR = Decimal(3600)


def asked(client: Client, at: str, **more: Any) -> str:
    return opened(client, **{"occurred_at": f"2026-03-{at}", "opened_by": "customer", **more})


def solved(client: Client, from_: str, to: str, **more: Any) -> str:
    ticket = asked(client, from_, **more)
    done(client, f"{ticket}/solution", {"occurred_at": f"2026-03-{to}"})
    return ticket


def story(client: Client) -> None:
    """Category cups: two solved after 2 and 4 hours, one unsolved. Category tea: one solved after a day; one that was spam."""
    solved(client, "01T10:00Z", "01T12:00Z", category="cups", number="1")
    solved(client, "01T10:00Z", "01T14:00Z", category="cups", number="2")
    asked(client, "02T10:00Z", category="cups", number="3")
    solved(client, "01T10:00Z", "02T10:00Z", category="tea", number="4")
    spam = solved(client, "01T10:00Z", "03T10:00Z", category="tea", number="5")
    done(client, f"{spam}/discarding", {"reason": "spam"})


@on_both_engines
def test_tickets_are_listed_and_filtered(client: Client) -> None:
    story(client)
    numbers = [ticket["number"] for ticket in seen(client, "/v1/tickets", sort="number")["items"]]
    assert numbers == ["1", "2", "3", "4", "5"]
    assert [ticket["number"] for ticket in seen(client, "/v1/tickets", unsolved=True)["items"]] == ["3"]
    assert [ticket["discarded"] for ticket in seen(client, "/v1/tickets", discarded=True)["items"]] == ["spam"]
    [ticket] = seen(client, "/v1/tickets", category="cups", opened_from="2026-03-02")["items"]
    assert (ticket["number"], ticket["opened_at"], ticket["resolved_at"]) == ("3", "2026-03-02T10:00:00Z", None)
    page = seen(client, "/v1/tickets", sort="number", limit=2)
    following = client.get(page["next"]).json()
    assert [ticket["number"] for ticket in following["items"]] == ["3", "4"]


@on_both_engines
def test_ticket_times_by_category(client: Client) -> None:
    story(client)
    report = seen(client, REPORT, by="category")
    cups, tea = report["groups"]
    assert (cups["group"], *values(cups, "tickets", "unsolved", "discarded")) == ({"category": "cups"}, 2, 1, 0)
    mean = cups["measures"]["seed_processing_time_mean"]
    assert (Decimal(mean["value"]), Decimal(mean["numerator"])) == (3 * HOUR, 6 * HOUR)
    assert (mean["denominator"], mean["unit"], mean["n"]) == (2, "seconds", 2)
    took = values(cups, *(f"seed_processing_time_{name}" for name in ("p50", "p90", "p95", "max")))
    assert took == (3 * HOUR, Decimal("3.8") * HOUR, Decimal("3.9") * HOUR, 4 * HOUR)
    assert values(tea, "tickets", "discarded") == (1, 1)
    assert value(report["total"], "seed_processing_time_mean") == 10 * HOUR
    assert (report["date"], report["clock"], report["by"], report["position"]) == (
        "solved",
        "calendar",
        ["category"],
        head(client),
    )


@on_both_engines
def test_the_report_by_day_is_in_the_zone_of_the_request(client: Client) -> None:
    story(client)
    asked = {"by": ["day", "category"], "zone": "Pacific/Auckland", "date": "solved", "from": "2026-03-01", "to": "2026-03-03"}
    groups = seen(client, REPORT, **asked)["groups"]
    assert [(group["group"]["day"], group["group"]["category"], value(group, "tickets")) for group in groups] == [
        (None, "cups", 0),
        (None, "tea", 0),
        ("2026-03-02", "cups", 2),
        ("2026-03-02", "tea", 1),
    ]


def test_a_report_by_two_kinds_of_period_is_refused(client: Client) -> None:
    answer = client.get(REPORT, params={"by": ["day", "week"]})
    assert (answer.status_code, answer.json()["type"]) == (422, "/problems/does-not-fit")


def test_without_tickets_a_mean_has_no_value_and_a_reason(client: Client) -> None:
    report = seen(client, REPORT)
    mean = report["total"]["measures"]["first_response_mean"]
    assert (value(report["total"], "tickets"), mean["value"], mean["reason"]) == (0, None, "no ticket has a value yet")
    assert seen(client, REPORT, by="category")["groups"] == []


def test_without_groups_the_report_is_one_group_however_many_categories_there_are(client: Client) -> None:
    for number in range(30):
        client.post("/v1/tickets", {"opened_by": "customer", "category": f"kind-{number}"})
    report = seen(client, REPORT, date="opened")
    assert (report["by"], report["groups"]) == ([], [report["total"]])
    assert (report["total"]["group"], value(report["total"], "tickets")) == ({}, 30)
    lines = client.get(REPORT, params={"date": "opened"}, headers={"accept": "text/csv"}).text.splitlines()
    assert len(lines) == 2
    assert len(seen(client, REPORT, date="opened", by="category")["groups"]) == 30


@on_both_engines
def test_one_tickets_times_name_the_events_behind_them(client: Client) -> None:
    ticket = asked(client, "01T10:00Z")
    reply = done(client, f"{ticket}/replies", {"by": "agent", "body": "Which?", "occurred_at": "2026-03-01T11:00Z"})
    done(client, f"{ticket}/pending", {"occurred_at": "2026-03-01T12:00Z"})
    running = seen(client, f"{ticket}/times")
    assert [interval["status"] for interval in running["intervals"]] == ["new", "open", "pending"]
    assert running["measures"]["first_response"]["positions"][1] == reply["position"]
    assert running["measures"]["seed_processing_time"]["value"] is None
    assert Decimal(running["so_far"]["agent_work_so_far"]) == 2 * HOUR
    done(client, f"{ticket}/solution", {"occurred_at": "2026-03-01T15:00Z"})
    ended = seen(client, f"{ticket}/times")
    assert (Decimal(ended["measures"]["seed_processing_time"]["value"]), ended["so_far"]) == (5 * HOUR, None)
    assert Decimal(ended["measures"]["seed_processing_time_net"]["value"]) == 2 * HOUR
    before = client.get(f"{ticket}/times", params={"version": running["version"]}).json()
    assert {name: before[name] for name in ("intervals", "measures")} == {
        name: running[name] for name in ("intervals", "measures")
    }


@on_both_engines
def test_texts_are_shown_with_permission_and_erased_with_the_customer(client: Client, key_for: KeyFor) -> None:
    customer = registered(client)
    ticket = asked(client, "01", customer_id=customer.rsplit("/", 1)[-1], title="Broken cup", description="Two of six")
    done(client, f"{ticket}/replies", {"reply_id": "r", "by": "customer", "body": "Hello"})
    assert seen(client, ticket)["private"]["messages"]["r"]["body"] == "Hello"
    analyst = client.get(ticket, headers=key_for("analyst")).json()
    assert "private" not in analyst
    assert [reply["reply_id"] for reply in analyst["correspondence"]] == ["r"]
    done(client, f"{customer}/erasure", ERASURE)
    gone = seen(client, ticket)
    assert (gone["private"], gone["number"]) == (None, analyst["number"])
    assert all("Hello" not in client.get(path).text for path in (f"{ticket}/history", f"{ticket}?version=2", ticket))


def test_a_redacted_reply_is_shown_without_its_text(client: Client) -> None:
    ticket = asked(client, "01")
    done(client, f"{ticket}/replies", {"reply_id": "r", "by": "customer", "body": "My card number"})
    done(client, f"{ticket}/replies/r/redaction", {})
    row = seen(client, ticket)
    assert "My card number" not in str(row)
    assert row["correspondence"][0]["redacted_at"] is not None


def test_a_ticket_is_shown_as_it_was_and_with_the_changes_of_each_event(client: Client) -> None:
    ticket = solved(client, "01T10:00Z", "01T12:00Z", priority="low")
    client.put(f"{ticket}/priority", {"priority": "high"})
    then = client.get(ticket, params={"version": 1}).json()
    assert (then["status"], then["priority"]) == ("new", "low")
    items = client.get(f"{ticket}/history").json()["items"]
    assert [item["type"] for item in items] == [
        "crm.ticket.opened.v1",
        "crm.ticket.solved.v1",
        "crm.ticket.priority_changed.v1",
    ]
    assert items[1]["changes"]["status"] == {"before": "new", "after": "solved"}
    assert items[2]["changes"]["priority"] == {"before": "low", "after": "high"}


def test_a_ticket_is_found_by_its_external_id(client: Client) -> None:
    client.put("/v1/tickets/by/desk/4711", {"opened_by": "customer", "title": "Cup"})
    ticket = seen(client, "/v1/tickets/by/desk/4711")
    assert ticket["private"]["external_ids"] == [["desk", "4711"]]
    assert client.get("/v1/tickets/by/desk/4712").status_code == 404
    assert seen(client, f"/v1/tickets/{ticket['id']}/times")
    assert client.get(f"/v1/tickets/{uuid4()}/times").status_code == 404

"""A day in the life of a customer, over HTTP only: after each step, everybody sees what they may see, and no more."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.api.figures import value, values
from tests.scenarios.day import Day
from tests.scenarios.recount import Recount

NAME, HANDLE, EMAIL, PHONE = "林晓梅 Xiaomei", "@xiaomei_tea", "xiaomei@example.com", "+8613800138000"
WISH, COMPLAINT, ANSWER = "wants jasmine for a wedding", "the second pot came broken", "a new pot is on its way"
PERSONAL = [NAME, HANDLE, EMAIL, PHONE, WISH, COMPLAINT, ANSWER]
BUYERS = {"op": "compare", "feature": "orders", "is": ">=", "value": 1}
NEWCOMERS = {"op": "compare", "feature": "orders", "is": "=", "value": 0}
FIRST_RESPONSE = {"metric": "first_response", "seconds": 1}


@pytest.fixture
def day(recount: Recount) -> Iterator[Day]:
    with ExitStack() as open:
        yield Day(recount, open)


def test_a_day_in_the_life_of_a_customer(day: Day) -> None:
    recount_is_set_up(day)
    a_lead_comes_from_social_media(day)
    the_lead_becomes_a_customer_with_a_deal(day)
    the_customer_is_segmented(day)
    a_campaign_reaches_the_customer(day)
    the_customer_orders_twice(day)
    the_projector_is_killed_while_the_customer_returns_one(day)
    a_ticket_breaches_and_is_escalated(day)
    the_customer_complains_and_is_answered(day)
    before = the_customer_has_a_duplicate(day)
    the_two_are_merged(day, before)
    they_are_unmerged(day, before)
    they_are_merged_again(day, before)
    the_customer_asks_to_be_erased(day)
    every_read_model_equals_its_rebuild(day)


def recount_is_set_up(day: Day) -> None:
    day.sends("admin", "PUT", "/v1/pipelines/sales", PIPELINE)
    day.sends("admin", "PUT", "/v1/sla-policies/standard", {"order": 1, "targets": [FIRST_RESPONSE]})
    day.sends("admin", "PUT", "/v1/users/mei", {"team": "support", "name": "Mei"})
    day.sends("marketer", "PUT", "/v1/channels/social", {"name": "Social media", "kind": "social"})
    today = datetime.now(UTC).date().isoformat()
    day.sends("marketer", "PUT", f"/v1/channels/social/days/{today}/traffic", {**ADS, "visits": 10})
    day.sends("marketer", "PUT", f"/v1/channels/social/days/{today}/cost", {**ADS, "amount": "5.00", "currency": "EUR"})
    for name, rule, priority in (("buyers", BUYERS, 1), ("newcomers", NEWCOMERS, 2)):
        day.creates("marketer", "/v1/segment-rules", {"name": name, "rule": rule, "priority": priority})
    day.may_not("agent", "GET", "/v1/events")
    day.may_not("auditor", "POST", "/v1/customers")
    day.may_not("analyst", "POST", "/v1/leads")


PIPELINE = {
    "name": "Sales",
    "stages": [
        {"code": "offered", "name": "Offered", "probability": "0.4"},
        {"code": "agreed", "name": "Agreed", "probability": "0.9"},
    ],
}
ADS = {"source": {"system": "ads"}}


def a_lead_comes_from_social_media(day: Day) -> None:
    day.personal = PERSONAL
    contact = {"name": NAME, "handle": HANDLE}
    body = {"channel": "social", "origin": "spring_video", "contact": contact, "value": "90.00", "currency": "EUR"}
    lead = day.ids["lead"] = day.creates("agent", "/v1/leads", body)
    call = {"lead_id": id_of(lead), "channel": "chat", "direction": "inbound", "body": WISH}
    day.creates("agent", "/v1/interactions", call)

    assert day.sees("agent", lead)["private"]["contact"]["name"] == NAME
    assert "private" not in day.sees("analyst", lead)
    [social] = day.sees("manager", "/v1/reports/lead-funnel", by="channel")["groups"]
    assert (social["group"], *values(social, "captured", "converted")) == ({"channel": "social"}, 1, 0)
    [captured] = day.reads_the_log("auditor", stream=id_of(lead))
    assert captured["type"] == "crm.lead.captured.v1"


def the_lead_becomes_a_customer_with_a_deal(day: Day) -> None:
    lead = day.ids["lead"]
    day.sends("agent", "POST", f"{lead}/qualification")
    email = {"kind": "email", "value": EMAIL, "primary": True}
    body = {"name": NAME, "contact_methods": [email], "acquisition": {"channel": "social"}, "language": "zh-Hans-CN"}
    customer = day.ids["customer"] = day.creates("agent", "/v1/customers", body)
    deal = day.ids["deal"] = day.creates(
        "manager",
        "/v1/deals",
        {"customer_id": id_of(customer), "lead_id": id_of(lead), "pipeline": "sales", "stage": "offered"}
        | {"amount": "100.00", "currency": "EUR", "owner": "mei"},
    )
    day.sends("agent", "POST", f"{lead}/conversion", {"customer_id": id_of(customer), "deal_id": id_of(deal)})
    consent = {"purpose": "marketing", "channel": "email", "legal_basis": "consent", "evidence": "chat"}
    day.sends("agent", "POST", f"{customer}/consents", consent)

    assert day.sees("agent", lead)["status"] == "converted"
    assert weighted(day) == "40.00"
    assert [found["id"] for found in day.sees("agent", "/v1/customers", q="晓梅")["items"]] == [id_of(customer)]
    assert day.sees("analyst", "/v1/customers")["items"][0]["id"] == id_of(customer)
    day.sends("manager", "PUT", f"{deal}/stage", {"stage": "agreed"})
    assert weighted(day) == "90.00"


def weighted(day: Day) -> Any:
    """The value of open deals, weighted by the probabilities of their stages."""
    return day.sees("manager", "/v1/reports/lead-funnel")["total"]["measures"]["weighted_value:EUR"]["value"]


def the_customer_is_segmented(day: Day) -> None:
    segment = day.sees("marketer", f"{day.ids['customer']}/segment")
    assert (segment["rule"]["label"], segment["rule"]["facts"][0]["value"]) == ("newcomers", 0)
    groups = day.sees("analyst", "/v1/reports/segments", rules=True)["groups"]
    assert [(group["group"]["label"], value(group, "customers")) for group in groups] == [("buyers", 0), ("newcomers", 1)]


def a_campaign_reaches_the_customer(day: Day) -> None:
    customer = {"customer_id": id_of(day.ids["customer"])}
    plan = {"name": "Spring tea", "channels": ["email"], "budget": "50.00", "currency": "EUR", "attribution_window_days": 7}
    campaign = day.ids["campaign"] = day.creates("marketer", "/v1/campaigns", plan)
    day.sends("marketer", "POST", f"{campaign}/launch")
    day.sends("marketer", "POST", f"{campaign}/members", {"members": [customer]})
    send = customer | {"send_id": "spring-1", "channel": "email"}
    kinds: list[dict[str, Any]] = [{"kind": "sent"}, {"kind": "delivered"}, {"kind": "opened", "machine": "false"}]
    kinds.append({"kind": "clicked", "machine": "false"})
    day.sends("marketer", "POST", f"{campaign}/touches", {"touches": [send | kind for kind in kinds]})

    [effect] = day.sees("analyst", "/v1/reports/campaign-effect", campaign_id=id_of(campaign))["groups"]
    stages = ("targeted", "sent", "delivered", "clicked", "converted")
    assert [effect["measures"][stage]["value"] for stage in stages] == ["1", "1", "1", "1", "0"]


def the_customer_orders_twice(day: Day) -> None:
    campaign, customer = day.ids["campaign"], day.ids["customer"]
    body = {"customer_id": id_of(customer), "channel": "social", "currency": "EUR"}
    day.ids["kept"] = day.creates(
        "agent", "/v1/orders", body | {"lines": [pot("1", "60.00")], "deal_id": id_of(day.ids["deal"])}
    )
    day.ids["returned"] = day.creates(
        "agent", "/v1/orders", body | {"lines": [pot("1", "40.00")], "campaign_id": id_of(campaign)}
    )
    for order, amount in ((day.ids["kept"], "60.00"), (day.ids["returned"], "40.00")):
        day.sends("agent", "POST", f"{order}/confirmation")
        day.sends("agent", "POST", f"{order}/payments", {"payment_id": "p-1", "amount": amount})
    day.sends("manager", "POST", f"{day.ids['deal']}/win", {"order_id": id_of(day.ids["kept"])})

    member = f"{campaign}/members/{id_of(customer)}"
    [conversion] = day.waits_to_see("marketer", member, lambda seen: seen["conversions"])["conversions"]
    assert (conversion["value"], conversion["currency"]) == ("40.00", "EUR")
    [converted] = day.reads_the_log("auditor", type="crm.campaign_member.converted.v1")
    assert (converted["metadata"]["actor"]["type"], converted["metadata"]["origin"]) == ("policy", "policy")
    money = day.sees("manager", customer)["money"]["EUR"]
    assert (money["orders"], money["gross"], money["net"]) == (2, "100.00", "100.00")
    assert day.sees("marketer", f"{customer}/segment")["rule"]["label"] == "buyers"
    assert day.sees("manager", day.ids["deal"])["status"] == "won"
    [social] = day.sees("analyst", "/v1/reports/channel-effect")["groups"]
    assert (social["group"]["channel"], *values(social, "orders", "net")) == ("social", 2, 100)


def the_projector_is_killed_while_the_customer_returns_one(day: Day) -> None:
    order = day.ids["returned"]
    returned = {"return_id": "r-1", "lines": [{"line_id": "1", "quantity": "1", "reason": "damaged"}]}
    day.sends("agent", "POST", f"{order}/shipments", {"shipment_id": "s-1", "lines": [{"line_id": "1", "quantity": "1"}]})
    day.recount.kill_the_projector()
    day.recount.start_the_projector()
    day.sends("agent", "POST", f"{order}/returns", returned)
    refund = {"refund_id": "f-1", "payment_id": "p-1", "return_id": "r-1", "amount": "40.00"}
    day.sends("agent", "POST", f"{order}/refunds", refund)

    seen = day.sees("agent", order)
    assert (seen["payment_status"], seen["return_status"]) == ("refunded", "returned")
    member = f"{day.ids['campaign']}/members/{id_of(day.ids['customer'])}"
    day.waits_to_see("marketer", member, lambda seen: not seen["conversions"])
    [effect] = day.sees("analyst", "/v1/reports/campaign-effect", campaign_id=id_of(day.ids["campaign"]))["groups"]
    assert effect["measures"]["converted"]["value"] == "0"
    money = day.sees("manager", day.ids["customer"])["money"]["EUR"]
    assert (money["gross"], money["refunded"], money["net"]) == ("100.00", "40.00", "60.00")


def a_ticket_breaches_and_is_escalated(day: Day) -> None:
    body = {"customer_id": id_of(day.ids["customer"]), "opened_by": "customer", "channel": "email", "category": "broken"}
    ticket = day.ids["ticket"] = day.creates("agent", "/v1/tickets", body | {"title": "Broken pot", "description": COMPLAINT})

    seen = day.waits_to_see("agent", ticket, lambda seen: seen["escalations"])
    assert seen["status"] == "new"
    actors = {event["type"]: event["metadata"]["actor"]["type"] for event in day.reads_the_log("auditor", stream=id_of(ticket))}
    assert actors["crm.ticket.sla_breached.v1"] == actors["crm.ticket.escalated.v1"] == "policy"
    [levels] = day.sees("manager", "/v1/reports/service-levels")["groups"]
    assert levels["measures"]["first_response_breached"]["value"] == "1"
    assert "private" not in day.sees("analyst", ticket)


def the_customer_complains_and_is_answered(day: Day) -> None:
    ticket, customer = day.ids["ticket"], id_of(day.ids["customer"])
    about = [{"kind": "ticket", "id": id_of(ticket)}]
    body = {"kind": "complaint", "customer_id": customer, "channel": "email", "comment": COMPLAINT, "about": about}
    complaint = day.creates("agent", "/v1/feedback", body)
    day.sends("agent", "PUT", f"{ticket}/assignment", {"owner": "mei", "team": "support"})
    day.sends("agent", "POST", f"{ticket}/replies", {"reply_id": "a-1", "by": "agent", "body": ANSWER})
    day.sends("agent", "POST", f"{complaint}/acknowledgement")
    day.sends("agent", "POST", f"{complaint}/actions", {"code": "replaced", "note": ANSWER})
    day.sends("agent", "POST", f"{complaint}/resolution", {"code": "replaced"})
    day.sends("agent", "POST", f"{ticket}/solution", {"code": "replaced", "resolution": ANSWER})
    score = {"kind": "csat", "customer_id": customer, "score": 4, "scale": {"min": 1, "max": 5}}
    day.creates("agent", "/v1/feedback", score)

    assert day.sees("agent", complaint)["status"] == "resolved"
    assert day.sees("agent", ticket)["status"] == "solved"
    times = day.sees("analyst", "/v1/reports/ticket-times", date="opened")["total"]["measures"]
    assert (times["first_response_mean"]["n"], times["first_resolution_mean"]["n"]) == (1, 1)
    satisfied = day.sees("manager", "/v1/reports/service")["total"]["measures"]["feedback_csat"]
    assert (satisfied["numerator"], satisfied["denominator"]) == (1, 1)
    lines = [item["en"] for item in day.sees("agent", f"{day.ids['customer']}/timeline", limit=500)["items"]]
    assert len(lines) > 15


def the_customer_has_a_duplicate(day: Day) -> Any:
    phone = {"kind": "phone", "value": PHONE}
    email = {"kind": "email", "value": EMAIL}
    body = {"name": NAME, "contact_methods": [email, phone]}
    refused = day.sends("agent", "POST", "/v1/customers", body, 409).json()
    assert refused["candidates"] == [id_of(day.ids["customer"])]
    twin = day.ids["twin"] = day.creates("agent", "/v1/customers", body | {"allow_duplicate": True})
    order = {"customer_id": id_of(twin), "channel": "web", "currency": "EUR", "lines": [pot("1", "15.00")]}
    day.creates("agent", "/v1/orders", order)

    assert day.sees("agent", "/v1/customers/duplicates")["items"]
    return everything_about_both(day)


def the_two_are_merged(day: Day, before: Any) -> None:
    day.sends("agent", "POST", f"{day.ids['twin']}/merge", {"into": id_of(day.ids["customer"])})

    seen = day.sees("agent", day.ids["customer"])
    assert seen["merged_ids"] == [id_of(day.ids["twin"])]
    assert (seen["money"]["EUR"]["orders"], seen["money"]["EUR"]["net"]) == (3, "75.00")
    assert len(day.sees("agent", "/v1/orders", customer_id=id_of(day.ids["customer"]))["items"]) == 3
    assert not day.sees("agent", "/v1/customers/duplicates")["items"]
    assert everything_about_both(day) != before


def they_are_unmerged(day: Day, before: Any) -> None:
    day.sends("agent", "POST", f"{day.ids['twin']}/unmerge")

    assert everything_about_both(day) == before


def they_are_merged_again(day: Day, before: Any) -> None:
    the_two_are_merged(day, before)
    assert [event["type"] for event in day.reads_the_log("auditor", stream=id_of(day.ids["twin"]))][-3:] == [
        "crm.customer.merged.v1",
        "crm.customer.unmerged.v1",
        "crm.customer.merged.v1",
    ]


def the_customer_asks_to_be_erased(day: Day) -> None:
    customer = day.ids["customer"]
    sales = day.sees("analyst", "/v1/reports/channel-effect")["groups"]
    day.may_not("manager", "POST", f"{customer}/erasure")
    day.sends("admin", "POST", f"{customer}/erasure", {"reason": "requested", "requested_by": "customer"})

    lists = ("customers", "leads", "orders", "tickets", "interactions", "feedback", "deals")
    ours = [customer, day.ids["twin"], day.ids["lead"], day.ids["ticket"], f"{customer}/timeline", f"{customer}/history"]
    day.nobody_sees_personal_texts(*(f"/v1/{name}" for name in lists), *ours, "/v1/events?limit=500", "/v1/audit")
    assert day.sees("agent", "/v1/customers", q="晓梅")["items"] == []
    assert day.sees("agent", "/v1/customers", q=EMAIL)["items"] == []
    assert day.sees("analyst", "/v1/reports/channel-effect")["groups"] == sales
    assert day.reads_the_log("auditor", type="crm.customer.erased.v1")


def every_read_model_equals_its_rebuild(day: Day) -> None:
    assert all(one["same"] for one in day.recount.run("rebuild", "--all", "--check"))


def everything_about_both(day: Day) -> list[Any]:
    """Every answer about the two customers, without version and position."""
    shown: list[Any] = []
    for place in (day.ids["customer"], day.ids["twin"]):
        seen = day.sees("agent", place)
        shown += [{name: value for name, value in seen.items() if name not in ("version", "position")}]
        shown += [
            day.sees("agent", f"/v1/{name}", customer_id=id_of(place))["items"] for name in ("orders", "tickets", "deals")
        ]
    shown += [
        day.sees("analyst", "/v1/reports/buyers")["groups"],
        day.sees("analyst", "/v1/reports/channel-effect")["groups"],
    ]
    return shown


def pot(line_id: str, price: str) -> dict[str, Any]:
    return {"line_id": line_id, "sku": "pot", "name": "Tea pot", "quantity": "1", "unit_price": price}


def id_of(place: str) -> str:
    return place.rsplit("/", 1)[1]

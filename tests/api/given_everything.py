"""A story over HTTP with events of every kind: every read model gets rows from it, and removes some of them again."""

from __future__ import annotations

from typing import Any

from tests.api.sales.given_orders import ORDER, TEA
from tests.api.segmentation.given_segments import Api, segments_that_moved, send

ADS = {"source": {"system": "ads"}}
ERASURE = {"reason": "requested", "requested_by": "customer"}


def everything_happened(api: Api) -> int:
    """The position of the log afterwards."""
    segments_that_moved(api)
    people = [_customer(api, number) for number in range(6)]
    _relations(api, people)
    _channels(api, people)
    _campaign(api, people)
    _tickets(api, people)
    _orders(api, people)
    _values(api, people)
    send(api, "POST", f"/v1/customers/{people[5]}/erasure", ERASURE)
    return int(send(api, "POST", f"/v1/customers/{people[0]}/tags", {"tags": ["seen"]}).headers["Position"])


def _customer(api: Api, number: int) -> str:
    contact = {"kind": "email", "value": f"ada{number}@example.com"}
    body = {"name": f"Ada {number}", "contact_methods": [contact], "attributes": {"size": number, "wish": "tea"}}
    answer = send(api, "PUT", f"/v1/customers/by/shop/everything-{number}", body)
    send(api, "POST", f"{answer.headers['Location']}/consents", {"purpose": "news", "channel": "email", "evidence": "form"})
    return str(answer.json()["id"])


def _relations(api: Api, people: list[str]) -> None:
    facts = {"other": people[4], "role": "employee", "title": "Buyer", "primary": True}
    for id in (people[0], people[5]):
        send(api, "POST", f"/v1/customers/{id}/relations", facts)


def _channels(api: Api, people: list[str]) -> None:
    send(api, "PUT", "/v1/channels/web", {"name": "Web shop", "kind": "web"})
    send(api, "PUT", "/v1/channels/store-1", {"name": "Corner shop", "kind": "store"})
    for visits in (100, 120):
        send(api, "PUT", "/v1/channels/web/days/2024-05-01/traffic", {**ADS, "visits": visits, "visitors": 80})
    send(api, "PUT", "/v1/channels/web/days/2024-05-01/cost", {**ADS, "amount": "12.50", "currency": "EUR"})
    send(api, "POST", "/v1/channels/store-1/closure")
    for id in (people[0], people[5]):
        facts = {"customer_id": id, "anonymous_id": f"visitor-{id}", "channel": "web", "kind": "click"}
        send(api, "POST", "/v1/touchpoints", facts)


def _campaign(api: Api, people: list[str]) -> None:
    plan: dict[str, Any] = {"name": "Spring", "currency": "EUR", "budget": "100.00", "channels": ["email"]}
    plan |= {"attribution_window_days": 14, "expected_conversion_difference": "0.02"}
    campaign = send(api, "PUT", "/v1/campaigns/by/shop/spring", plan).headers["Location"]
    send(api, "POST", f"{campaign}/tags", {"tags": ["spring"]})
    send(api, "POST", f"{campaign}/launch")
    for number, amount in enumerate(("40.00", "5.00")):
        send(api, "POST", f"{campaign}/spends", {"spend_id": f"s-{number}", "amount": amount, "category": "ads"})
    send(api, "POST", f"{campaign}/spends/reversal", {"spend_id": "s-1"})
    send(api, "POST", f"{campaign}/milestones", {"milestone_id": "half-way", "due": "2024-06-01"})
    members = [{"customer_id": id, "variant": "control" if n % 3 == 0 else "treatment"} for n, id in enumerate(people)]
    send(api, "POST", f"{campaign}/members", {"members": members})
    touches: list[dict[str, Any]] = [{"customer_id": id, "kind": "sent", "touch_id": f"t-{id}"} for id in people]
    touches += [{"customer_id": id, "kind": "opened", "machine": "false"} for id in people[1:4]]
    sale = {"kind": "converted", "value": "20.00", "currency": "EUR"}
    touches += [sale | {"customer_id": id, "conversion_id": f"c-{id}"} for id in people[1:3]]
    send(api, "POST", f"{campaign}/touches", {"touches": touches})
    send(api, "POST", f"{campaign}/members/{people[2]}/touches/retraction", {"touch_id": f"t-{people[2]}"})
    send(api, "POST", f"{campaign}/members/{people[1]}/conversions/reversal", {"conversion_id": f"c-{people[1]}"})
    send(api, "POST", f"{campaign}/members/{people[4]}/removal")


def _tickets(api: Api, people: list[str]) -> None:
    for number, id in enumerate([*people, None]):
        facts = {"customer_id": id, "opened_by": "customer", "title": f"Broken {number}", "category": f"kind-{number % 2}"}
        ticket = send(api, "POST", "/v1/tickets", facts | {"occurred_at": f"2024-05-0{number + 1}T09:00:00Z"}).headers[
            "Location"
        ]
        send(api, "PUT", f"{ticket}/assignment", {"owner": "agent-1", "team": "support"})
        send(api, "POST", f"{ticket}/replies", {"reply_id": "r-1", "by": "agent", "body": "We look at it."})
        send(api, "POST", f"{ticket}/pending")
        send(api, "POST", f"{ticket}/replies", {"reply_id": "r-2", "by": "customer", "body": "Thanks"})
        send(api, "POST", f"{ticket}/replies/r-2/redaction")
        send(api, "POST", f"{ticket}/tags", {"tags": ["cups"]})
        if number % 2:
            send(api, "POST", f"{ticket}/solution", {"resolution": "Replaced"})
        if number == 4:
            send(api, "POST", f"{ticket}/discarding", {"reason": "spam"})


def _values(api: Api, people: list[str]) -> None:
    for day, quantity in (("2024-03-01", "1"), ("2024-04-20", "2")):
        line = TEA | {"quantity": quantity}
        for id in people[:2]:
            send(api, "POST", "/v1/orders", ORDER | {"customer_id": id, "lines": [line], "occurred_at": f"{day}T09:00:00Z"})
    send(api, "POST", "/v1/value-models", {"name": "value", "cut_off_day": "2024-04-25", "currency": "EUR"})


def _orders(api: Api, people: list[str]) -> None:
    for id in people:
        order = send(api, "PUT", f"/v1/orders/by/shop/{id}", ORDER | {"customer_id": id}).headers["Location"]
        send(api, "POST", f"{order}/tags", {"tags": ["gift"]})
        send(api, "POST", f"{order}/confirmation")
        send(api, "POST", f"{order}/payments", {"payment_id": "p-1", "amount": "30.00"})
    send(api, "POST", f"{order}/refunds", {"amount": "1.00"})

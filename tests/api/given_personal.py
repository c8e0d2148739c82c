"""A story over HTTP with a personal value in every field that can hold one. Only personal values contain the mark."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.api.client import Client
from tests.api.sales.given_orders import ORDER
from tests.api.segmentation.given_segments import send

MARK = "Zwetschge"
PHONE = "+4915112345678"
EMAIL = f"{MARK}@example.com"
ATTACHMENT = {"media_type": "text/plain", "bytes": 1, "sha256": "ab" * 32, "name": MARK, "url": f"https://x.example/{MARK}"}
ADDRESS = {"lines": [f"{MARK}weg 1"], "city": MARK, "region": MARK, "postal_code": MARK, "country": "DE"}
MOVED = ADDRESS | {"city": f"{MARK} 2"}
REACHED = {"name": MARK, "email": EMAIL, "phone": MARK}
TEA = [{"line_id": "tea", "quantity": "1"}]
LINKED = {"system": "erp", "id": MARK}
NOTED: dict[str, dict[str, Any]] = {
    "attachments": ATTACHMENT,
    "external-ids": LINKED | {"id": f"{MARK}-2"},
    "external-ids/removal": LINKED | {"id": f"{MARK}-2"},
}
MAPPING = b"""
system = "shop"
occurred_at = "{day}"
ids.customer = "{customer}"
[[make]]
command = "customer.register"
facts = { name = "{name}" }
"""

Places = Mapping[str, Mapping[str, str]]


def personal_things_happened(client: Client) -> Places:
    """Record everything that is hidden from analysts. Returns the path parameters by the beginning of the path."""
    ids = things_of_a_person(client)
    customer, lead = ids["customers"], ids["leads"]
    campaign = _campaign(client, customer, lead)
    ids |= {"campaigns": campaign, **_configured(client, customer)}
    places = {f"/v1/{thing}": {"id": id} for thing, id in ids.items()}
    places["/v1/campaigns"] |= {"customer_id": customer, "lead_id": lead}
    places |= {
        "/v1/pipelines": {"code": "new-business"},
        "/v1/channels": {"code": "web"},
        "/v1/users": {"code": "agent-7"},
        "/v1/teams": {"code": "support"},
        "/v1/service-calendars": {"code": "berlin"},
        "/v1/sla-policies": {"code": "gold"},
        "/v1/assignment-rules": {"code": "mail"},
        "/v1/segment-models": {"model": "by-need"},
        "/v1/value-models": {"model": "value"},
        "/v1/field-definitions": {"entity": "customer", "key": "wish"},
    }
    # The stream of events would never end, so it ends at this position.
    places["/v1/events"] = {"upto": send(client, "POST", f"/v1/leads/{lead}/tags", {"tags": ["seen"]}).headers["Position"]}
    places["/v1/imports"] = {"id": _import(client)}
    return places


def things_of_a_person(client: Client) -> dict[str, str]:
    """Record everything about one person. Returns the ids of the resources; the lead is not converted."""
    customer = _customer(client)
    return {
        "customers": customer,
        "leads": _lead(client),
        "orders": _order(client, customer),
        "tickets": _ticket(client, customer),
        "interactions": _interaction(client, customer),
        "feedback": _feedback(client, customer),
        "deals": _deal(client, customer),
        "touchpoints": _touchpoint(client, customer),
    }


def _made(client: Client, method: str, path: str, body: Mapping[str, Any]) -> str:
    return str(send(client, method, path, body).json()["id"])


def _all(client: Client, thing: str, bodies: Mapping[str, Any]) -> None:
    for path, body in bodies.items():
        method, _, rest = path.partition(" ") if " " in path else ("POST", "", path)
        send(client, method, f"{thing}/{rest}".rstrip("/"), body)


def _linked(client: Client, things: str, body: Mapping[str, Any]) -> str:
    """The id of a resource whose external id is the mark, with every kind of annotation."""
    id = _made(client, "PUT", f"/v1/{things}/by/shop/{MARK}", body)
    _all(client, f"/v1/{things}/{id}", NOTED | {"PATCH attributes": {"attributes": {"wish": f"{MARK} 2"}}})
    return id


def _customer(client: Client) -> str:
    send(client, "PUT", "/v1/field-definitions/customer/wish", {"name": "Wish", "kind": "text"})
    methods = [{"kind": "email", "value": EMAIL}, {"kind": "social", "value": f"@{MARK}"}, {"kind": "phone", "value": PHONE}]
    about = {"name": MARK, "contact_methods": methods, "address": ADDRESS, "attributes": {"wish": MARK, "size": 5}}
    about["acquisition"] = {"channel": "web", "utm": {"term": MARK}}
    customer = _linked(client, "customers", about)
    firm = _made(client, "PUT", "/v1/customers/by/shop/firm", {"kind": "organisation", "name": MARK})
    consent = {"purpose": "news", "channel": "email", "evidence": MARK}
    _all(
        client,
        f"/v1/customers/{customer}",
        {
            "contact-methods": {"kind": "web", "value": f"https://{MARK}.example"},
            "anonymous-ids": {"anonymous_id": MARK},
            "consents": consent,
            "consents/withdrawal": consent,
            "relations": {"other": firm, "role": "employee", "title": MARK},
            "PATCH ": {"name": f"{MARK} 2", "address": MOVED, "acquisition": {"utm": {"content": MARK}}},
        },
    )
    _same(client, customer)
    return customer


def _same(client: Client, customer: str) -> None:
    """A possible duplicate of the customer, and a customer who is merged into them."""
    known = {"name": MARK, "contact_methods": [{"kind": "email", "value": EMAIL}]}
    send(client, "POST", "/v1/customers", known | {"allow_duplicate": True})
    other = _made(client, "POST", "/v1/customers", {"name": MARK})
    send(client, "POST", f"/v1/customers/{other}/merge", {"into": customer})


def _order(client: Client, customer: str) -> str:
    reached = {"shipping_address": ADDRESS, "billing_address": ADDRESS, "contact": REACHED}
    order = _linked(client, "orders", ORDER | reached | {"customer_id": customer})
    paid = {"amount": "10.00", "reference": MARK}
    _all(
        client,
        f"/v1/orders/{order}",
        {
            "PATCH ": {"contact": REACHED | {"name": f"{MARK} 2"}, "billing_address": MOVED, "shipping_address": MOVED},
            "confirmation": {},
            "payments/authorisations": paid | {"payment_id": "p-0"},
            "payments/p-0/void": {},
            "payments": paid | {"payment_id": "p-1", "amount": "30.00"},
            "payments/p-2/failure": paid,
            "payments/p-1/chargeback": paid | {"amount": "1.00"},
            "shipments": {"shipment_id": "s-1", "lines": TEA, "tracking": MARK},
            "return-requests": {"return_id": "r-1", "lines": TEA, "note": MARK},
            "return-requests/r-1/decline": {"note": MARK},
            "refunds": {"refund_id": "f-1", "amount": "1.00", "reference": MARK},
            "refunds/f-1/reversal": {"reference": MARK},
            "payments/p-1/reversal": {"fact": "chargeback", "reference": MARK},
            "cancellation": {"note": MARK},
        },
    )
    return order


def _ticket(client: Client, customer: str) -> str:
    texts = {"title": MARK, "description": MARK}
    ticket = _linked(client, "tickets", texts | {"customer_id": customer, "opened_by": "customer"})
    reply: dict[str, Any] = {"reply_id": "r-1", "by": "customer", "body": MARK, "message_id": MARK, "in_reply_to": MARK}
    reply |= {"references": [MARK], "to": [EMAIL], "cc": [EMAIL], "attachments": [ATTACHMENT]}
    _all(
        client,
        f"/v1/tickets/{ticket}",
        {"PATCH ": {"title": f"{MARK} 2", "description": f"{MARK} 2"}, "replies": reply, "solution": {"resolution": MARK}},
    )
    return ticket


def _interaction(client: Client, customer: str) -> str:
    texts = {"title": MARK, "body": MARK, "outcome": MARK, "message_id": MARK, "participants": [MARK], "thread_id": MARK}
    facts = {"customer_id": customer, "channel": "phone", "direction": "inbound"}
    interaction = _linked(client, "interactions", facts | texts)
    corrected: dict[str, Any] = dict.fromkeys(("title", "body", "outcome", "message_id"), f"{MARK} 2")
    corrected |= {"participants": [f"{MARK} 2"], "thread_id": f"{MARK}-2"}
    send(client, "PATCH", f"/v1/interactions/{interaction}", corrected)
    return interaction


def _feedback(client: Client, customer: str) -> str:
    feedback = _linked(client, "feedback", {"customer_id": customer, "kind": "complaint", "comment": MARK})
    _all(client, f"/v1/feedback/{feedback}", {"actions": {"note": MARK}, "resolution": {"resolution": MARK}})
    return feedback


def _lead(client: Client) -> str:
    """A lead that is not converted to a customer."""
    contact = {"name": MARK, "organisation": MARK, "email": EMAIL, "phone": PHONE, "handle": MARK}
    return _linked(client, "leads", {"contact": contact})


def _deal(client: Client, customer: str) -> str:
    stages = [{"code": "new", "name": "New", "probability": "0.5"}]
    send(client, "PUT", "/v1/pipelines/new-business", {"name": "New business", "stages": stages})
    return _linked(client, "deals", {"customer_id": customer, "pipeline": "new-business", "stage": "new"})


def _campaign(client: Client, customer: str, lead: str) -> str:
    texts = {"strategy": MARK, "scheme": MARK, "audience": MARK}
    campaign = _linked(client, "campaigns", texts | {"name": "Spring"})
    clicked = {"customer_id": customer, "kind": "clicked", "url": f"https://x.example/{MARK}"}
    _all(
        client,
        f"/v1/campaigns/{campaign}",
        {
            "PATCH ": dict.fromkeys(texts, f"{MARK} 2"),
            "milestones": {"milestone_id": "half-way", "title": MARK},
            "launch": {},
            "members": {"members": [{"customer_id": customer}, {"lead_id": lead}]},
            "touches": {"touches": [clicked]},
            "cancellation": {"note": MARK},
        },
    )
    return campaign


def _touchpoint(client: Client, customer: str) -> str:
    send(client, "PUT", "/v1/channels/web", {"name": "Web shop", "kind": "web"})
    touched = {"channel": "web", "kind": "click", "anonymous_id": MARK, "click_ids": {"gclid": MARK}, "customer_id": customer}
    touched["utm"] = dict.fromkeys(("source", "medium", "campaign", "term", "content"), MARK)
    return _made(client, "POST", "/v1/touchpoints", touched)


def _configured(client: Client, customer: str) -> dict[str, str]:
    """Configuration: users, teams, rules, lists, saved views, tasks, webhooks and keys."""
    hours = [{"weekday": 1, "opens": "09:00", "closes": "17:00"}]
    conditions = [{"field": "channel", "values": ["email"]}]
    targets = [{"metric": "first_response", "seconds": 3600}]
    send(client, "PUT", "/v1/users/agent-7", {"name": MARK, "team": "support"})
    send(client, "PUT", "/v1/teams/support", {"name": "Support"})
    send(client, "PUT", "/v1/service-calendars/berlin", {"zone": "Europe/Berlin", "hours": hours})
    send(client, "PUT", "/v1/sla-policies/gold", {"order": 1, "conditions": conditions, "targets": targets})
    rule = {"order": 1, "kind": "ticket", "team": "support", "conditions": conditions}
    send(client, "PUT", "/v1/assignment-rules/mail", rule)
    send(client, "POST", "/v1/segment-models", {"name": "by-need", "features": ["tickets"], "k": 2})
    for day in ("2024-03-01", "2024-04-20"):
        send(client, "POST", "/v1/orders", ORDER | {"customer_id": customer, "occurred_at": f"{day}T09:00:00Z"})
    send(client, "POST", "/v1/value-models", {"name": "value", "cut_off_day": "2024-04-25", "currency": "EUR"})
    chosen = _made(client, "POST", "/v1/lists", {"name": "Chosen"})
    send(client, "POST", f"/v1/lists/{chosen}/members", {"customer_ids": [customer]})
    view = {"name": "My search", "resource": "customers", "filters": {"q": MARK}}
    seen = _made(client, "POST", "/v1/saved-views", view)
    send(client, "PUT", f"/v1/saved-views/{seen}", view | {"filters": {"q": f"{MARK} 2"}})
    large = {"op": "compare", "feature": "attribute:size", "is": ">=", "value": 1}
    return {
        "tasks": _made(client, "POST", "/v1/tasks", {"title": MARK, "about": {"kind": "customer", "id": customer}}),
        "saved-views": seen,
        "lists": chosen,
        "segment-rules": _made(client, "POST", "/v1/segment-rules", {"name": "large", "rule": large, "priority": 1}),
        "webhooks": _made(client, "POST", "/v1/webhooks", {"url": "https://x.example/hook"}),
        "keys": _made(client, "POST", "/v1/keys", {"label": MARK, "roles": ["analyst"]}),
    }


def _import(client: Client) -> str:
    """An import with one row that is accepted and one that is refused."""
    rows = f"customer,name,day\n{MARK}-3,{MARK},2026-01-02\n{MARK}-4,{MARK},{MARK}\n".encode()
    files = {"mapping": ("shop.toml", MAPPING), "file": (f"{MARK}.csv", rows)}
    answer = client.request("POST", "/v1/imports", files=files)
    assert answer.status_code == 202, answer.text
    return str(answer.json()["id"])

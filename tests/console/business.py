"""What the sample of purchases lacks: deals, tickets, tasks, a campaign, segments; recorded over HTTP, as applications do."""

from __future__ import annotations

from typing import Any, NamedTuple

import httpx

STAGES = (
    ("contacted", "Contacted", "0.1"),
    ("demo", "Demo", "0.3"),
    ("offer", "Offer", "0.6"),
    ("contract", "Contract", "0.9"),
)
TITLES = ("The disc skips", "Where is my order?", "This is another album", "Please refund me")
MEMBERS = 120


class Business(NamedTuple):
    """What was recorded, by id."""

    customers: list[str]
    deals: list[str]
    tickets: list[str]
    campaign: str


def recorded(api: httpx.Client) -> Business:
    """Records it, and waits until the read models have it."""
    customers = [one["id"] for one in _send(api, "GET", f"/v1/customers?limit={MEMBERS}")["items"]]
    stages = [{"code": code, "name": name, "probability": probability} for code, name, probability in STAGES]
    _send(api, "PUT", "/v1/pipelines/sales", {"name": "Sales", "stages": stages})
    deals = [_deal(api, id, number) for number, id in enumerate(customers[:12])]
    tickets = [_ticket(api, id, number) for number, id in enumerate(customers[:16])]
    for number, id in enumerate(customers[:6]):
        task = {"title": f"Call about offer {number + 1}", "assignee": "mia", "due": f"2027-01-{11 + number}T09:00:00Z"}
        _send(api, "POST", "/v1/tasks", task | {"about": {"kind": "customer", "id": id}})
    campaign = _campaign(api, customers)
    _send(api, "POST", "/v1/segment-models", {"name": "customers"})
    position = _head(api)
    for path in ("customers", "deals", "tickets", "tasks", f"campaigns/{campaign}", "segment-models"):
        _send(api, "GET", f"/v1/{path}?after={position}")
    return Business(customers, deals, tickets, campaign)


def _deal(api: httpx.Client, customer: str, number: int) -> str:
    stage, owner = STAGES[number % 4][0], ("mia", "tom")[number % 2]
    body = {"customer_id": customer, "pipeline": "sales", "stage": stage, "owner": owner}
    return str(_send(api, "POST", "/v1/deals", body | {"amount": f"{1200 + 173 * number}.50", "currency": "EUR"})["id"])


def _ticket(api: httpx.Client, customer: str, number: int) -> str:
    """Tickets of the days before, of which every second one is answered and every fourth one solved."""
    day = f"2026-11-{10 + number}"
    body = {
        "opened_by": "customer",
        "title": TITLES[number % 4],
        "description": "I ordered it a week ago.",
        "channel": ("email", "phone", "chat")[number % 3],
        "priority": ("high", "normal", "urgent")[number % 3],
        "category": ("delivery", "quality")[number % 2],
        "customer_id": customer,
        "occurred_at": f"{day}T09:00:00Z",
    }
    id = str(_send(api, "POST", "/v1/tickets", body)["id"])
    if number % 2:
        reply = {"by": "agent", "body": "We look into it today.", "channel": "email"}
        _send(api, "POST", f"/v1/tickets/{id}/replies", reply | {"occurred_at": f"{day}T{10 + number % 5}:20:00Z"})
    if number % 4 == 3:
        solution = {"code": "replaced", "resolution": "A new disc is on its way."}
        _send(api, "POST", f"/v1/tickets/{id}/solution", solution | {"occurred_at": f"{day}T{15 + number % 5}:00:00Z"})
    return id


def _campaign(api: httpx.Client, customers: list[str]) -> str:
    variants = [{"code": "short"}, {"code": "long"}]
    plan = {"name": "Winter sale", "channels": ["email"], "currency": "USD", "budget": "500", "variants": variants}
    id = str(_send(api, "POST", "/v1/campaigns", plan)["id"])
    members = [{"customer_id": one, "variant": ("short", "long")[number % 2]} for number, one in enumerate(customers)]
    _send(api, "POST", f"/v1/campaigns/{id}/members", {"members": members})
    _send(api, "POST", f"/v1/campaigns/{id}/launch")
    steps = (("sent", 1), ("delivered", 1), ("opened", 2), ("clicked", 4))
    touches = [{"customer_id": one, "kind": kind} for kind, every in steps for one in customers[::every]]
    _send(api, "POST", f"/v1/campaigns/{id}/touches", {"touches": touches})
    return id


def _send(api: httpx.Client, method: str, path: str, body: Any = None) -> Any:
    answer = api.request(method, path, json=body)
    assert answer.is_success, f"{method} {path}: {answer.text}"
    return answer.json() if answer.content else None


def _head(api: httpx.Client) -> int:
    return int(api.get("/v1/status").json()["head"])

"""What the sample of purchases lacks: leads, deals, tickets, tasks, talks, a campaign, segments; recorded over HTTP."""

from __future__ import annotations

from typing import Any, NamedTuple

import httpx

STAGES = (
    ("contacted", "Contacted", "0.1"),
    ("demo", "Demo", "0.3"),
    ("offer", "Offer", "0.6"),
    ("contract", "Contract", "0.9"),
)
TALKS = ("leads", "interactions", "feedback")
TITLES = ("The disc skips", "Where is my order?", "This is another album", "Please refund me")
MEMBERS = 240
ARMS = ("control", "short", "long")


class Business(NamedTuple):
    """What was recorded, by id."""

    customers: list[str]
    deals: list[str]
    tickets: list[str]
    campaign: str
    leads: list[str]
    interactions: list[str]
    feedback: list[str]


def recorded(api: httpx.Client) -> Business:
    """Records it, and waits until the read models have it."""
    customers = [one["id"] for one in _send(api, "GET", f"/v1/customers?limit={MEMBERS}")["items"]]
    stages = [{"code": code, "name": name, "probability": probability} for code, name, probability in STAGES]
    _send(api, "PUT", "/v1/pipelines/sales", {"name": "Sales", "stages": stages})
    deals = [_deal(api, id, number) for number, id in enumerate(customers[:12])]
    tickets = [_ticket(api, id, number) for number, id in enumerate(customers[:16])]
    leads = [_lead(api, number) for number in range(6)]
    interactions = [_interaction(api, id, number) for number, id in enumerate(customers[:6])]
    feedback = [_feedback(api, id, number) for number, id in enumerate(customers[:6])]
    for number, id in enumerate(customers[:6]):
        task = {"title": f"Call about offer {number + 1}", "assignee": "mia", "due": f"2027-01-{11 + number}T09:00:00Z"}
        _send(api, "POST", "/v1/tasks", task | {"about": {"kind": "customer", "id": id}})
    campaign = _campaign(api, customers)
    _send(api, "POST", "/v1/segment-models", {"name": "customers"})
    position = _head(api)
    for path in ("customers", "deals", "tickets", "tasks", f"campaigns/{campaign}", "segment-models", *TALKS):
        _send(api, "GET", f"/v1/{path}?after={position}")
    return Business(customers, deals, tickets, campaign, leads, interactions, feedback)


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


def _lead(api: httpx.Client, number: int) -> str:
    """Leads of two channels, of which every third one is qualified and every fourth one lost."""
    contact = {"name": ("Ada", "Bo", "Cy")[number % 3], "email": f"lead{number}@example.org"}
    lead = {"contact": contact, "channel": ("social", "web")[number % 2], "origin": "spring_video"}
    id = str(_send(api, "POST", "/v1/leads", lead | {"value": f"{100 + 25 * number}.00", "currency": "EUR"})["id"])
    if number % 3 == 1:
        _send(api, "POST", f"/v1/leads/{id}/qualification")
    if number % 4 == 3:
        _send(api, "POST", f"/v1/leads/{id}/loss", {"reason": "too_expensive"})
    return id


def _interaction(api: httpx.Client, customer: str, number: int) -> str:
    talk = {"channel": ("phone", "email", "chat")[number % 3], "direction": ("inbound", "outbound")[number % 2], "agent": "mia"}
    said = {"title": TITLES[number % 4], "body": "They asked when the new disc comes.", "outcome": "It comes tomorrow."}
    body = talk | said | {"customer_id": customer, "duration_seconds": 200 + 70 * number}
    return str(_send(api, "POST", "/v1/interactions", body)["id"])


def _feedback(api: httpx.Client, customer: str, number: int) -> str:
    kind, score = (("csat", 4), ("nps", 9), ("complaint", None))[number % 3]
    body = {"kind": kind, "score": score, "channel": "email", "customer_id": customer, "agent": "mia"}
    id = str(_send(api, "POST", "/v1/feedback", body | {"comment": "Quick, but the disc skips."})["id"])
    if number % 2:
        _send(api, "POST", f"/v1/feedback/{id}/acknowledgement")
    return id


def _campaign(api: httpx.Client, customers: list[str]) -> str:
    """A third of the members is held out. Of the three arms, a quarter, half and a third are converted."""
    shares = {"variants": [{"code": "short", "share": "0.33"}, {"code": "long", "share": "0.33"}], "holdout_share": "0.34"}
    plan = {"name": "Winter sale", "channels": ["email"], "currency": "USD", "budget": "500", **shares}
    id = str(_send(api, "POST", "/v1/campaigns", plan)["id"])
    members = [{"customer_id": one, "variant": ARMS[number % 3]} for number, one in enumerate(customers)]
    _send(api, "POST", f"/v1/campaigns/{id}/members", {"members": members})
    _send(api, "POST", f"/v1/campaigns/{id}/launch")
    treated = [one for number, one in enumerate(customers) if number % 3]
    steps = (("sent", 1), ("delivered", 1), ("opened", 2), ("clicked", 4))
    touches = [{"customer_id": one, "kind": kind} for kind, every in steps for one in treated[::every]]
    bought = [(number, one) for number, one in enumerate(customers) if number % 12 == 0 or number % 6 == 1 or number % 9 == 2]
    sales = [
        {"customer_id": one, "kind": "converted", "conversion_id": f"sale-{number}", "value": f"{9 + number % 20}.00"}
        for number, one in bought
    ]
    _send(api, "POST", f"/v1/campaigns/{id}/touches", {"touches": touches + sales})
    return id


def _send(api: httpx.Client, method: str, path: str, body: Any = None) -> Any:
    answer = api.request(method, path, json=body)
    assert answer.is_success, f"{method} {path}: {answer.text}"
    return answer.json() if answer.content else None


def _head(api: httpx.Client) -> int:
    return int(api.get("/v1/status").json()["head"])

"""What reports count beyond the business: a campaign with a hold-out, leads, feedback, promises, traffic and a value model."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any, NamedTuple

import httpx

from tests.api.segmentation.given_segments import send
from tests.console.site import Site

AGENTS = ("mia", "tom")
TARGETS = (("first_response", 2), ("first_resolution", 8), ("full_resolution", 8))
"""Each metric of the promise, and its hours."""
SCORES = (5, 4, 2, 5, 3, 4)


class Counted(NamedTuple):
    """What was recorded, by id."""

    campaign: str


def recorded(site: Site) -> Counted:
    """Records it, and waits until the read models have it."""
    api, customers = site.api, site.business.customers
    _promises(api, customers)
    _traffic(api)
    _clicks(api)
    for number, score in enumerate(SCORES):
        facts = {"kind": "csat", "score": score, "scale": {"min": 1, "max": 5}, "channel": "email"}
        about = {"customer_id": customers[number], "agent": AGENTS[number % 2]}
        send(api, "POST", "/v1/feedback", facts | about | {"occurred_at": f"2026-11-{12 + number}T10:00:00Z"})
    for number in range(9):
        lead = {"channel": ("web", "fair")[number % 2], "origin": "form", "contact": {"name": f"Lead {number}"}}
        id = send(api, "POST", "/v1/leads", lead | {"occurred_at": f"2026-10-{10 + number}T10:00:00Z"}).json()["id"]
        if number % 3 == 0:
            send(api, "POST", f"/v1/leads/{id}/qualification")
    campaign = _campaign(api, customers)
    send(api, "POST", "/v1/value-models", {"name": "value", "currency": "USD", "cut_off_day": "1997-12-31"})
    position = int(api.get("/v1/status").json()["head"])
    for path in (
        "tickets",
        "leads",
        "feedback",
        f"campaigns/{campaign}",
        "value-models",
        "reports/segments",
        "reports/attribution",
        "channels",
    ):
        api.get(f"/v1/{path}?after={position}").raise_for_status()
    return Counted(campaign)


def _promises(api: httpx.Client, customers: list[str]) -> None:
    """Tickets of two weeks with an agent and a promise; every third one is answered late or never."""
    targets = [{"metric": metric, "seconds": 3600 * hours, "hours": "calendar"} for metric, hours in TARGETS]
    send(api, "PUT", "/v1/sla-policies/usual", {"order": 1, "targets": targets, "occurred_at": "2026-10-01T00:00:00Z"})
    for number in range(12):
        day = f"2026-10-{12 + number:02}"
        facts = {"opened_by": "customer", "title": "The box was open", "channel": "email", "category": "delivery"}
        body = facts | {"customer_id": customers[20 + number], "occurred_at": f"{day}T09:00:00Z"}
        id = send(api, "POST", "/v1/tickets", body).json()["id"]
        send(api, "PUT", f"/v1/tickets/{id}/assignment", {"owner": AGENTS[number % 2]})
        if number % 3 == 2:
            continue
        reply = {"by": "agent", "body": "A new one is on its way.", "channel": "email"}
        send(api, "POST", f"/v1/tickets/{id}/replies", reply | {"occurred_at": f"{day}T{10 + 3 * (number % 2)}:00:00Z"})
        solution = {"code": "replaced", "resolution": "A new one was sent."}
        send(api, "POST", f"/v1/tickets/{id}/solution", solution | {"occurred_at": f"{day}T{14 + number % 9}:00:00Z"})


def _traffic(api: httpx.Client) -> None:
    channel = api.get("/v1/orders?limit=1").json()["items"][0]["channel"]
    send(api, "PUT", f"/v1/channels/{channel}", {"name": "Shop", "kind": "web"})
    source = {"source": {"system": "ads"}}
    send(api, "PUT", f"/v1/channels/{channel}/days/1997-02-01/traffic", source | {"visits": 9000, "visitors": 5000})
    send(api, "PUT", f"/v1/channels/{channel}/days/1997-02-01/cost", source | {"amount": "1250.00", "currency": "USD"})


def _clicks(api: httpx.Client) -> None:
    """A click on the day before each of some orders."""
    for order in api.get("/v1/orders?limit=12").json()["items"]:
        day = date.fromisoformat(order["placed_at"][:10]) - timedelta(days=1)
        facts = {"customer_id": order["customer_id"], "channel": order["channel"], "kind": "click"}
        send(api, "POST", "/v1/touchpoints", facts | {"occurred_at": f"{day}T09:00:00Z"})


def _campaign(api: httpx.Client, customers: list[str]) -> str:
    """Every third member is held out; some of the others buy more."""
    plan: dict[str, Any] = {"name": "Spring sale", "channels": ["email"], "currency": "USD", "budget": "400"}
    plan |= {"attribution_window_days": 30}
    id = str(send(api, "POST", "/v1/campaigns", plan).json()["id"])
    variants = ["treatment" if number % 3 else "control" for number in range(len(customers))]
    arms = [{"customer_id": one, "variant": variant} for one, variant in zip(customers, variants, strict=True)]
    send(api, "POST", f"/v1/campaigns/{id}/members", {"members": arms})
    send(api, "POST", f"/v1/campaigns/{id}/launch")
    send(api, "POST", f"/v1/campaigns/{id}/spends", {"spend_id": "s-1", "amount": "120.00", "category": "ads"})
    treated = [one["customer_id"] for one in arms if one["variant"] == "treatment"]
    held = [one["customer_id"] for one in arms if one["variant"] == "control"]
    touches: list[dict[str, Any]] = [{"customer_id": one, "kind": kind} for kind in ("sent", "delivered") for one in treated]
    touches += [{"customer_id": one, "kind": "opened"} for one in treated[::2]]
    touches += [
        {"customer_id": one, "kind": "converted", "conversion_id": f"c-{number}", "value": "20.00", "currency": "USD"}
        for number, one in enumerate((*treated[::4], *held[::9]))
    ]
    send(api, "POST", f"/v1/campaigns/{id}/touches", {"touches": touches})
    return id

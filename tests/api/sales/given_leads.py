"""Leads, deals and a pipeline for the API tests."""

from __future__ import annotations

from typing import Any

from tests.api.client import Client

LEAD: dict[str, Any] = {"channel": "social", "origin": "video", "contact": {"name": "Ada", "handle": "@ada"}}
STAGES = [
    {"code": "talking", "name": "In talks", "probability": "0.2"},
    {"code": "offered", "name": "Offer sent", "probability": "0.5"},
]


def captured(client: Client, **more: Any) -> str:
    """The path of a lead."""
    answer = client.post("/v1/leads", LEAD | more)
    assert answer.status_code == 201, answer.text
    return str(answer.headers["Location"])


def defined(client: Client, code: str = "sales", **more: Any) -> str:
    """The path of a pipeline."""
    answer = client.put(f"/v1/pipelines/{code}", {"name": "Sales", "stages": STAGES} | more)
    assert answer.status_code in (200, 201), answer.text
    return f"/v1/pipelines/{code}"


def opened(client: Client, customer: str, **more: Any) -> str:
    """The path of a new deal of 500.00 EUR of the customer at this path; defines the pipeline first."""
    defined(client)
    body = {"customer_id": customer.rsplit("/", 1)[-1], "pipeline": "sales", "stage": "talking"}
    answer = client.post("/v1/deals", body | {"amount": "500.00", "currency": "EUR"} | more)
    assert answer.status_code == 201, answer.text
    return str(answer.headers["Location"])

"""Customers for the tests of the API, and functions to read them."""

from __future__ import annotations

from typing import Any

from tests.api.client import Client

ADA: dict[str, Any] = {"name": "Ada", "contact_methods": [{"kind": "email", "value": "Ada@Example.com", "primary": True}]}
ERASURE = {"reason": "requested", "requested_by": "customer"}


def registered(client: Client, **more: Any) -> str:
    """The path of a customer."""
    answer = client.post("/v1/customers", ADA | {"allow_duplicate": True} | more)
    assert answer.status_code == 201, answer.text
    return str(answer.headers["Location"])


def head(client: Client) -> int:
    """The position of the last event."""
    return int(client.get("/v1/events", params={"limit": 1}).headers["Position"])


def seen(client: Client, path: str, **question: Any) -> dict[str, Any]:
    """The answer when it is complete up to the last event."""
    answer = client.get(path, params=question | {"after": head(client)})
    assert answer.status_code == 200, answer.text
    return dict(answer.json())

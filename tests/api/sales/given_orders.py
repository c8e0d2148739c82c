"""Orders for the API tests, and the events that the log holds about them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from domain.shared.events import Recorded, type_name
from infra.event_store.store import EventStore
from tests.api.client import Client

TEA = {"line_id": "tea", "name": "Green tea", "quantity": "2", "unit_price": "12.50"}
CUP = {"line_id": "cup", "name": "Cup", "quantity": "1", "unit_price": "5.00"}
ORDER: dict[str, Any] = {"channel": "web", "currency": "EUR", "lines": [TEA, CUP]}


def placed(client: Client, **more: Any) -> str:
    """The path of an order of 30.00 EUR."""
    answer = client.post("/v1/orders", ORDER | more)
    assert answer.status_code == 201, answer.text
    return answer.headers["Location"]


def confirmed(client: Client, **more: Any) -> str:
    order = placed(client, **more)
    done(client, f"{order}/confirmation")
    return order


def done(client: Client, path: str, body: Any = None) -> dict[str, Any]:
    answer = client.post(path, body)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def events(store: EventStore, order: str) -> Sequence[Recorded]:
    id = UUID(order.rsplit("/", 1)[-1])
    return store.streams([id])[id]


def facts(store: EventStore, order: str) -> list[str]:
    """The names of the recorded events: `placed`, `payment_captured` and so on."""
    return [type_name(type(recorded.event)).split(".")[2] for recorded in events(store, order)]

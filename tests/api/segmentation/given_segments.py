"""Customers with segment labels, and every kind of event that changes labels; recorded over HTTP through any `Api`."""

from __future__ import annotations

from typing import Any, Protocol

import httpx

from tests.api.sales.given_orders import ORDER, TEA

MODELS: tuple[dict[str, Any], ...] = (
    {"name": "by-size", "features": ["attribute:size", "tickets"], "k": 3},
    {"name": "by-orders", "features": ["orders", "total:EUR", "days_since_last"], "k": 2, "transform": "log1p"},
)
CUSTOMERS = 24


class Api(Protocol):
    def request(self, method: str, path: str, /, *, json: Any = None) -> httpx.Response: ...


def send(api: Api, method: str, path: str, body: Any = None) -> httpx.Response:
    answer = api.request(method, path, json={} if body is None else body)
    assert answer.is_success, answer.text
    return answer


def segments_that_moved(api: Api) -> int:
    """The position of the log afterwards."""
    customers = [_customer(api, number) for number in range(CUSTOMERS)]
    orders = [_order(api, id, number) for number, id in enumerate(customers) if number % 4]
    for model in MODELS:
        send(api, "POST", "/v1/segment-models", model)
    for number, id in enumerate(customers[::3]):
        send(api, "PATCH", f"/v1/customers/{id}/attributes", {"attributes": {"size": 90 - number, "vip": True}})
    for order in orders[::3]:
        send(api, "POST", f"{order}/cancellation")
    send(api, "POST", f"/v1/customers/{customers[5]}/erasure", {"reason": "requested", "requested_by": "customer"})
    send(api, "POST", "/v1/segment-models/by-size/fits", {"k": 4})
    send(api, "POST", "/v1/calendar/days", {"day": "2024-05-01"})
    send(api, "POST", "/v1/segment-models/by-size/retirement")
    send(api, "POST", "/v1/segment-models/by-size/activation")
    send(api, "PUT", "/v1/segment-models/by-orders/cluster-names", {"names": ["loyal", "others"]})
    return int(_order_of(api, customers[0], 99).headers["Position"])


def _customer(api: Api, number: int) -> str:
    attributes = {"size": number * number % 37} if number % 8 else {}
    answer = send(api, "POST", "/v1/customers", {"name": f"Customer {number}", "attributes": attributes})
    return str(answer.json()["id"])


def _order(api: Api, customer: str, number: int) -> str:
    return str(_order_of(api, customer, number).headers["Location"])


def _order_of(api: Api, customer: str, number: int) -> httpx.Response:
    line = TEA | {"quantity": str(1 + number % 5)}
    return send(api, "POST", "/v1/orders", ORDER | {"customer_id": customer, "lines": [line]})

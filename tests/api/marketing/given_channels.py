"""Channels and their days for the API tests."""

from __future__ import annotations

from typing import Any

from tests.api.client import Client

WEB = {"name": "Web shop", "kind": "web"}
MATOMO = {"system": "matomo"}


def opened(client: Client, code: str = "web", **more: Any) -> str:
    """The path of a channel."""
    answer = client.put(f"/v1/channels/{code}", WEB | more)
    assert answer.status_code == 201, answer.text
    return str(answer.headers["Location"])


def counted(client: Client, code: str, day: str, **counts: Any) -> None:
    answer = client.put(f"/v1/channels/{code}/days/{day}/traffic", {"source": MATOMO} | counts)
    assert answer.status_code == 200, answer.text


def cost(client: Client, code: str, day: str, amount: str, currency: str = "EUR") -> None:
    body = {"source": {"system": "ads"}, "amount": amount, "currency": currency}
    answer = client.put(f"/v1/channels/{code}/days/{day}/cost", body)
    assert answer.status_code == 200, answer.text

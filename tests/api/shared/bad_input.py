"""Shared by the tests of bad input: sends a body as bytes, and checks the form of a problem document."""

from __future__ import annotations

import httpx

from tests.api.client import Client

JSON = {"Content-Type": "application/json"}
PROBLEM = "application/problem+json"


def problem(answer: httpx.Response) -> tuple[int, str]:
    assert answer.headers["Content-Type"] == PROBLEM
    document = answer.json()
    assert document["status"] == answer.status_code
    assert document["detail"]
    assert "Traceback" not in answer.text
    return answer.status_code, document["type"].removeprefix("/problems/")


def sent(client: Client, body: bytes, path: str = "/v1/customers", **headers: str) -> httpx.Response:
    return client.request("POST", path, content=body, headers=JSON | headers)

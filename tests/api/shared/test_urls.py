"""A URL in any body is one of the web: readers show it as a link, so no other scheme is recorded."""

from __future__ import annotations

import re
from typing import Any

import pytest

from domain.shared.refusals import Malformed
from domain.shared.text import web_url
from tests.api.client import Client
from tests.api.customers.given_customers import registered

pytestmark = pytest.mark.one_deployment

FILE = {"media_type": "text/plain", "bytes": 1, "sha256": "ab" * 32}
BAD = [
    "javascript:alert(1)",
    " javascript:alert(1)",
    "JavaScript://x.example/%0aalert(1)",
    "java\nscript:alert(1)",
    "data:text/html,x",
    "file:///etc/passwd",
    "ftp://x.example/a",
    "//x.example/a",
    "/a",
    "https://",
    "https:///a",
    "http://x.example:99999/",
    "https://x.example/a b",
    "",
]
GOOD = ["https://x.example/a", "http://x.example:8080/a?b=c#d", "HTTPS://X.example/", "https://例子.example/杯子"]


def open_ticket(client: Client) -> str:
    return str(client.post("/v1/tickets", {"opened_by": "customer"}).headers["Location"])


def attach(client: Client, url: str) -> int:
    return client.post(f"{registered(client)}/attachments", FILE | {"url": url}).status_code


def reply(client: Client, url: str) -> int:
    body = {"reply_id": "r-1", "by": "agent", "attachments": [FILE | {"url": url}]}
    return client.post(f"{open_ticket(client)}/replies", body).status_code


def click(client: Client, url: str) -> int:
    campaign = client.post("/v1/campaigns", {"name": "Spring", "channels": ["email"]}).headers["Location"]
    member = {"customer_id": registered(client).rsplit("/", 1)[1]}
    client.post(f"{campaign}/members", {"members": [member]})
    answer = client.post(f"{campaign}/touches", {"touches": [{**member, "kind": "clicked", "url": url}]})
    return int(answer.json()["items"][0]["status"]) if answer.status_code == 200 else answer.status_code


def subscribe(client: Client, url: str) -> int:
    return client.post("/v1/webhooks", {"url": url}).status_code


@pytest.mark.parametrize("url", BAD)
@pytest.mark.parametrize("send", [attach, reply, click, subscribe])
def test_a_url_of_another_scheme_or_without_a_host_is_refused(client: Client, send: Any, url: str) -> None:
    assert send(client, url) == 422


@pytest.mark.parametrize("url", GOOD)
@pytest.mark.parametrize("send", [attach, reply, click])
def test_a_url_of_the_web_is_recorded(client: Client, send: Any, url: str) -> None:
    assert send(client, url) == 200


@pytest.mark.parametrize("url", BAD)
def test_no_decision_records_such_a_url(url: str) -> None:
    """Imports do not pass through the bodies of the API."""
    with pytest.raises(Malformed):
        web_url(url)


def test_every_url_of_a_body_has_the_rule(client: Client) -> None:
    """Also those of bodies that nobody has written yet."""
    schemas = client.get("/openapi.json").json()["components"]["schemas"]
    found = {
        (name, field): option.get("pattern", "")
        for name, schema in schemas.items()
        for field, known in schema.get("properties", {}).items()
        if "url" in field.split("_")
        for option in known.get("anyOf", [known])
        if option.get("type") == "string"
    }
    assert {name for name, _ in found} >= {"AttachmentBody", "FileBody", "ClickedBody", "WebhookBody"}
    for pattern in found.values():
        assert pattern
        assert not any(re.search(pattern, url) for url in BAD[:10])

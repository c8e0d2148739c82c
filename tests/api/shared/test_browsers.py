"""The cookie's attributes, and which requests come from our own page."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from fastapi import Request

from api.shared.browsers import Session, refuse_forgery, set_cookie
from api.shared.problems import Problem
from infra.settings import Settings

TOKEN = "t" * 32
SESSION = Session(UUID(int=1), TOKEN, 0.0)


class App:
    class state:  # noqa: N801 (Starlette's name)
        settings = Settings(trusted_proxies="10.0.0.0/8")


def request(method: str = "POST", client: str = "192.0.2.1", **headers: str) -> Request:
    sent = {"host": "crm.example.org", **{name.replace("_", "-"): value for name, value in headers.items()}}
    raw = [(name.encode(), value.encode()) for name, value in sent.items()]
    scope: dict[str, Any] = {"type": "http", "method": method, "scheme": "http", "path": "/", "query_string": b""}
    return Request(scope | {"headers": raw, "client": (client, 1), "app": App})


def refusal(made: Request) -> str | None:
    try:
        refuse_forgery(made, SESSION)
    except Problem as problem:
        return f"{problem.status} {problem.type}"
    return None


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_request_that_changes_nothing_needs_no_token(method: str) -> None:
    assert refusal(request(method)) is None


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS", "ANYTHING"])
@pytest.mark.parametrize("sent", [{}, {"x_csrf_token": ""}, {"x_csrf_token": "u" * 32}, {"x_csrf_token": TOKEN[:-1]}])
def test_every_other_request_needs_the_token_of_the_session(method: str, sent: dict[str, str]) -> None:
    assert refusal(request(method, **sent)) == "403 csrf-token-needed"
    assert refusal(request(method, x_csrf_token=TOKEN)) is None


@pytest.mark.parametrize(
    ("headers", "ours"),
    [
        ({}, True),
        ({"sec_fetch_site": "same-origin"}, True),
        ({"sec_fetch_site": "none"}, True),
        ({"sec_fetch_site": "same-site"}, False),
        ({"sec_fetch_site": "cross-site"}, False),
        ({"sec_fetch_site": "anything"}, False),
        ({"origin": "https://crm.example.org"}, True),
        ({"origin": "http://CRM.example.org"}, True),
        ({"origin": "https://crm.example.org:8443"}, False),
        ({"origin": "https://example.org"}, False),
        ({"origin": "https://crm.example.org.evil.example"}, False),
        ({"origin": "null"}, False),
        ({"origin": "http://["}, False),
        ({"origin": ""}, False),
        # A proxy may change the host. What the browser says about its own page counts.
        ({"origin": "https://outside.example.org", "sec_fetch_site": "same-origin"}, True),
        ({"origin": "https://crm.example.org", "sec_fetch_site": "cross-site"}, False),
    ],
)
def test_a_page_of_another_origin_is_refused_also_with_the_token(headers: dict[str, str], ours: bool) -> None:
    assert refusal(request(x_csrf_token=TOKEN, **headers)) == (None if ours else "403 cross-site-request")


@pytest.mark.parametrize(
    ("made", "secure"),
    [
        (request(), False),
        (request(origin="http://127.0.0.1:8000"), False),
        (request(origin="https://crm.example.org"), True),
        (request(client="10.0.0.1", x_forwarded_proto="https"), True),
        (request(client="10.0.0.1", x_forwarded_proto="http"), False),
        # Anybody can write this header: it counts only if a trusted proxy sends it.
        (request(x_forwarded_proto="https"), False),
    ],
)
def test_the_cookie_is_secure_if_the_browser_has_tls(made: Request, secure: bool) -> None:
    name, *attributes = set_cookie(made, "rs_x", 60).split("; ")
    assert name == "recount_session=rs_x"
    assert attributes == ["Path=/", "Max-Age=60", "HttpOnly", "SameSite=Strict", *(["Secure"] if secure else [])]

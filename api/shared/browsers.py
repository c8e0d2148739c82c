"""What holds for requests of browsers: the cookie of a session, and the proof that our own page sent a request.

A browser adds a cookie by itself, whichever page makes it send a request. So three things stand between another page and a
session: the cookie is SameSite=Strict; a request that may change something is refused if the browser says that another origin
sent it; and it needs the session's CSRF token, which only our page can read. A key in `Authorization` is sent by nobody's
mistake, and needs none of them.
"""

from __future__ import annotations

import hmac
from typing import NamedTuple
from uuid import UUID

from fastapi import Request

from api.shared.addresses import is_trusted
from api.shared.problems import Problem

COOKIE = "recount_session"
CSRF_HEADER = "X-CSRF-Token"
SAFE = frozenset({"GET", "HEAD"})
# What Sec-Fetch-Site says of a request of our page, and of one that a person makes without a page.
OURS = frozenset({"same-origin", "none"})


class Session(NamedTuple):
    """The session by which a caller is known. It ends at `expires_at`, in seconds since 1970, or with its key before.

    `csrf_token` has to come with each request that may change something.
    """

    id: UUID
    csrf_token: str
    expires_at: float


def cookie_of(request: Request) -> str | None:
    """The text in the session's cookie. None if there is none."""
    return request.cookies.get(COOKIE) or None


def set_cookie(request: Request, text: str, seconds: int) -> str:
    """The value of Set-Cookie. Scripts cannot read it, other sites cannot use it, and with TLS it is sent with TLS only."""
    secure = "; Secure" if _is_encrypted(request) else ""
    return f"{COOKIE}={text}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Strict{secure}"


def refuse_forgery(request: Request, session: Session) -> None:
    """Raises Problem 403 if the request may change something, and our own page did not send it."""
    if request.method in SAFE:
        return
    refuse_other_sites(request)
    if not hmac.compare_digest(request.headers.get(CSRF_HEADER, "").encode(), session.csrf_token.encode()):
        detail = f"A session needs its CSRF token in the header {CSRF_HEADER}. GET /v1/me shows it."
        raise Problem(403, "csrf-token-needed", detail)


def refuse_other_sites(request: Request) -> None:
    """Raises Problem 403 if the browser says that a page of another origin sent the request.

    Browsers send Sec-Fetch-Site with TLS and to this machine. Otherwise the host in Origin is compared with the one that is
    asked. A client that sends neither is no browser of today. (The rule of CrossOriginProtection in Go's net/http.)
    """
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        ours = site in OURS
    else:
        origin = request.headers.get("origin")
        ours = origin is None or origin.partition("://")[2].lower() == request.headers.get("host", "").lower()
    if not ours:
        raise Problem(403, "cross-site-request", "A page of another site sent this request. Nothing was done.")


def _is_encrypted(request: Request) -> bool:
    """Whether the browser's connection has TLS: its page says so, or the proxy in front, if it is trusted."""
    if request.url.scheme == "https" or request.headers.get("origin", "").startswith("https://"):
        return True
    by_proxy = request.headers.get("x-forwarded-proto", "").strip().lower() == "https"
    return by_proxy and is_trusted(request.scope, request.app.state.settings.trusted_networks)

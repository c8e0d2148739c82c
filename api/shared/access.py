"""Who may do what: the table of roles and permissions, and the caller of a request."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any, NamedTuple

from fastapi import Depends, Request

from api.shared.addresses import caller_address
from api.shared.bounds import ONE, Bound
from api.shared.browsers import Session, cookie_of, refuse_forgery
from api.shared.failed_keys import FailedKeys
from api.shared.problems import Problem
from domain.shared.events import Actor

if TYPE_CHECKING:
    from api.shared.keys import Found, Keys

CHALLENGE = {"WWW-Authenticate": "Bearer"}
LOCAL = "local"
"""The id of the caller with the key that the command line on this machine uses: the operator, whose key nobody issued."""
OPERATOR = Actor(type="system", id="command-line")

READ = frozenset(
    {
        "customers:read",
        "orders:read",
        "campaigns:read",
        "channels:read",
        "tickets:read",
        "leads:read",
        "deals:read",
        "pipelines:read",
        "interactions:read",
        "feedback:read",
        "segments:read",
        "service-levels:read",
        "users:read",
        "teams:read",
        "tasks:read",
        "saved-views:read",
        "field-definitions:read",
        "lists:read",
        "segment-rules:read",
        "assignment-rules:read",
        "reports:read",
    }
)
SERVE = READ | {
    "customers:write",
    "orders:write",
    "tickets:write",
    "interactions:write",
    "feedback:write",
    "leads:write",
    "tasks:write",
    "saved-views:write",
    "personal:read",
    "batches:send",
}
SELL = {"deals:write", "pipelines:write"}
PROMOTE = {"campaigns:write", "channels:write", "segments:write", "segment-rules:write", "lists:write"}
ROLES: dict[str, frozenset[str]] = {
    "agent": SERVE,
    "marketer": SERVE | PROMOTE,
    "sales": SERVE | SELL,
    "analyst": READ | {"segments:write", "batches:send"},
    "auditor": READ
    | {
        "personal:read",
        "events:read",
        "keys:read",
        "imports:read",
        "operations:read",
        "operations:check",
        "webhooks:read",
    },
    "operator": frozenset(
        {"operations:read", "operations:check", "operations:act", "imports:read", "imports:run", "webhooks:read"}
    ),
    "admin": SERVE
    | PROMOTE
    | SELL
    | {
        "customers:erase",
        "users:write",
        "teams:write",
        "field-definitions:write",
        "events:read",
        "imports:read",
        "imports:run",
        "keys:read",
        "keys:manage",
        "operations:read",
        "operations:check",
        "operations:act",
        "service-levels:write",
        "webhooks:read",
        "webhooks:write",
        "assignment-rules:write",
    },
}


class Caller(NamedTuple):
    """The caller: the key's id, and all permissions of its roles."""

    id: str
    permissions: frozenset[str]
    actor: Actor

    def may(self, permission: str) -> bool:
        return permission in self.permissions


async def presented(request: Request) -> Caller | None:
    """The caller, by the key or session in the request, which is checked again now. None if there is no valid one."""
    found = await _found(request)
    return None if found is None or found.expired else found.caller


async def authenticated(request: Request) -> Caller:
    """The caller, by their key or session, looked up once per request. A session leaves itself in `request.state.session`.

    Raises Problem 401, 429 after too many keys that failed, or 403 if another page makes the browser send this.
    """
    known: Caller | None = getattr(request.state, "caller", None)
    if known is not None:
        return known
    found = await _found(request)
    if found is None:
        raise Problem(401, "unauthenticated", "Send an API key: Authorization: Bearer rk_…", CHALLENGE)
    if found.caller is None or found.expired:
        raise _failed(request, found)
    if found.session is not None:
        refuse_forgery(request, found.session)
        request.state.session = found.session
    request.state.caller = found.caller
    return found.caller


def session_of(request: Request) -> Session | None:
    """The session by which the caller of this request is known. None if it is a key."""
    session: Session | None = getattr(request.state, "session", None)
    return session


async def _found(request: Request) -> Found | None:
    """The result of the check of the request's key; without a key, of its session. None if it has neither."""
    stated = request.headers.get("authorization")
    if stated is None:
        cookie, sessions = cookie_of(request), request.app.state.sessions
        return None if cookie is None else await sessions.found(cookie)
    scheme, _, text = stated.partition(" ")
    keys: Keys = request.app.state.keys
    return await keys.found(text) if scheme.lower() == "bearer" else None


def _failed(request: Request, found: Found) -> Problem:
    if "authorization" not in request.headers:
        return failed(request, "session-ended", "This session has ended, or its key is no longer in force: sign in again.")
    if found.caller is not None:
        return failed(request, "expired-key", "This API key has expired.")
    return failed(request, "unauthenticated", "This API key is not valid.")


def failed(request: Request, type: str, detail: str) -> Problem:
    """Counts the failed key for the caller's address, which only makes the answer to the next failed key another one."""
    failed: FailedKeys = request.app.state.failed_keys
    seconds = failed.wait_after(caller_address(request.scope, request.app.state.settings.trusted_networks))
    if seconds:
        detail = (
            f"Too many keys from this address were not valid. Send no other for {seconds} s; a valid key works at any time."
        )
        return Problem(429, "too-many-failed-keys", detail, {"Retry-After": str(seconds)})
    return Problem(401, type, detail, CHALLENGE)


def any_key(bound: Bound = ONE) -> Any:
    """A dependency: the caller, whatever their key may do. For what only concerns themselves."""

    async def known(request: Request) -> Caller:
        return await authenticated(request)

    return _dependency(known, "", bound)


def may(permission: str, bound: Bound = ONE) -> Any:
    """A dependency: the caller, if their key has this permission; otherwise Problem 403.

    `bound` is the most work that a request to the route takes.
    """

    async def permitted(request: Request) -> Caller:
        caller = await authenticated(request)
        if not caller.may(permission):
            raise Problem(403, "forbidden", f"This needs the permission {permission}.")
        return caller

    return _dependency(permitted, permission, bound)


def _dependency(check: Callable[..., Coroutine[Any, Any, Caller]], permission: str, bound: Bound) -> Any:
    check.permission, check.bound = permission, bound  # type: ignore[attr-defined]
    return Depends(check)

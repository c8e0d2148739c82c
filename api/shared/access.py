"""Who may do what: API keys, roles, and the table of permissions.

A key's text is `rk_<key id>_<secret>`. The secret is 256 random bits, and only its SHA-256 is recorded. A key is read from
its own stream, never from a read model, and remembered for one second: a revoked key stops working everywhere within that
second.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import secrets
import time
from collections.abc import Callable, Coroutine
from typing import Any, NamedTuple
from uuid import UUID

from fastapi import Depends, Request
from starlette.concurrency import run_in_threadpool

from api.shared.bounds import ONE, Bound
from api.shared.problems import Problem
from commands.shared.commit import StoreUnavailable
from domain.operations.api_key import ApiKey
from domain.shared.aggregate import replayed
from domain.shared.events import Actor
from infra.event_store.store import EventStore

REMEMBERED_SECONDS = 1.0
REMEMBERED_KEYS = 10_000

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
    "auditor": READ | {"personal:read", "events:read", "keys:read", "imports:read", "operations:read", "webhooks:read"},
    "operator": frozenset({"operations:read", "operations:act", "imports:read", "imports:run", "webhooks:read"}),
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


def new_key_text(key_id: UUID) -> tuple[str, str]:
    """The text of a new key, to be shown once, and the hash to record."""
    secret = base64.urlsafe_b64encode(secrets.token_bytes(32)).decode().rstrip("=")
    return f"rk_{key_id.hex}_{secret}", _hash(secret)


class Keys:
    """Checks key texts. `local` is the key that the command line on this machine uses for its own server."""

    def __init__(self, store: EventStore, local: str | None = None) -> None:
        self._store, self._local = store, local
        self._known: dict[bytes, tuple[float, asyncio.Task[Caller | None]]] = {}

    async def caller(self, text: str) -> Caller | None:
        """The caller, or None if the key is unknown, wrong or revoked."""
        if self._local and hmac.compare_digest(text.encode(), self._local.encode()):
            return Caller("local", ROLES["admin"], Actor(type="system", id="command-line"))
        digest = hashlib.sha256(text.encode()).digest()
        until, looked_up = self._known.get(digest) or (0.0, None)
        if looked_up is None or until < time.monotonic():
            looked_up = self._look_up(digest, text)
        try:
            return await asyncio.shield(looked_up)
        except StoreUnavailable:
            self._known.pop(digest, None)
            raise

    def _look_up(self, digest: bytes, text: str) -> asyncio.Task[Caller | None]:
        """Reads the key once for all requests that wait for it."""
        if len(self._known) >= REMEMBERED_KEYS:
            self._known.clear()
        looked_up = asyncio.create_task(run_in_threadpool(self._read, text))
        self._known[digest] = (time.monotonic() + REMEMBERED_SECONDS, looked_up)
        return looked_up

    def _read(self, text: str) -> Caller | None:
        try:
            prefix, id, secret = text.split("_", 2)
            key_id = UUID(id)
        except ValueError:
            return None
        events = self._store.streams([key_id]).get(key_id, ())
        if prefix != "rk" or not events or type(events[0].event) not in ApiKey.events:
            return None
        key = replayed(ApiKey, key_id, events)
        if not key.active or not hmac.compare_digest(key.hash, _hash(secret)):
            return None
        permissions = frozenset[str]().union(*(ROLES[role] for role in key.roles))
        return Caller(key_id.hex, permissions, Actor(type="api_key", id=key_id.hex))


async def presented(request: Request) -> Caller | None:
    """The caller, by the key in the request, which is checked again now. None if there is no valid key."""
    scheme, _, text = request.headers.get("authorization", "").partition(" ")
    keys: Keys = request.app.state.keys
    return await keys.caller(text) if scheme.lower() == "bearer" else None


async def authenticated(request: Request) -> Caller:
    """The caller, by their key, looked up once per request. Raises Problem 401 if there is no valid key."""
    known: Caller | None = getattr(request.state, "caller", None)
    if known is not None:
        return known
    caller = await presented(request)
    if caller is None:
        raise Problem(401, "unauthenticated", "Send an API key: Authorization: Bearer rk_…", {"WWW-Authenticate": "Bearer"})
    request.state.caller = caller
    return caller


def may(permission: str, bound: Bound = ONE) -> Any:
    """A dependency: the caller, if their key has this permission; otherwise Problem 403.

    `bound` is the most work that a request to the route takes.
    """

    async def permitted(request: Request) -> Caller:
        caller = await authenticated(request)
        if not caller.may(permission):
            raise Problem(403, "forbidden", f"This needs the permission {permission}.")
        return caller

    permitted.permission, permitted.bound = permission, bound  # type: ignore[attr-defined]
    dependency: Callable[..., Coroutine[Any, Any, Caller]] = permitted
    return Depends(dependency)


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()

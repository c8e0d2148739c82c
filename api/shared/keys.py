"""Checks API keys, and whatever else callers show that stands for a key (`api/shared/sessions.py`).

A text that this store did not issue is refused by its seal alone (`api/shared/key_texts.py`): it costs neither a read nor a
place in a cache. For all others, the store reads the first and the last event of the key's own stream, never a read model, and
the result is remembered for one second: a revoked key stops working everywhere within that second. So a caller without a key
that was once valid causes no read, and a valid key is always looked up, however many bad ones come from the same address.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import time
from math import inf
from typing import NamedTuple, TypeVar
from uuid import UUID

import structlog
from anyio import CapacityLimiter
from anyio.to_thread import run_sync
from prometheus_client import Counter

from api.shared.access import LOCAL, OPERATOR, ROLES, Caller
from api.shared.browsers import Session
from api.shared.key_texts import Presented, opened
from api.shared.key_uses import KeyUses
from domain.operations.api_key import ApiKey
from domain.shared.aggregate import Aggregate, replayed
from domain.shared.events import Actor, type_name
from infra.event_store.store import EventStore

log = structlog.get_logger()

REMEMBERED_SECONDS = 1.0
REMEMBERED_KEYS = 10_000
REMEMBERED_REFUSALS = 1_000
READERS = 2

A = TypeVar("A", bound=Aggregate)

lookup_counter = Counter("recount_key_lookups_total", "Reads of the streams of an API key or a session.")


class Found(NamedTuple):
    """The result of a check, remembered until `until` on the monotonic clock. `caller` is None if the text is not valid.

    `key_id` is None for a key that no stream records. `expires_at` is in seconds since 1970. `session` is None for a key.
    """

    caller: Caller | None
    key_id: UUID | None = None
    expires_at: float = inf
    until: float = inf
    session: Session | None = None

    @property
    def expired(self) -> bool:
        return self.expires_at <= time.time()


UNKNOWN = Found(None)


class Checks:
    """Checks texts of one kind, and remembers the results.

    Texts that were in force when they were last looked up have a cache and threads of their own.
    """

    def __init__(self, store: EventStore, uses: KeyUses) -> None:
        self._store, self._uses = store, uses
        self._in_force: dict[bytes, Found] = {}
        self._refused: dict[bytes, Found] = {}
        self._reading: dict[bytes, asyncio.Task[Found]] = {}
        self._for_known, self._for_others = CapacityLimiter(READERS), CapacityLimiter(READERS)

    async def found(self, text: str) -> Found:
        """Who the text belongs to. Raises StoreUnavailable."""
        digest = hashlib.sha256(text.encode()).digest()
        found = self._in_force.get(digest)
        if found is None or found.until < time.monotonic():
            found = await self._checked(digest, text)
        if found.key_id is not None and not found.expired:
            self._uses.note(found.key_id)
        return found

    def forget(self, text: str) -> None:
        """Looks the text up again at its next use."""
        self._in_force.pop(hashlib.sha256(text.encode()).digest(), None)

    def opened(self, text: str) -> Presented | None:
        """The parts of the text. None if this store did not issue it."""
        raise NotImplementedError

    def read(self, presented: Presented) -> Found:
        """Reads from the store whether the text is in force. Raises StoreUnavailable."""
        raise NotImplementedError

    async def _checked(self, digest: bytes, text: str) -> Found:
        refused = self._refused.get(digest)
        if refused is not None and refused.until >= time.monotonic():
            return refused
        reading = self._reading.get(digest)
        if reading is None:
            presented = self.opened(text)
            if presented is None:
                return UNKNOWN
            reading = self._reading[digest] = asyncio.create_task(self._look_up(digest, presented))
        return await asyncio.shield(reading)

    async def _look_up(self, digest: bytes, presented: Presented) -> Found:
        """Reads the text's streams once for all requests that wait for it, and remembers the result."""
        limiter = self._for_known if digest in self._in_force else self._for_others
        lookup_counter.inc()
        try:
            read = await run_sync(self.read, presented, limiter=limiter)
        finally:
            del self._reading[digest]
        found = read._replace(until=time.monotonic() + REMEMBERED_SECONDS)
        self._in_force.pop(digest, None)
        if found.caller is None or found.expired:
            _remember(self._refused, digest, found, REMEMBERED_REFUSALS)
        else:
            _remember(self._in_force, digest, found, REMEMBERED_KEYS)
        return found


class Keys(Checks):
    """Checks the texts of keys. `local` is the key that the command line on this machine uses for its own server."""

    def __init__(self, store: EventStore, uses: KeyUses, local: str | None = None) -> None:
        super().__init__(store, uses)
        self._local = local

    def opened(self, text: str) -> Presented | None:
        return opened(text, self._store.secret)

    def read(self, presented: Presented) -> Found:
        key = active_key(self._store, presented.id)
        if key is None or not hmac.compare_digest(key.hash, presented.hash):
            return UNKNOWN
        return Found(caller_with(key), key.id, expiry_of(key))

    async def _checked(self, digest: bytes, text: str) -> Found:
        if self._local and hmac.compare_digest(text.encode(), self._local.encode()):
            return Found(Caller(LOCAL, ROLES["admin"], OPERATOR))
        return await super()._checked(digest, text)


def active_key(store: EventStore, id: UUID) -> ApiKey | None:
    """The key, by the first and the last event of its stream. None if it was never issued, or was revoked.

    It may have expired. Raises StoreUnavailable.
    """
    key = understood(store, ApiKey, id)
    return key if key is not None and key.active else None


def understood(store: EventStore, kind: type[A], id: UUID) -> A | None:
    """The aggregate after its first and its last event. None if this process does not understand the last one.

    What happened to it last is not known then: it may have been taken away.
    """
    ends = store.plain_ends(id, tuple(type_name(event) for event in kind.events))
    if ends and ends[-1].version != store.version(id):
        log.error("key.not_understood", key=id.hex, kind=kind.name)
        return None
    return replayed(kind, id, ends)


def caller_with(key: ApiKey) -> Caller:
    permissions = frozenset[str]().union(*(ROLES[role] for role in key.roles))
    return Caller(key.id.hex, permissions, Actor(type="api_key", id=key.id.hex))


def expiry_of(key: ApiKey) -> float:
    """In seconds since 1970."""
    return inf if key.expires_at is None else key.expires_at.timestamp()


def _remember(cache: dict[bytes, Found], digest: bytes, found: Found, most: int) -> None:
    """Remember it in place of the one that was looked up least recently, if there are too many."""
    cache.pop(digest, None)
    if len(cache) >= most:
        del cache[next(iter(cache))]
    cache[digest] = found

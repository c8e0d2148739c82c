"""Checks API keys.

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
from typing import NamedTuple
from uuid import UUID

import structlog
from anyio import CapacityLimiter
from anyio.to_thread import run_sync
from prometheus_client import Counter

from api.shared.access import ROLES, Caller
from api.shared.key_texts import Presented, opened
from api.shared.key_uses import KeyUses
from domain.operations.api_key import ApiKey
from domain.shared.aggregate import replayed
from domain.shared.events import Actor, type_name
from infra.event_store.store import EventStore

log = structlog.get_logger()

REMEMBERED_SECONDS = 1.0
REMEMBERED_KEYS = 10_000
REMEMBERED_REFUSALS = 1_000
READERS = 2

TYPES = tuple(type_name(event) for event in ApiKey.events)

lookup_counter = Counter("recount_key_lookups_total", "Reads of an API key's stream.")


class Found(NamedTuple):
    """The result of a check, remembered until `until` on the monotonic clock. `caller` is None if the key is not valid.

    `key_id` is None for a key that no stream records. `expires_at` is in seconds since 1970.
    """

    caller: Caller | None
    key_id: UUID | None = None
    expires_at: float = inf
    until: float = inf

    @property
    def expired(self) -> bool:
        return self.expires_at <= time.time()


UNKNOWN = Found(None)


class Keys:
    """Checks key texts. `local` is the key that the command line on this machine uses for its own server.

    Keys that were in force when they were last looked up have a cache and threads of their own.
    """

    def __init__(self, store: EventStore, uses: KeyUses, local: str | None = None) -> None:
        self._store, self._uses, self._local = store, uses, local
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

    async def _checked(self, digest: bytes, text: str) -> Found:
        if self._local and hmac.compare_digest(text.encode(), self._local.encode()):
            return Found(Caller("local", ROLES["admin"], Actor(type="system", id="command-line")))
        refused = self._refused.get(digest)
        if refused is not None and refused.until >= time.monotonic():
            return refused
        reading = self._reading.get(digest)
        if reading is None:
            presented = opened(text, self._store.secret)
            if presented is None:
                return UNKNOWN
            reading = self._reading[digest] = asyncio.create_task(self._look_up(digest, presented))
        return await asyncio.shield(reading)

    async def _look_up(self, digest: bytes, presented: Presented) -> Found:
        """Reads the key once for all requests that wait for it, and remembers the result."""
        limiter = self._for_known if digest in self._in_force else self._for_others
        lookup_counter.inc()
        try:
            caller, expires_at = await run_sync(self._read, presented, limiter=limiter)
        finally:
            del self._reading[digest]
        until = time.monotonic() + REMEMBERED_SECONDS
        found = Found(caller, presented.key_id if caller else None, expires_at, until)
        self._in_force.pop(digest, None)
        if caller is None or found.expired:
            _remember(self._refused, digest, found, REMEMBERED_REFUSALS)
        else:
            _remember(self._in_force, digest, found, REMEMBERED_KEYS)
        return found

    def _read(self, presented: Presented) -> tuple[Caller | None, float]:
        """The caller, and when the key expires."""
        id = presented.key_id
        ends = self._store.plain_ends(id, TYPES)
        key = replayed(ApiKey, id, ends)
        if not key.active or not hmac.compare_digest(key.hash, presented.hash):
            return None, inf
        if ends[-1].version != self._store.version(id):
            # What happened to the key last is not known here. It may have been taken away.
            log.error("key.not_understood", key=id.hex)
            return None, inf
        permissions = frozenset[str]().union(*(ROLES[role] for role in key.roles))
        expires_at = inf if key.expires_at is None else key.expires_at.timestamp()
        return Caller(id.hex, permissions, Actor(type="api_key", id=id.hex)), expires_at


def _remember(cache: dict[bytes, Found], digest: bytes, found: Found, most: int) -> None:
    """Remember it in place of the one that was looked up least recently, if there are too many."""
    cache.pop(digest, None)
    if len(cache) >= most:
        del cache[next(iter(cache))]
    cache[digest] = found

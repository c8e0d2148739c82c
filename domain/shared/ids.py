"""Ids: time-ordered ids for aggregates that this store creates, and ids derived from another system's ids."""

from __future__ import annotations

import hmac
import json
from functools import lru_cache
from uuid import UUID, uuid5

from uuid_utils.compat import uuid7

from domain.shared.text import one_form

NAMESPACE = UUID("6f0c7f6e-3f0a-5d0e-9b6a-5e1f2c9a7d11")
PURPOSES = 64


def new_id() -> UUID:
    """A new UUIDv7: unique, and increasing with time."""
    return uuid7()


def external_id(aggregate: str, system: str, id: str, secret: bytes) -> UUID:
    """This store's id of the aggregate that `system` knows as `id`: `keyed_id` of the three, each text in its one form."""
    return keyed_id(secret, "external id", aggregate, one_form(system), one_form(id))


def keyed_id(secret: bytes, purpose: str, *parts: str) -> UUID:
    """The id of what `parts` identify, derived with the store's secret: without the secret, no guess can be tested.

    It is a UUID of version 8 (RFC 9562, section 5.8), made of the first bytes of `keyed_digest`.
    """
    digest = keyed_digest(secret, purpose, json.dumps(parts, ensure_ascii=False, separators=(",", ":")).encode())
    bits = int.from_bytes(digest[:16]) & ~(0xF000 << 64) & ~(0xC000 << 48)
    return UUID(int=bits | 0x8000 << 64 | 0x8000 << 48)


def keyed_digest(secret: bytes, purpose: str, content: bytes) -> bytes:
    """The HMAC-SHA-256 of the content. Each purpose has a key of its own, which is derived from the store's secret."""
    # A one-shot digest lets go of the interpreter, and waits for it again, for as long as another thread likes to work.
    keyed = _keyed(secret, purpose).copy()
    keyed.update(content)
    return keyed.digest()


def derived_id(aggregate: str, *parts: str) -> UUID:
    """The id of an aggregate that `parts` identify: the UUIDv5 of the canonical JSON `[aggregate, *parts]`.

    Each part is taken in its one form. Everyone can compute it, so the parts must be ids or codes, which are never personal.
    """
    canonical = [aggregate, *map(one_form, parts)]
    return uuid5(NAMESPACE, json.dumps(canonical, ensure_ascii=False, separators=(",", ":")))


@lru_cache(PURPOSES)
def _keyed(secret: bytes, purpose: str) -> hmac.HMAC:
    """The HMAC of nothing yet, whose key is HKDF-Expand with SHA-256 to 32 bytes (RFC 5869, section 2.3): one block."""
    return hmac.new(hmac.digest(secret, purpose.encode() + b"\x01", "sha256"), digestmod="sha256")

"""The texts that this store gives to its callers: `rk_<key id>_<secret><seal>` is an API key, `rs_…` a session's cookie.

The secret is 256 random bits, and only its SHA-256 is recorded. The seal is an HMAC of the id and the secret under the store's
secret: it shows without a look into the store that this store issued the text. Whether the key or the session is in force, only
the store knows. So a seal opens nothing; but a text that was made up costs no read.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import secrets
from typing import NamedTuple
from uuid import UUID

from domain.shared.ids import keyed_digest

# Base64 of 32 random bytes, and of the first 15 bytes of an HMAC.
_PARTS = r"_([0-9a-f]{32})_([\w-]{43})([\w-]{20})"
SEAL_BYTES = 15


class Form(NamedTuple):
    """The form of one kind of texts. Seals of different purposes never fit each other."""

    prefix: str
    purpose: str
    pattern: re.Pattern[str]


def _form(prefix: str, purpose: str) -> Form:
    return Form(prefix, purpose, re.compile(prefix + _PARTS, re.ASCII))


KEY = _form("rk", "api key")
SESSION = _form("rs", "session")


class Presented(NamedTuple):
    """The parts of a text that this store issued. `hash` is the SHA-256 of the secret, in hexadecimal."""

    id: UUID
    hash: str


def new_key_text(key_id: UUID, store_secret: bytes) -> tuple[str, str]:
    """The text of a new key, to be shown once, and the hash to record."""
    return new_text(KEY, key_id, store_secret)


def new_text(form: Form, id: UUID, store_secret: bytes) -> tuple[str, str]:
    """A new text, to be given once, and the hash to record."""
    secret = _base64(secrets.token_bytes(32))
    return f"{form.prefix}_{id.hex}_{secret}{_seal(form, id.hex, secret, store_secret)}", _hash(secret)


def opened(text: str, store_secret: bytes, form: Form = KEY) -> Presented | None:
    """The parts of the text. None if this store did not issue it in this form."""
    found = form.pattern.fullmatch(text)
    if found is None:
        return None
    id, secret, seal = found.groups()
    if not hmac.compare_digest(seal, _seal(form, id, secret, store_secret)):
        return None
    return Presented(UUID(hex=id), _hash(secret))


def lost_hash() -> str:
    """The hash of a secret that nobody has: no text opens what it is recorded for."""
    return _hash(_base64(secrets.token_bytes(32)))


def _seal(form: Form, id: str, secret: str, store_secret: bytes) -> str:
    return _base64(keyed_digest(store_secret, form.purpose, f"{id} {secret}".encode())[:SEAL_BYTES])


def _base64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()

"""The text of an API key: `rk_<key id>_<secret><seal>`.

The secret is 256 random bits, and only its SHA-256 is recorded. The seal is an HMAC of the id and the secret under the store's
secret: it shows without a look into the store that this store issued the text. Whether the key is in force, only the store
knows. So a seal opens nothing; but a text that was made up costs no read.
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
_FORM = re.compile(r"rk_([0-9a-f]{32})_([\w-]{43})([\w-]{20})", re.ASCII)
SEAL_BYTES = 15


class Presented(NamedTuple):
    """The parts of a text that this store issued. `hash` is the SHA-256 of the secret, in hexadecimal."""

    key_id: UUID
    hash: str


def new_key_text(key_id: UUID, store_secret: bytes) -> tuple[str, str]:
    """The text of a new key, to be shown once, and the hash to record."""
    secret = _base64(secrets.token_bytes(32))
    return f"rk_{key_id.hex}_{secret}{_seal(key_id.hex, secret, store_secret)}", _hash(secret)


def opened(text: str, store_secret: bytes) -> Presented | None:
    """The parts of the text. None if this store did not issue it."""
    found = _FORM.fullmatch(text)
    if found is None:
        return None
    id, secret, seal = found.groups()
    if not hmac.compare_digest(seal, _seal(id, secret, store_secret)):
        return None
    return Presented(UUID(hex=id), _hash(secret))


def _seal(id: str, secret: str, store_secret: bytes) -> str:
    return _base64(keyed_digest(store_secret, "api key", f"{id} {secret}".encode())[:SEAL_BYTES])


def _base64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()

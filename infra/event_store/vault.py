"""The keys of subjects, and sealing with them.

Every subject has its own AES-256 key, which is stored wrapped (encrypted) with the master key. Destroying the key makes
everything sealed with it unreadable, in every copy. All encryption is AES-GCM (NIST SP 800-38D) with 96-bit random nonces.
The place of a value is bound to it as associated data, so that no ciphertext can be moved elsewhere.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
from collections.abc import Mapping
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

from commands.shared.commit import Unreadable

NONCE = 12


class WrongMasterKey(Exception):
    """The master key does not open the stored keys: it belongs to another store."""


class SubjectKey:
    """Seals and opens one subject's personal data."""

    def __init__(self, key: bytes) -> None:
        self._key, self._cipher = key, AESGCM(key)

    def seal(self, plain: bytes, place: str) -> str:
        nonce = os.urandom(NONCE)
        return base64.b64encode(nonce + self._cipher.encrypt(nonce, plain, place.encode())).decode()

    def open(self, sealed: str, place: str) -> bytes:
        """Raises InvalidTag if the text was not sealed with this key for this place."""
        raw = base64.b64decode(sealed)
        return self._cipher.decrypt(raw[:NONCE], raw[NONCE:], place.encode())

    def derive(self, purpose: str) -> bytes:
        """32 bytes, different for each purpose, which reveal nothing about the key (HKDF-Expand, RFC 5869)."""
        return HKDFExpand(SHA256(), 32, purpose.encode()).derive(self._key)


class DamagedKey(SubjectKey):
    """Stands for a key that is stored but does not unwrap. What it sealed is broken, and not erased."""

    def __init__(self) -> None:
        pass

    def seal(self, plain: bytes, place: str) -> str:
        raise Unreadable("The key of the subject is damaged.")

    def open(self, sealed: str, place: str) -> bytes:
        raise InvalidTag

    def derive(self, purpose: str) -> bytes:
        raise Unreadable("The key of the subject is damaged.")


class Vault:
    """Makes, wraps and unwraps subject keys under the master key (32 bytes)."""

    def __init__(self, master_key: bytes) -> None:
        if len(master_key) != 32:
            raise ValueError("The master key must have 32 bytes.")
        self._master = AESGCM(master_key)
        self.secret = hmac.new(master_key, b"recount external ids and receipts", hashlib.sha256).digest()

    def new_key(self, subject: UUID) -> tuple[SubjectKey, bytes]:
        """A new key for the subject, and the same key wrapped for storage."""
        key = AESGCM.generate_key(256)
        return SubjectKey(key), self._wrap(subject, key)

    def unwrap(self, wrapped: Mapping[UUID, bytes]) -> dict[UUID, SubjectKey]:
        return {subject: SubjectKey(self._unwrap(subject, raw)) for subject, raw in wrapped.items()}

    def fingerprint(self) -> bytes:
        """Bytes that differ between master keys and reveal nothing about them."""
        return hmac.new(self.secret, b"fingerprint", hashlib.sha256).digest()

    def _wrap(self, subject: UUID, key: bytes) -> bytes:
        nonce = os.urandom(NONCE)
        return nonce + self._master.encrypt(nonce, key, subject.bytes)

    def _unwrap(self, subject: UUID, raw: bytes) -> bytes:
        try:
            return self._master.decrypt(raw[:NONCE], raw[NONCE:], subject.bytes)
        except InvalidTag:
            raise WrongMasterKey("The master key does not fit this store.") from None

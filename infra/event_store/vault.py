"""The keys of subjects and the store's secret, wrapped (encrypted) with a master key, and sealing with subject keys.

Every subject has its own AES-256 key. Destroying the key makes everything sealed with it unreadable, in every copy. All
encryption is AES-GCM (NIST SP 800-38D) with 96-bit random nonces. The place of a value is bound to it as associated data, so
that no ciphertext can be moved elsewhere. A wrapped key begins with the id of the master key that wraps it, so that master
keys can be rotated one subject key after another (docs/decisions/0044).
"""

from __future__ import annotations

import base64
import hmac
import os
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import NoReturn
from uuid import UUID

import structlog
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

from commands.shared.commit import StoreUnavailable, Unreadable

log = structlog.get_logger()

NONCE = 12
KEY_ID = 8
WRAPPED = KEY_ID + NONCE + 32 + 16
"""Bytes of a wrapped key: the id of the master key, the nonce, the key and the tag of AES-GCM."""
OfThisStore = Callable[[bytes], bool]
"""Whether the store's keys are, or were, wrapped with the master key that has this id."""
READ_AGAIN_EVERY = 1.0
"""How often, in seconds, an unknown master key makes the process read its setting again."""


def _every(master_key: bytes) -> bool:
    return True


class WrongMasterKey(Exception):
    """The master key does not open the stored keys: it belongs to another store."""


class MasterKeyMissing(StoreUnavailable):
    """A stored key is wrapped with a master key that this process does not have, because of a rotation.

    It is a kind of StoreUnavailable: nothing is wrong with the event, and the process can go on once it has the key.
    """


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
    """A stored key that its master key does not open. It opens nothing: each value sealed with it is a fault of its event."""

    def __init__(self, subject: UUID) -> None:
        self._subject = subject

    def seal(self, plain: bytes, place: str) -> NoReturn:
        raise Unreadable(f"The key of the subject {self._subject} is damaged.")

    def open(self, sealed: str, place: str) -> NoReturn:
        raise InvalidTag

    def derive(self, purpose: str) -> NoReturn:
        raise Unreadable(f"The key of the subject {self._subject} is damaged.")


class MasterKey:
    """Wraps keys of 32 bytes, each for one owner. `id` differs between master keys and reveals nothing about them."""

    def __init__(self, key: bytes) -> None:
        if len(key) != 32:
            raise ValueError("A master key must have 32 bytes.")
        self.id = hmac.digest(key, b"recount master key", "sha256")[:KEY_ID]
        self._cipher = AESGCM(key)

    def wrap(self, owner: bytes, key: bytes) -> bytes:
        nonce = os.urandom(NONCE)
        return self.id + nonce + self._cipher.encrypt(nonce, key, self.id + owner)

    def unwrap(self, owner: bytes, wrapped: bytes) -> bytes:
        """Raises WrongMasterKey if the key was not wrapped with this master key for this owner."""
        nonce, key = wrapped[KEY_ID : KEY_ID + NONCE], wrapped[KEY_ID + NONCE :]
        try:
            return self._cipher.decrypt(nonce, key, self.id + owner)
        except (InvalidTag, ValueError):
            raise WrongMasterKey("A stored key is damaged, or belongs to another store.") from None


class Vault:
    """The master keys that this process has, each of 32 bytes; the last one is the newest.

    `read_again` reads them again and raises ValueError if it cannot. It is used when a key is wrapped with an unknown master
    key: a running process then gets a new master key without a restart.
    """

    def __init__(self, *master_keys: bytes, read_again: Callable[[], Sequence[bytes]] | None = None) -> None:
        self._read_again, self._lock, self._next_reading = read_again, threading.Lock(), 0.0
        self._known: dict[bytes, MasterKey] = {}
        self._keep(master_keys)

    @property
    def newest(self) -> MasterKey:
        return next(reversed(self._known.values()))

    @property
    def ids(self) -> Sequence[bytes]:
        return tuple(self._known)

    def new_key(self, subject: UUID, by: MasterKey) -> tuple[SubjectKey, bytes]:
        """A new key for the subject, and the same key wrapped for storage."""
        key = AESGCM.generate_key(256)
        return SubjectKey(key), by.wrap(subject.bytes, key)

    def unwrap(self, wrapped: Mapping[UUID, bytes], is_of_this_store: OfThisStore = _every) -> dict[UUID, SubjectKey]:
        """The keys of the subjects; a DamagedKey for each that no master key of the store opens. Raises MasterKeyMissing."""
        return {subject: self._subject_key(subject, raw, is_of_this_store) for subject, raw in wrapped.items()}

    def unwrapped(self, owner: bytes, wrapped: bytes, is_of_this_store: OfThisStore = _every) -> bytes:
        """Raises MasterKeyMissing, and WrongMasterKey if the key is damaged: the id of its master key may be, too."""
        id = wrapped[:KEY_ID]
        if len(wrapped) != WRAPPED or not (id in self._known or is_of_this_store(id)):
            raise WrongMasterKey("A stored key is damaged.")
        return self.master_key(id).unwrap(owner, wrapped)

    def master_key(self, id: bytes) -> MasterKey:
        """The master key with this id. Raises MasterKeyMissing."""
        if id not in self._known:
            self._look_for_new_keys()
        known = self._known
        if id not in known:
            ours = ", ".join(key.hex() for key in known)
            raise MasterKeyMissing(f"The store's keys are wrapped with the master key {id.hex()}. This process has {ours}.")
        return known[id]

    def read_again(self) -> None:
        """Read the master keys again now. Raises ValueError."""
        if self._read_again is not None:
            self._keep(self._read_again())

    def _look_for_new_keys(self) -> None:
        """Read the master keys again, at most once in READ_AGAIN_EVERY. If that fails, the known ones stay."""
        with self._lock:
            if self._read_again is None or time.monotonic() < self._next_reading:
                return
            try:
                self.read_again()
            except ValueError as error:
                log.error("the master keys cannot be read again", error=str(error))
            self._next_reading = time.monotonic() + READ_AGAIN_EVERY

    def _subject_key(self, subject: UUID, wrapped: bytes, is_of_this_store: OfThisStore) -> SubjectKey:
        try:
            return SubjectKey(self.unwrapped(subject.bytes, wrapped, is_of_this_store))
        except WrongMasterKey:
            return DamagedKey(subject)

    def _keep(self, master_keys: Sequence[bytes]) -> None:
        """Replaces all at once: other threads use them."""
        self._known = {key.id: key for key in map(MasterKey, master_keys)}

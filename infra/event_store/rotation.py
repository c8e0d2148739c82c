"""The rotation of the master key, while other processes read and write.

The master key that wraps the store's secret wraps all new keys too. A rotation first wraps the secret with the newest master
key, in one step; every commit checks in its transaction that its new keys are wrapped with the same one. From then on, no key
can be added under another master key, and one pass over the keys finds them all. Each portion replaces only keys that are as
they were read, so that a key which was destroyed in the meantime stays destroyed. A killed rotation is simply started again.
"""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

import msgspec

from infra.event_store.rows import SECRET_MARKER, MasterKeyChanged, Recorder, Rewrapped
from infra.event_store.vault import KEY_ID, MasterKey, OfThisStore, Vault, WrongMasterKey

Progress = Callable[[int, int], None]

SECRET_OWNER = b"store secret"
AT_ONCE = 500
"""How many keys one transaction wraps again. It holds the writers' lock for some 10 ms."""


class RotatedElsewhere(Exception):
    """Another rotation, to another master key, has begun."""


class MasterKeysUnreadable(Exception):
    """The setting of the master key cannot be read again. The message names it."""


class Rotated(msgspec.Struct, frozen=True):
    """`master_key` is the id of the master key that wraps all keys now. `rewrapped` counts the keys of this rotation.

    `damaged` counts keys that no master key opens: they stay as they are.
    """

    master_key: str
    rewrapped: int
    damaged: int


def rotate(recorder: Recorder, vault: Vault, is_of_this_store: OfThisStore, progress: Progress) -> Rotated:
    """Wrap the store's secret and all keys with the newest master key.

    Raises MasterKeysUnreadable, RotatedElsewhere, and MasterKeyMissing if a key is wrapped with one that this process
    does not have. After each of them, the rotation can be started again.
    """
    try:
        vault.read_again()
    except ValueError as error:
        raise MasterKeysUnreadable(str(error)) from None
    newest = vault.newest
    try:
        _wrap_secret(recorder, vault, newest)
        rewrapped, damaged = _wrap_keys(recorder, vault, newest, is_of_this_store, progress)
    except MasterKeyChanged:
        raise RotatedElsewhere("Another rotation, to another master key, has begun. Start the rotation again.") from None
    recorder.overwrite_replaced()
    return Rotated(newest.id.hex(), rewrapped, damaged)


def _wrap_secret(recorder: Recorder, vault: Vault, newest: MasterKey) -> None:
    wrapped = recorder.marker(SECRET_MARKER, b"")
    if wrapped[:KEY_ID] == newest.id:
        return
    again = newest.wrap(SECRET_OWNER, vault.unwrapped(SECRET_OWNER, wrapped))
    if not recorder.replace_secret(wrapped, again):
        raise MasterKeyChanged


def _wrap_keys(
    recorder: Recorder, vault: Vault, newest: MasterKey, is_of_this_store: OfThisStore, progress: Progress
) -> tuple[int, int]:
    """The numbers of keys that were wrapped again, and of damaged keys."""
    rewrapped = damaged = 0
    total = recorder.count_wrapped_otherwise(newest.id)
    after = UUID(int=0)
    while found := recorder.wrapped_otherwise(newest.id, after, AT_ONCE):
        progress(rewrapped + damaged, total)
        fresh = [one for subject, old in found if (one := _rewrapped(vault, newest, is_of_this_store, subject, old))]
        if fresh:
            recorder.rewrap(newest.id, fresh)
        rewrapped, damaged, after = rewrapped + len(fresh), damaged + len(found) - len(fresh), found[-1][0]
    progress(rewrapped + damaged, max(total, rewrapped + damaged))
    return rewrapped, damaged


def _rewrapped(vault: Vault, newest: MasterKey, is_of_this_store: OfThisStore, subject: UUID, old: bytes) -> Rewrapped | None:
    try:
        return Rewrapped(subject, old, newest.wrap(subject.bytes, vault.unwrapped(subject.bytes, old, is_of_this_store)))
    except WrongMasterKey:
        return None

"""Keys of subjects: wrapped by the master key, each for its own subject and place."""

from __future__ import annotations

import pytest
from cryptography.exceptions import InvalidTag

from domain.shared.ids import new_id
from infra.event_store.vault import Vault, WrongMasterKey

VAULT = Vault(bytes(range(32)))


def test_a_wrapped_key_opens_what_it_sealed() -> None:
    subject = new_id()
    key, wrapped = VAULT.new_key(subject)
    sealed = key.seal(b"secret", "here")
    [again] = Vault(bytes(range(32))).unwrap({subject: wrapped}).values()
    assert again.open(sealed, "here") == b"secret"
    assert "secret" not in sealed


def test_what_is_sealed_opens_only_in_its_place() -> None:
    key, _ = VAULT.new_key(new_id())
    with pytest.raises(InvalidTag):
        key.open(key.seal(b"secret", "here"), "there")


def test_no_two_subjects_share_a_key() -> None:
    one, other = VAULT.new_key(new_id())[0], VAULT.new_key(new_id())[0]
    with pytest.raises(InvalidTag):
        other.open(one.seal(b"secret", "here"), "here")


def test_what_follows_from_a_key_is_the_same_every_time_and_another_for_each_purpose() -> None:
    subject = new_id()
    key, wrapped = VAULT.new_key(subject)
    [again] = VAULT.unwrap({subject: wrapped}).values()
    assert again.derive("one") == key.derive("one") != key.derive("other")
    assert VAULT.new_key(subject)[0].derive("one") != key.derive("one")


def test_a_wrapped_key_is_of_no_use_to_another_subject_or_under_another_master_key() -> None:
    subject = new_id()
    _, wrapped = VAULT.new_key(subject)
    for vault, whose in ((VAULT, new_id()), (Vault(bytes(32)), subject)):
        with pytest.raises(WrongMasterKey):
            vault.unwrap({whose: wrapped})


def test_a_fingerprint_tells_master_keys_apart_and_nothing_else() -> None:
    assert VAULT.fingerprint() == Vault(bytes(range(32))).fingerprint()
    assert VAULT.fingerprint() not in (Vault(bytes(32)).fingerprint(), VAULT.secret)


@pytest.mark.parametrize("length", [0, 16, 31, 33])
def test_a_master_key_has_32_bytes(length: int) -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        Vault(bytes(length))

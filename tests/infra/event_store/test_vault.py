"""The keys of subjects are wrapped with the master key and valid only for their own subject."""

from __future__ import annotations

import pytest
from cryptography.exceptions import InvalidTag

from domain.shared.ids import new_id
from infra.event_store.vault import Vault, WrongMasterKey

VAULT = Vault(bytes(range(32)))


def test_a_wrapped_key_opens_the_values_that_it_sealed() -> None:
    subject = new_id()
    key, wrapped = VAULT.new_key(subject)
    sealed = key.seal(b"secret", "here")
    [again] = Vault(bytes(range(32))).unwrap({subject: wrapped}).values()
    assert again.open(sealed, "here") == b"secret"
    assert "secret" not in sealed


def test_a_sealed_value_opens_only_in_its_place() -> None:
    key, _ = VAULT.new_key(new_id())
    with pytest.raises(InvalidTag):
        key.open(key.seal(b"secret", "here"), "there")


def test_no_two_subjects_share_a_key() -> None:
    one, other = VAULT.new_key(new_id())[0], VAULT.new_key(new_id())[0]
    with pytest.raises(InvalidTag):
        other.open(one.seal(b"secret", "here"), "here")


def test_derived_bytes_are_the_same_every_time_and_differ_for_each_purpose_and_key() -> None:
    subject = new_id()
    key, wrapped = VAULT.new_key(subject)
    [again] = VAULT.unwrap({subject: wrapped}).values()
    assert again.derive("one") == key.derive("one") != key.derive("other")
    assert VAULT.new_key(subject)[0].derive("one") != key.derive("one")


def test_a_wrapped_key_cannot_be_unwrapped_for_another_subject_or_with_another_master_key() -> None:
    subject = new_id()
    _, wrapped = VAULT.new_key(subject)
    for vault, owner in ((VAULT, new_id()), (Vault(bytes(32)), subject)):
        with pytest.raises(WrongMasterKey):
            vault.unwrap({owner: wrapped})


def test_a_fingerprint_distinguishes_master_keys_and_is_not_the_secret() -> None:
    assert VAULT.fingerprint() == Vault(bytes(range(32))).fingerprint()
    assert VAULT.fingerprint() not in (Vault(bytes(32)).fingerprint(), VAULT.secret)


@pytest.mark.parametrize("length", [0, 16, 31, 33])
def test_a_master_key_of_another_length_is_refused(length: int) -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        Vault(bytes(length))

"""The keys of subjects are wrapped with a master key, which the wrapped key names, and valid only for their own subject."""

from __future__ import annotations

import pytest
from cryptography.exceptions import InvalidTag

from commands.shared.commit import Unreadable
from domain.shared.ids import new_id
from infra.event_store.vault import KEY_ID, MasterKeyMissing, Vault

OLD, NEW = bytes(range(32)), bytes(32)
VAULT = Vault(OLD)


def test_a_wrapped_key_opens_the_values_that_it_sealed() -> None:
    subject = new_id()
    key, wrapped = VAULT.new_key(subject, VAULT.newest)
    sealed = key.seal(b"secret", "here")
    [again] = Vault(OLD).unwrap({subject: wrapped}).values()
    assert again.open(sealed, "here") == b"secret"
    assert "secret" not in sealed


def test_a_sealed_value_opens_only_in_its_place() -> None:
    key, _ = VAULT.new_key(new_id(), VAULT.newest)
    with pytest.raises(InvalidTag):
        key.open(key.seal(b"secret", "here"), "there")


def test_no_two_subjects_share_a_key() -> None:
    one, other = (VAULT.new_key(new_id(), VAULT.newest)[0] for _ in range(2))
    with pytest.raises(InvalidTag):
        other.open(one.seal(b"secret", "here"), "here")


def test_derived_bytes_are_the_same_every_time_and_differ_for_each_purpose_and_key() -> None:
    subject = new_id()
    key, wrapped = VAULT.new_key(subject, VAULT.newest)
    [again] = VAULT.unwrap({subject: wrapped}).values()
    assert again.derive("one") == key.derive("one") != key.derive("other")
    assert VAULT.new_key(subject, VAULT.newest)[0].derive("one") != key.derive("one")


def test_a_key_wrapped_with_another_master_key_is_missing_its_master_key_which_the_error_names() -> None:
    subject = new_id()
    _, wrapped = VAULT.new_key(subject, VAULT.newest)
    with pytest.raises(MasterKeyMissing, match=VAULT.newest.id.hex()):
        Vault(NEW).unwrap({subject: wrapped})


def test_a_key_that_was_moved_to_another_subject_or_changed_opens_and_seals_nothing() -> None:
    subject, other = new_id(), new_id()
    key, wrapped = VAULT.new_key(subject, VAULT.newest)
    sealed = key.seal(b"secret", "here")
    for owner, raw in ((other, wrapped), (subject, wrapped[:-1] + bytes([wrapped[-1] ^ 1])), (subject, wrapped[:KEY_ID])):
        [damaged] = VAULT.unwrap({owner: raw}).values()
        with pytest.raises(InvalidTag):
            damaged.open(sealed, "here")
        with pytest.raises(Unreadable, match=str(owner)):
            damaged.seal(b"secret", "here")
        with pytest.raises(Unreadable, match=str(owner)):
            damaged.derive("webhook")


def test_the_id_of_a_master_key_is_permanent_and_no_part_of_the_key() -> None:
    assert VAULT.newest.id == Vault(OLD).newest.id == bytes.fromhex("46f74314a453008d")
    assert VAULT.newest.id not in OLD
    assert Vault(NEW).newest.id != VAULT.newest.id


def test_a_vault_opens_with_each_of_its_master_keys_and_the_last_is_the_newest() -> None:
    both, subject = Vault(OLD, NEW), new_id()
    assert both.newest.id == Vault(NEW).newest.id
    for single in (Vault(OLD), Vault(NEW)):
        key, wrapped = single.new_key(subject, single.newest)
        assert both.unwrap({subject: wrapped})[subject].open(key.seal(b"x", "here"), "here") == b"x"


def test_a_running_process_reads_its_master_keys_again_when_it_meets_an_unknown_one_but_not_all_the_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("infra.event_store.vault.READ_AGAIN_EVERY", 3600.0)
    readings: list[tuple[bytes, ...]] = []

    def read_again() -> tuple[bytes, ...]:
        readings.append((OLD, NEW))
        return readings[-1]

    vault, subject = Vault(OLD, read_again=read_again), new_id()
    _, wrapped = Vault(NEW).new_key(subject, Vault(NEW).newest)
    for _ in range(3):
        assert vault.unwrap({subject: wrapped}).keys() == {subject}
    assert len(readings) == 1
    for _ in range(3):
        with pytest.raises(MasterKeyMissing):
            vault.master_key(b"unknown!")
    assert len(readings) == 1


def test_the_known_master_keys_stay_if_they_cannot_be_read_again() -> None:
    def unreadable() -> tuple[bytes, ...]:
        raise ValueError("RECOUNT_MASTER_KEY_FILE: it is gone")

    vault, subject = Vault(OLD, read_again=unreadable), new_id()
    _, wrapped = vault.new_key(subject, vault.newest)
    with pytest.raises(MasterKeyMissing):
        vault.master_key(b"unknown!")
    assert vault.unwrap({subject: wrapped}).keys() == {subject}


@pytest.mark.parametrize("length", [0, 16, 31, 33])
def test_a_master_key_of_another_length_is_refused(length: int) -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        Vault(bytes(length))

"""A rotation of the master key while the store is in use, on either engine: every key again, none twice, none back."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from commands.shared.commit import StoreUnavailable
from commands.shared.executor import Executor
from domain.shared.ids import external_id, new_id
from infra.event_store import rotation
from infra.event_store.mapper import Mapper
from infra.event_store.rotation import Rotated, RotatedElsewhere
from infra.event_store.store import EventStore
from infra.event_store.vault import KEY_ID, NONCE, MasterKey, MasterKeyMissing, Vault, WrongMasterKey
from tests.commands.event_stores import (
    EVENTS,
    MASTER_KEY,
    accepted,
    done,
    erasing,
    one,
    opened,
    recorder,
    registering,
    running,
    tagging,
    together,
)

NEW, THIRD = bytes(range(32, 64)), bytes(range(64, 96))
NEW_ID = MasterKey(NEW).id


def wrapped(where: str) -> dict[bytes, bytes]:
    """Every wrapped key in the store by its owner, the store's secret too."""
    if where.startswith("postgresql://"):
        with psycopg.connect(where) as connection:
            keys = {row[0].bytes: row[1] for row in connection.execute("SELECT subject, wrapped FROM subject_keys")}
            secret = connection.execute("SELECT value FROM markers WHERE name = 'store secret'").fetchone()
    else:
        with closing(sqlite3.connect(where)) as file:
            keys = {UUID(row[0]).bytes: row[1] for row in file.execute("SELECT subject, wrapped FROM subject_keys")}
            secret = file.execute("SELECT value FROM markers WHERE name = 'store secret'").fetchone()
    assert secret
    return {**keys, b"store secret": secret[0]}


def opens(master_key: bytes, owner: bytes, raw: bytes) -> bool:
    """Whether the master key opens the wrapped key, whichever master key the wrapped key names."""
    nonce, rest = raw[KEY_ID : KEY_ID + NONCE], raw[KEY_ID + NONCE :]
    for named in (raw[:KEY_ID], MasterKey(master_key).id):
        try:
            AESGCM(master_key).decrypt(nonce, rest, named + owner)
        except InvalidTag:
            continue
        return True
    return False


def names(store: EventStore, ids: list[UUID]) -> list[str | None]:
    found = store.streams(ids)
    return [found[id][0].event.name for id in ids]  # type: ignore[attr-defined]


def rotate(store: EventStore) -> Rotated:
    return store.rotate_master_key(lambda done, total: None)


@contextmanager
def rotating(where: str, *master_keys: bytes) -> Iterator[EventStore]:
    """The store as a process has it that was given the old and the new master key."""
    store = opened(where, vault=Vault(*(master_keys or (MASTER_KEY, NEW))))
    yield store
    store.close()


@pytest.fixture
def customers(executor: Executor) -> list[UUID]:
    ids = [new_id() for _ in range(23)]
    done(*together(executor, *(registering(id, f"Ada {n}") for n, id in enumerate(ids))))
    return ids


NAMES: list[str | None] = [f"Ada {n}" for n in range(23)]


@pytest.fixture(autouse=True)
def portions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rotation, "AT_ONCE", 5)


def test_the_old_master_key_opens_nothing_afterwards(where: str, store: EventStore, customers: list[UUID]) -> None:
    before = wrapped(where)
    assert all(opens(MASTER_KEY, *each) for each in before.items())
    with rotating(where) as rotated:
        assert rotate(rotated) == Rotated(NEW_ID.hex(), rewrapped=23, damaged=0)
    after = wrapped(where)
    assert after.keys() == before.keys()
    assert not any(opens(MASTER_KEY, *each) for each in after.items())
    assert all(opens(NEW, *each) for each in after.items())
    with pytest.raises(WrongMasterKey, match=NEW_ID.hex()):
        opened(where)
    with rotating(where, NEW) as alone:
        assert names(alone, customers) == NAMES


def test_nothing_that_the_old_master_key_wrapped_is_left_in_the_files(tmp_path: Path) -> None:
    path = tmp_path / "events.db"
    store = opened(str(path))
    with running(store) as executor:
        done(*together(executor, *(registering() for _ in range(300))))
    before = wrapped(str(path)).values()
    with rotating(str(path)) as rotated:
        rotate(rotated)
        files = b"".join(file.read_bytes() for file in tmp_path.iterdir())
        assert not any(raw[KEY_ID:] in files for raw in before)
    store.close()


def test_a_rotation_changes_no_id_no_receipt_and_no_derived_secret(where: str, executor: Executor, store: EventStore) -> None:
    id = new_id()
    first = one(executor, registering(id, key="request-1"))
    ids, derived = external_id("customer", "shop", "7", store.secret), store.derived(id, "webhook")
    with rotating(where) as rotated:
        rotate(rotated)
    with rotating(where, NEW) as again, running(again) as later:
        assert external_id("customer", "shop", "7", again.secret) == ids
        assert again.derived(id, "webhook") == derived
        repeat = one(later, registering(id, key="request-1"))
        assert (repeat.id, repeat.position) == (id, first.position)
        assert again.head() == first.position


def test_a_second_rotation_finds_nothing_to_do(where: str, customers: list[UUID]) -> None:
    with rotating(where) as rotated:
        assert rotate(rotated).rewrapped == 23
        assert rotate(rotated) == Rotated(NEW_ID.hex(), rewrapped=0, damaged=0)


@pytest.mark.parametrize("portions_done", [0, 1, 3, 4])
def test_a_rotation_that_was_killed_continues(where: str, store: EventStore, customers: list[UUID], portions_done: int) -> None:
    arguments = (where, MASTER_KEY.hex(), NEW.hex(), str(portions_done))
    command = [sys.executable, "-m", "tests.infra.event_store.rotating_process", *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        line = process.stdout.readline()
        process.kill()
    assert line == f"{5 * portions_done} 23\n"
    with rotating(where) as again, running(again) as executor:
        assert names(again, customers) == NAMES
        assert accepted(one(executor, erasing(customers[-1])))
        assert accepted(one(executor, registering()))
        # Keys are wrapped again by subject, so the last customer's key was not yet.
        assert rotate(again).rewrapped == 23 - 5 * portions_done - 1
        assert not any(opens(MASTER_KEY, *each) for each in wrapped(where).items())
        assert names(again, customers) == [*NAMES[:-1], None]


def test_a_key_that_is_destroyed_during_a_rotation_does_not_come_back(
    where: str, executor: Executor, customers: list[UUID], monkeypatch: pytest.MonkeyPatch
) -> None:
    with rotating(where) as rotated:
        read = rotated._recorder.wrapped_otherwise

        def read_and_erase(*given: Any) -> list[tuple[UUID, bytes]]:
            found = read(*given)
            if found:
                assert accepted(one(executor, erasing(found[0][0])))
            return found

        monkeypatch.setattr(rotated._recorder, "wrapped_otherwise", read_and_erase)
        rotate(rotated)
        assert len(wrapped(where)) == 1 + 23 - 5
        assert names(rotated, customers).count(None) == 5


def test_commands_and_erasures_go_on_during_a_rotation(where: str, customers: list[UUID]) -> None:
    """Two workers have both keys. One of them still wraps new keys with the old one when the rotation begins."""
    begun, ended = threading.Event(), threading.Event()
    with rotating(where) as rotated, rotating(where) as worker, rotating(where) as rival:
        assert worker._master_key.id == MasterKey(MASTER_KEY).id

        def rotate_slowly() -> None:
            def progress(done: int, total: int) -> None:
                begun.set()

            rotated.rotate_master_key(progress)
            ended.set()

        made: list[UUID] = []
        rotation_thread = threading.Thread(target=rotate_slowly)
        with running(worker) as executor, running(rival) as other:
            rotation_thread.start()
            begun.wait(60)
            for n, gone in enumerate(customers[:10]):
                made.append(id := new_id())
                ends = (
                    executor.submit(registering(id, f"Bob {n}")),
                    other.submit(erasing(gone)),
                    other.submit(tagging(customers[-1], f"t-{n}")),
                )
                assert all(map(accepted, done(*ends)))
            rotation_thread.join(60)
        assert ended.is_set()
        assert {raw[:KEY_ID] for raw in wrapped(where).values()} == {NEW_ID}
        assert names(rotated, customers) == [None] * 10 + NAMES[10:]
        assert names(rotated, made) == [f"Bob {n}" for n in range(10)]


def test_a_process_without_the_new_key_writes_nothing_and_goes_on_once_it_can_read_it(
    where: str, customers: list[UUID]
) -> None:
    ours = [MASTER_KEY]
    stale = EventStore(recorder(where), Mapper(EVENTS), Vault(*ours, read_again=lambda: tuple(ours)))
    with rotating(where) as rotated:
        rotate(rotated)
    head = stale.head()
    command, id = registering(new_id(), "Cid"), new_id()
    with running(stale, settle=0.3) as executor:
        with pytest.raises(StoreUnavailable, match=NEW_ID.hex()):
            stale.streams(customers[:1])
        assert isinstance(executor.submit(command).exception(60), Exception)
        assert stale.head() == head
    ours.append(NEW)
    stale._vault._next_reading = 0.0
    with running(stale) as executor:
        assert accepted(one(executor, registering(id, "Cid")))
        assert names(stale, [*customers, id]) == [*NAMES, "Cid"]
    stale.close()


def test_the_later_of_two_rotations_to_different_keys_wins(where: str, customers: list[UUID]) -> None:
    with rotating(where) as first, rotating(where, MASTER_KEY, NEW, THIRD) as second:

        def overtaken(done: int, total: int) -> None:
            if done == 10:
                rotate(second)

        with pytest.raises(RotatedElsewhere):
            first.rotate_master_key(overtaken)
        third = MasterKey(THIRD).id
        assert {raw[:KEY_ID] for raw in wrapped(where).values()} == {third}
        assert names(second, customers) == NAMES


def test_a_rotation_names_the_master_key_that_it_lacks_and_can_then_be_finished(where: str, customers: list[UUID]) -> None:
    def killed(done: int, total: int) -> None:
        if done == 10:
            raise KeyboardInterrupt

    with rotating(where) as first, pytest.raises(KeyboardInterrupt):
        first.rotate_master_key(killed)
    with rotating(where, NEW) as without, pytest.raises(MasterKeyMissing, match=MasterKey(MASTER_KEY).id.hex()):
        rotate(without)
    with rotating(where) as again:
        assert rotate(again).rewrapped == 13


@pytest.mark.parametrize("damaged_byte", [0, KEY_ID - 1, KEY_ID, -1])
def test_a_damaged_key_is_counted_and_hurts_only_its_subject(
    where: str, store: EventStore, customers: list[UUID], damaged_byte: int
) -> None:
    damage(where, customers[3], damaged_byte)
    with rotating(where) as rotated, running(rotated) as executor:
        assert rotate(rotated) == Rotated(NEW_ID.hex(), rewrapped=22, damaged=1)
        others = customers[:3] + customers[4:]
        assert names(rotated, others) == NAMES[:3] + NAMES[4:]
        assert accepted(one(executor, erasing(customers[4])))


def test_a_key_that_is_too_short_ends_no_rotation(where: str, store: EventStore, customers: list[UUID]) -> None:
    replace(where, customers[3], b"")
    with rotating(where) as rotated:
        assert rotate(rotated) == Rotated(NEW_ID.hex(), rewrapped=22, damaged=1)


def damage(where: str, subject: UUID, byte: int) -> None:
    changed = bytearray(wrapped(where)[subject.bytes])
    changed[byte] ^= 1
    replace(where, subject, bytes(changed))


def replace(where: str, subject: UUID, changed: bytes) -> None:
    if where.startswith("postgresql://"):
        with psycopg.connect(where) as connection:
            connection.execute("UPDATE subject_keys SET wrapped = %s WHERE subject = %s", [changed, subject])
    else:
        with closing(sqlite3.connect(where)) as file, file:
            file.execute("UPDATE subject_keys SET wrapped = ? WHERE subject = ?", [changed, subject.hex])


# The store's secret


def test_processes_that_create_a_store_at_the_same_moment_agree_on_its_secret(new_place: str) -> None:
    together_now, secrets = threading.Barrier(4), []
    if not new_place.startswith("postgresql://"):
        # Two processes cannot change the mode of one new file at the same moment. In the product, one process locks its folder.
        with closing(sqlite3.connect(new_place)) as file:
            file.execute("PRAGMA journal_mode = WAL")

    def create() -> None:
        together_now.wait(60)
        store = opened(new_place)
        secrets.append(store.secret)
        store.close()

    threads = [threading.Thread(target=create) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(secrets) == 4
    assert len(set(secrets)) == 1


def test_the_secret_of_a_store_is_random_and_stands_nowhere_in_the_clear(where: str, store: EventStore, tmp_path: Path) -> None:
    other = opened(str(tmp_path / "other.db"))
    assert len(store.secret) == len(other.secret) == 32
    assert store.secret != other.secret
    assert not any(store.secret in raw for raw in wrapped(where).values())
    other.close()

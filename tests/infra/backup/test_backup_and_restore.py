"""A backup of a store in use, restored on either engine: nothing is missing, and nothing is new."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import psycopg
import pytest

from commands.shared.commit import StoreUnavailable
from domain.shared.ids import external_id, new_id
from infra.backup import postgres_tables, sqlite_tables, writing
from infra.backup.making import Made
from infra.backup.reading import Pair
from infra.backup.restoring import Wanted, restore
from infra.backup.tables import NotEmpty
from infra.event_store import rotation
from infra.event_store.rows import RestoreUnfinished
from infra.event_store.store import EventStore
from infra.event_store.terms import id_term
from infra.event_store.vault import MasterKey, WrongMasterKey
from infra.home import HomeInUse
from infra.read_models import repair_lock
from infra.read_models.repair_lock import StillInUse
from infra.settings import Settings
from infra.wiring import deploy
from tests.commands.event_stores import accepted, done, erasing, one, placing, registering, running, together
from tests.infra.backup.given_backups import Place, fill, names, nothing

OLD, NEW = "7c" * 32, "7d" * 32


def facts(store: EventStore) -> list[Any]:
    return list(store.decode(store.log(0, 10_000)))


def with_keys(place: Place, *master_keys: str) -> Place:
    given = place.settings.model_dump(exclude_unset=True)
    return place._replace(settings=Settings(**{**given, "master_key": "\n".join(master_keys)}))


def is_empty(place: Place) -> bool:
    """Whether nothing of a backup is in the place."""
    url = place.settings.database_url
    if url is None:
        return not list(place.settings.home.glob("events.db*"))
    with psycopg.connect(url) as connection:
        tables = connection.execute("SELECT to_regclass('stored_events') IS NULL").fetchone()
        if tables == (True,):
            return True
        counts = "SELECT (SELECT count(*) FROM stored_events), (SELECT count(*) FROM subject_keys)"
        return connection.execute(counts).fetchone() == (0, 0)


def test_a_restored_store_has_all_facts_keys_numbers_receipts_and_ids(place: Place, other: Place, tmp_path: Path) -> None:
    with place.opened() as store, running(store) as executor:
        shop = fill(executor)
        made = place.backed_up(tmp_path / "backups")
        again = other.restored(made)
        assert again.manifest.tables["stored_events"].rows == len(facts(store)) == store.head()
        subject = [id_term("subject", shop.survivor)]
        first = done(*together(executor, placing(), registering(shop.people[1], "Ada 1", key="register-1")))
    with place.opened() as store, other.opened() as restored, running(restored) as later:
        assert facts(restored) == facts(store)[:-1]
        assert names(restored, [shop.people[0], shop.erased]) == ["Ada 0", None]
        assert restored.identity() == store.identity()
        assert external_id("customer", "shop", "1", restored.secret) == external_id("customer", "shop", "1", store.secret)
        found = [one.indexed(subject, 0, 10_000, 99, backwards=False) for one in (store, restored)]
        assert found[0] == found[1]
        assert len(found[0]) > 1
        order, repeat = done(*together(later, placing(), registering(shop.people[1], "Ada 1", key="register-1")))
        assert repeat.position == first[1].position == 2
        assert restored.reserve_numbers("order", 1)[0] > 6
        assert order.position is not None
        assert order.position > again.above > store.head()
        one(later, erasing(shop.survivor))
        assert names(restored, [shop.merged, shop.survivor]) == [None, None]


def test_the_same_store_gives_the_same_digest_on_every_engine(place: Place, other: Place, tmp_path: Path) -> None:
    with place.running() as executor:
        fill(executor)
    made = place.backed_up(tmp_path / "first")
    other.restored(made)
    again = other.backed_up(tmp_path / "second")
    assert again.events.tables == made.events.tables
    assert again.keys.tables == made.keys.tables
    assert (again.events.store, again.events.head) == (made.events.store, made.events.head)
    assert again.events.backup != made.events.backup


def test_what_is_recorded_during_a_backup_is_in_both_files_or_in_neither(place: Place, other: Place, tmp_path: Path) -> None:
    with place.opened() as store, running(store) as executor:
        shop = fill(executor)
        head, late = store.head(), new_id()

        def meanwhile(position: int, end: int) -> None:
            if position < end:
                assert accepted(one(executor, registering(late, "Bob")))
                assert accepted(one(executor, erasing(shop.people[0])))

        made = place.backed_up(tmp_path / "backups", meanwhile)
        assert names(store, [shop.people[0], late]) == [None, "Bob"]
    assert made.events.head == head
    other.restored(made)
    with other.opened() as restored:
        assert names(restored, shop.people[:2]) == ["Ada 0", "Ada 1"]
        assert late not in restored.streams([late])
        assert not restored.subjects_with_keys([late])
        assert restored.head() == head


def test_a_backup_during_a_rotation_names_both_master_keys_and_needs_both(
    place: Place, other: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with place.running() as executor:
        shop = fill(executor)
    monkeypatch.setattr(rotation, "AT_ONCE", 30)
    made: list[Made] = []
    both = with_keys(place, OLD, NEW)

    def backup_halfway(done: int, total: int) -> None:
        if done == 60:
            made.append(both.backed_up(tmp_path / "backups"))

    with both.opened() as store:
        store.rotate_master_key(backup_halfway)
    [halfway] = made
    ids = sorted(MasterKey(bytes.fromhex(key)).id.hex() for key in (OLD, NEW))
    assert list(halfway.events.master_keys) == list(halfway.keys.master_keys) == ids
    for key in (OLD, NEW):
        missing = MasterKey(bytes.fromhex(OLD if key == NEW else NEW)).id.hex()
        with pytest.raises(WrongMasterKey, match=missing):
            with_keys(other, key).restored(halfway)
        assert is_empty(other)
    with_keys(other, OLD, NEW).restored(halfway)
    with with_keys(other, OLD, NEW).opened() as restored:
        assert names(restored, shop.people[:100])[12:14] == [None, "Ada 13"]
        restored.rotate_master_key(nothing)
    with with_keys(other, NEW).opened() as restored:
        assert names(restored, shop.people)[-1] == "Ada 129"


def test_a_place_that_is_not_empty_is_refused_and_stays_as_it_is(place: Place, other: Place, tmp_path: Path) -> None:
    with place.running() as executor:
        fill(executor)
    made = place.backed_up(tmp_path / "backups")
    with other.running() as executor:
        one(executor, registering())
    with other.opened() as store:
        before = facts(store)
    with pytest.raises(NotEmpty):
        other.restored(made)
    with other.opened() as store:
        assert facts(store) == before


def test_a_write_ahead_log_without_its_file_never_becomes_part_of_a_restored_store(
    make_place: Callable[[str], Place], tmp_path: Path
) -> None:
    place, other = make_place("sqlite"), make_place("sqlite")
    with place.running() as executor:
        fill(executor)
    made = place.backed_up(tmp_path / "backups")
    other.settings.home.mkdir()
    (other.settings.home / "events.db-wal").write_bytes(b"of another file")
    with pytest.raises(NotEmpty, match=r"events\.db-wal"):
        other.restored(made)


class Killed(BaseException):
    """Ends a step as abruptly as the death of the process."""


STEPS: Sequence[tuple[Any, str]] = [
    (writing, "counted"),
    (sqlite_tables.SqliteTarget, "finish"),
    (EventStore, "raise_positions"),
    (EventStore, "commit"),
    (EventStore, "finish_restore"),
]


def test_a_restore_that_was_killed_leaves_nothing_that_opens_and_can_be_run_again(
    make_place: Callable[[str], Place], tmp_path: Path, engine: str
) -> None:
    place, other = make_place("sqlite"), make_place(engine)
    with place.running() as executor:
        shop = fill(executor)
        made = place.backed_up(tmp_path / "backups")
        one(executor, erasing(shop.people[0]))
    for holder, step in STEPS:
        if holder is sqlite_tables.SqliteTarget and engine != "sqlite":
            continue
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(holder, step, killed)
            # A process that is killed removes nothing.
            for target in (sqlite_tables.SqliteTarget, postgres_tables.PostgresTarget):
                patched.setattr(target, "close", lambda self: self._connection.close())
            with pytest.raises(Killed):
                other.restored(made, place.list)
        with pytest.raises(RestoreUnfinished):
            deploy(other.settings)
        with pytest.raises((RestoreUnfinished, StoreUnavailable)):
            other.backed_up(tmp_path / "of half a restore")
    assert other.restored(made, place.list).erased == 1
    deploy(other.settings).close()
    with other.opened() as restored:
        assert names(restored, shop.people[:2]) == [None, "Ada 1"]
        assert [one.type for one in restored.log(0, 10_000)].count("crm.customer.erased.v1") == 2
    assert not list(other.settings.home.glob("*.restoring*"))


def test_a_restore_is_alone_until_its_end(
    make_place: Callable[[str], Place], tmp_path: Path, engine: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(repair_lock, "PATIENCE", 0.0)
    place, other = make_place("sqlite"), make_place(engine)
    with place.running() as executor:
        one(executor, registering())
    made = place.backed_up(tmp_path / "backups")

    def interfere() -> None:
        with pytest.raises((HomeInUse, StillInUse)):
            other.restored(made)

    wanted = Wanted(Pair(made.events_file, made.keys_file), [other.identity])
    restore(other.settings, wanted, nothing, interfere)
    deploy(other.settings).close()


def killed(*given: Any, **more: Any) -> None:
    raise Killed

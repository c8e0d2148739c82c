"""The files of a backup: written whole or not at all, readable by few, and refused if they are not as they were made."""

from __future__ import annotations

import sqlite3
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyrage import x25519

from infra.backup import sealed_files
from infra.backup.contents import HEADER, MANIFEST, Counting, Kind, framed, frames
from infra.backup.making import Made
from infra.backup.reading import read_file
from infra.backup.sealed_files import BadFile, Unfinished, read
from infra.backup.tables import Damaged
from infra.settings import Settings
from tests.commands.event_stores import one, registering
from tests.infra.backup.given_backups import Place, fill

IDENTITY = x25519.Identity.generate()


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Place:
    place = Place(Settings(home=tmp_path_factory.mktemp("shop"), master_key="7c" * 32), IDENTITY)
    with place.running() as executor:
        fill(executor)
    return place


@pytest.fixture(scope="module")
def made(shop: Place, tmp_path_factory: pytest.TempPathFactory) -> Made:
    return shop.backed_up(tmp_path_factory.mktemp("made"))


@pytest.fixture
def empty(tmp_path: Path) -> Place:
    return Place(Settings(home=tmp_path / "empty", master_key="7c" * 32), IDENTITY)


def refused(place: Place, made: Made, why: str) -> None:
    with pytest.raises(BadFile, match=why):
        place.restored(made)
    assert not list(place.settings.home.glob("events.db*"))


def test_only_the_owner_reads_the_files_and_no_fact_is_readable_in_them(made: Made) -> None:
    for path in (made.events_file, made.keys_file):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert not any(text in path.read_bytes() for text in (b"crm.customer", b"Ada 1", b"subject_keys"))
        assert path.read_bytes().startswith(b"age-encryption.org/v1\n")


def test_the_keys_are_in_the_keys_file_only_and_may_go_to_another_folder(shop: Place, tmp_path: Path) -> None:
    made = shop.backed_up(tmp_path / "events", keys_folder=tmp_path / "keys")
    assert (made.events_file.parent, made.keys_file.parent) == (tmp_path / "events", tmp_path / "keys")
    found: dict[Kind, set[str]] = {"events": set(), "keys": set()}
    for kind, path in (("events", made.events_file), ("keys", made.keys_file)):
        read(path, [IDENTITY], lambda name, rows, content, kind=kind: found[kind].add(name))  # type: ignore[misc]
    assert found["keys"] == {HEADER, "markers", "subject_keys", MANIFEST}
    assert found["events"].isdisjoint({"markers", "subject_keys"})


@pytest.mark.parametrize("kind", ["events", "keys"])
def test_a_file_that_was_cut_off_or_changed_anywhere_is_refused(kind: Kind, made: Made, tmp_path_factory: Any) -> None:
    whole = (made.events_file if kind == "events" else made.keys_file).read_bytes()
    folder = tmp_path_factory.mktemp("damaged")

    @settings(max_examples=40, deadline=None)
    @given(at=st.integers(0, len(whole) - 1), cut=st.booleans(), bit=st.integers(0, 7))
    def hold(at: int, cut: bool, bit: int) -> None:
        raw = whole[:at] if cut else whole[:at] + bytes([whole[at] ^ 1 << bit]) + whole[at + 1 :]
        path = folder / "file.age"
        path.write_bytes(raw)
        with pytest.raises(BadFile, match=r"file\.age"):
            read_file(path, kind, [IDENTITY], lambda name, rows: None)

    hold()


def test_files_in_each_others_place_or_of_another_day_are_refused(
    shop: Place, made: Made, empty: Place, tmp_path: Path
) -> None:
    another = shop.backed_up(tmp_path / "another")
    refused(empty, made._replace(events_file=made.keys_file, keys_file=made.events_file), "it is the events file")
    refused(empty, made._replace(keys_file=another.keys_file), "it belongs to another backup")
    refused(empty, made._replace(events_file=another.events_file), "it belongs to another backup")
    refused(empty, made._replace(events_file=tmp_path / "nothing"), "No such file")
    refused(empty._replace(identity=x25519.Identity.generate()), made, "none of the identities opens it")


def test_a_backup_that_somebody_made_without_the_master_key_is_refused(made: Made, empty: Place, tmp_path: Path) -> None:
    """Who knows the recipient can write age files. Here: the same backup without its last customers, and a right manifest."""
    held: list[tuple[str, Any]] = []
    read(made.events_file, [IDENTITY], lambda name, rows, content: held.append((name, rows)))

    def forged() -> Iterator[bytes]:
        counting = Counting()
        for name, rows in held[:-1]:
            if name == HEADER:
                yield framed(name, rows)
            else:
                yield from frames(name, rows[:-1] if name == "stored_events" else rows, counting)
        tables = counting.counted(made.events.tables)
        yield framed(
            MANIFEST, {**held[-1][1], "tables": {name: {"rows": t.rows, "digest": t.digest} for name, t in tables.items()}}
        )

    file = Unfinished(tmp_path / "forged.age")
    file.write([IDENTITY.to_public()], forged())
    file.publish()
    assert read_file(tmp_path / "forged.age", "events", [IDENTITY], lambda name, rows: None).backup == made.events.backup
    refused(empty, made._replace(events_file=tmp_path / "forged.age"), "not made by a holder of the store's master key")


def test_a_manifest_that_promises_more_than_there_is_is_refused(made: Made, empty: Place, tmp_path: Path) -> None:
    held: list[tuple[str, Any]] = []
    read(made.events_file, [IDENTITY], lambda name, rows, content: held.append((name, rows)))
    kept = [one for one in held if one[0] != "claims"]
    for name, pieces in (("short", kept), ("cut", held[:-1]), ("twice", [*held, held[-1]]), ("mixed", [held[0], *held[:0:-1]])):
        file = Unfinished(tmp_path / name)
        file.write([IDENTITY.to_public()], [framed(*piece) for piece in pieces])
        file.publish()
        refused(empty, made._replace(events_file=tmp_path / name), name)


def test_a_backup_that_fails_leaves_no_file(shop: Place, tmp_path: Path) -> None:
    def fail(done: int, total: int) -> None:
        raise OSError("no space left")

    with pytest.raises(OSError, match="no space left"):
        shop.backed_up(tmp_path / "backups", fail)
    assert not list((tmp_path / "backups").iterdir())


def test_a_backup_that_was_killed_leaves_no_file_under_a_final_name_and_the_next_one_tidies_up(
    shop: Place, tmp_path: Path
) -> None:
    folder = tmp_path / "backups"
    folder.mkdir()
    arguments = (shop.settings.home, folder, IDENTITY.to_public())
    command = [sys.executable, "-m", "tests.infra.backup.stopping_process", *map(str, arguments)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        line = process.stdout.readline()
        running = shop.backed_up(folder)
        unfinished = len(list(folder.glob(".*.unfinished")))
        process.kill()
    assert (line, unfinished) == ("in the middle\n", 2), "the files of a running backup are left alone"
    made = shop.backed_up(folder)
    assert set(folder.iterdir()) == {running.events_file, running.keys_file, made.events_file, made.keys_file}


def test_a_row_that_is_damaged_is_named_and_never_left_out(make_place: Callable[[str], Place], tmp_path: Path) -> None:
    place = make_place("sqlite")
    with place.running() as executor:
        one(executor, registering())
        one(executor, registering())
    with closing(sqlite3.connect(place.settings.home / "events.db")) as file:
        file.execute("UPDATE stored_events SET originator_version = 'x' WHERE rowid = 2")
        file.commit()
    with pytest.raises(Damaged, match=r"stored_events is damaged: \(2, "):
        place.backed_up(tmp_path / "backups")
    assert not list((tmp_path / "backups").iterdir())


def test_a_frame_is_never_larger_than_a_bound(monkeypatch: pytest.MonkeyPatch, made: Made) -> None:
    monkeypatch.setattr(sealed_files, "LARGEST_FRAME", 1000)
    with pytest.raises(BadFile, match="it is damaged"):
        read_file(made.events_file, "events", [IDENTITY], lambda name, rows: None)


def test_a_new_identity_opens_what_is_encrypted_for_its_recipient(shop: Place, empty: Place, tmp_path: Path) -> None:
    file = tmp_path / "identity"
    public = sealed_files.new_identity(file)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    [identity] = sealed_files.identities(file)
    assert str(identity.to_public()) == public  # type: ignore[attr-defined]
    with pytest.raises(FileExistsError):
        sealed_files.new_identity(file)
    file.write_text("# nothing\n")
    with pytest.raises(ValueError, match="has no age identity"):
        sealed_files.identities(file)
    file.write_text("AGE-SECRET-KEY-1WRONG")
    with pytest.raises(ValueError, match="cannot be read") as caught:
        sealed_files.identities(file)
    assert "WRONG" not in str(caught.value)

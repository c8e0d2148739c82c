"""A verification finds exactly what was changed. Each damage is made in the rows and pages of a real store."""

from __future__ import annotations

import re
import sqlite3
import tracemalloc
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID, uuid4

import psycopg
import pytest

from commands.shared.executor import Executor
from domain.shared.ids import new_id
from infra.event_store.checks import Finding
from infra.event_store.mapper import Mapper
from infra.event_store.postgres_terms import POSITION
from infra.event_store.store import EventStore
from infra.event_store.vault import Vault
from infra.event_store.verify import verify
from infra.servers.postgres import PostgresAt
from tests.commands.event_stores import (
    EVENTS,
    MASTER_KEY,
    done,
    erasing,
    one,
    opened,
    placing,
    recorder,
    registering,
    running,
    tagging,
    together,
)

ADA, ORDER, GRACE = (UUID(int=0xADA0_0000 + number) for number in range(3))
FIRST, SECOND, THIRD, PLACED, ERASED = 1, 2, 3, 4, 6


@pytest.fixture
def filled(where: str, store: EventStore, executor: Executor) -> str:
    """Ada with three events, an order of hers, and Grace, who was registered and erased."""
    one(executor, registering(ADA))
    one(executor, tagging(ADA, "a"))
    one(executor, tagging(ADA, "b"))
    one(executor, placing(ORDER, ADA, number="7", key="k"))
    one(executor, registering(GRACE))
    one(executor, erasing(GRACE))
    assert store.head() == ERASED
    return where


def found(where: str) -> list[tuple[str, int | None]]:
    """The kinds and positions of the findings, in their order."""
    store = opened(where)
    try:
        return [(finding.kind, finding.position) for finding in verify(store)]
    finally:
        store.close()


def change(where: str, statement: str, *params: Any) -> None:
    """Runs the statement, written for SQLite, on the store's rows behind its back."""
    if where.startswith("postgresql://"):
        statement = statement.replace("rowid", "notification_id")
        statement = statement.replace("event_index WHERE position", f"event_terms WHERE {POSITION}").replace("?", "%s")
        with psycopg.connect(where) as connection:
            assert connection.execute(statement, params).rowcount
    else:
        with closing(sqlite3.connect(where)) as file, file:
            assert file.execute(statement, [one.hex if isinstance(one, UUID) else one for one in params]).rowcount


def replace_in_state(where: str, position: int, old: bytes, new: bytes) -> None:
    store = opened(where)
    [stored] = store.at([position])
    store.close()
    assert old in stored.state
    change(where, "UPDATE stored_events SET state = ? WHERE rowid = ?", stored.state.replace(old, new), position)


def test_a_whole_store_has_no_findings(filled: str) -> None:
    assert found(filled) == []


DAMAGES: dict[str, tuple[Sequence[tuple[str, tuple[Any, ...]]], list[tuple[str, int | None]]]] = {
    "an event in the middle of a stream is gone": (
        [("DELETE FROM stored_events WHERE rowid = ?", (SECOND,))],
        [("version-gap", THIRD), ("missing-event", SECOND), ("missing-event", SECOND)],
    ),
    "the last event of a stream is gone": (
        [("DELETE FROM stored_events WHERE rowid = ?", (THIRD,))],
        [("missing-event", THIRD), ("missing-event", THIRD)],
    ),
    "the last event of a stream is gone, years after its commit": (
        [("DELETE FROM stored_events WHERE rowid = ?", (THIRD,)), ("DELETE FROM batches WHERE head >= ?", (0,))],
        [("missing-event", THIRD)],
    ),
    "a whole stream is gone": (
        [("DELETE FROM stored_events WHERE originator_id = ?", (ORDER,))],
        [("missing-event", PLACED)] * 3 + [("missing-stream", None)],
    ),
    "a version is another one": (
        [("UPDATE stored_events SET originator_version = ? WHERE rowid = ?", (9, THIRD))],
        [("version-gap", THIRD)],
    ),
    "two versions have changed places": (
        [
            ("UPDATE stored_events SET originator_version = ? WHERE rowid = ?", (99, SECOND)),
            ("UPDATE stored_events SET originator_version = ? WHERE rowid = ?", (2, THIRD)),
            ("UPDATE stored_events SET originator_version = ? WHERE rowid = ?", (3, SECOND)),
        ],
        [("version-order", SECOND)],
    ),
    "the row names another type than the JSON": (
        [("UPDATE stored_events SET topic = ? WHERE rowid = ?", ("crm.customer.archived.v1", SECOND))],
        [("other-type", SECOND), ("index", SECOND)],
    ),
    "the row names a type that nobody knows": (
        [("UPDATE stored_events SET topic = ? WHERE rowid = ?", ("crm.customer.cloned.v1", SECOND))],
        [("unknown-type", SECOND), ("index", SECOND)],
    ),
    "a value is missing": (
        [("UPDATE stored_events SET state = NULL WHERE rowid = ?", (SECOND,))],
        [("column-type", SECOND), ("broken-event", SECOND)],
    ),
    "terms are missing in the index": ([("DELETE FROM event_index WHERE position = ?", (THIRD,))], [("index", THIRD)]),
    "the index has a term too many": (
        [("INSERT INTO event_index VALUES (?, ?)", (12345, THIRD))],
        [("index", None)],
    ),
    "a key is damaged": (
        [("UPDATE subject_keys SET wrapped = ? WHERE subject = ?", (bytes(68), ADA))],
        [("broken-seal", FIRST), ("broken-key", None)],
    ),
    "a key is gone, but nobody erased its subject": (
        [("DELETE FROM subject_keys WHERE subject = ?", (ADA,))],
        [("lost-key", FIRST)],
    ),
    "a receipt is from a log that went on further": (
        [("UPDATE receipts SET position = ? WHERE position = ?", (77, PLACED))],
        [("missing-event", 77)],
    ),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_verification_finds_exactly_what_was_changed(filled: str, damage: str) -> None:
    changes, findings = DAMAGES[damage]
    for statement, params in changes:
        change(filled, statement, *params)
    assert found(filled) == findings


@pytest.mark.parametrize(
    ("position", "old", "new", "kind"),
    [
        (FIRST, b'"sealed":"', b'"sealed":"AAAA', "broken-seal"),
        (SECOND, b'"tags":', b'"tags":7,"was":', "broken-event"),
        (SECOND, b'"actor"', b'"acteur"', "broken-event"),
        (SECOND, b"}", b"", "broken-event"),
    ],
)
def test_a_verification_finds_what_cannot_be_read(filled: str, position: int, old: bytes, new: bytes, kind: str) -> None:
    replace_in_state(filled, position, old, new)
    assert found(filled) == [(kind, position)]


def test_a_verification_that_knows_fewer_types_finds_the_others_and_stays_in_order(filled: str) -> None:
    older = EventStore(recorder(filled), Mapper(EVENTS[:1]), Vault(MASTER_KEY))
    unknown = [finding.position for finding in verify(older) if finding.kind == "unknown-type"]
    older.close()
    assert unknown == [SECOND, THIRD, PLACED, ERASED]


def test_what_is_recorded_during_a_verification_is_no_finding(filled: str, executor: Executor) -> None:
    store = opened(filled)
    seen: list[Finding] = []
    steps: list[tuple[int, int]] = []

    def go_on(done: int, total: int) -> None:
        steps.append((done, total))
        one(executor, tagging(ADA, f"t{len(steps)}"))

    seen += verify(store, go_on)
    store.close()
    assert seen == []
    assert [done for done, _ in steps] == sorted(done for done, _ in steps)
    assert steps[-1] == (2 * ERASED, 2 * ERASED)


def test_a_subject_that_is_erased_during_a_verification_is_no_finding(
    filled: str, store: EventStore, executor: Executor
) -> None:
    left = [erasing(ADA)]

    def go_on(_: int, __: int) -> None:
        if left:
            done(*together(executor, left.pop()))

    assert list(verify(store, go_on)) == []
    assert not store.subjects_with_keys([ADA])


def test_a_verification_ends_where_its_progress_says_so(filled: str, store: EventStore) -> None:
    class Stop(Exception):
        pass

    def stop(done: int, _: int) -> None:
        if done:
            raise Stop

    with pytest.raises(Stop):
        list(verify(store, stop))


def test_the_memory_of_a_verification_does_not_depend_on_the_store(tmp_path: Path) -> None:
    store = opened(str(tmp_path / "events.db"))

    def peak() -> int:
        tracemalloc.start()
        assert list(verify(store)) == []
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return most

    with running(store) as executor:
        for _ in range(4):
            done(*together(executor, *(registering(new_id(), "Ada" * 50) for _ in range(200))))
        small = peak()
        for _ in range(8):
            done(*together(executor, *(registering(new_id(), "Ada" * 50) for _ in range(200))))
        assert peak() < 1.3 * small + 200_000
    store.close()


# Pages


def test_a_damaged_page_of_sqlite_is_found_and_the_rest_is_read(tmp_path: Path) -> None:
    where = str(tmp_path / "events.db")
    store = opened(where)
    with running(store) as executor:
        done(*together(executor, *(registering(new_id(), "Ada" * 50) for _ in range(100))))
    store.close()
    with closing(sqlite3.connect(where)) as file:
        file.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        size = file.execute("PRAGMA page_size").fetchone()[0]
        page = _leaf_of_events(file)
    with Path(where).open("r+b") as raw:
        raw.seek((page - 1) * size)
        raw.write(b"\xff" * size)
    findings = found(where)
    assert findings[0] == ("corrupt-pages", None)
    lost = [position for kind, position in findings if kind == "corrupt-pages" and position]
    assert lost == list(range(lost[0], lost[-1] + 1))
    assert 0 < len(lost) < 20


def _leaf_of_events(file: sqlite3.Connection) -> int:
    """A page with events that is not the root of its table."""
    root = file.execute("SELECT rootpage FROM sqlite_master WHERE name = 'stored_events'").fetchone()[0]
    size = file.execute("PRAGMA page_size").fetchone()[0]
    path = file.execute("PRAGMA database_list").fetchone()[2]
    raw = Path(path).read_bytes()[(root - 1) * size : root * size]
    assert raw[0] == 5, "the root is an interior page of a table"
    first_cell = int.from_bytes(raw[12 + 6 : 12 + 8])
    return int.from_bytes(raw[first_cell : first_cell + 4])


@pytest.mark.servers
def test_a_damaged_page_of_postgresql_is_found_and_the_rest_is_read(
    postgres_server: PostgresAt, recording_database_url: str
) -> None:
    store = opened(recording_database_url)
    with running(store) as executor:
        done(*together(executor, *(registering(new_id(), "Ada" * 50) for _ in range(100))))
    store.close()
    # A copy made file by file has no page in the server's memory yet.
    copy = f"damaged_{uuid4().hex}"
    source = urlsplit(recording_database_url).path[1:]
    with psycopg.connect(postgres_server.url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {copy} TEMPLATE {source} STRATEGY = FILE_COPY")
    where = urlsplit(recording_database_url)._replace(path=f"/{copy}").geturl()
    try:
        with psycopg.connect(where) as connection:
            asked = "SELECT current_setting('data_directory'), pg_relation_filepath('stored_events')"
            folder, path = connection.execute(asked).fetchone() or ("", "")
        with (Path(folder) / path).open("r+b") as raw:
            raw.seek(2 * 8192 + 100)
            raw.write(b"\xff" * 4000)
        findings = found(where)
    finally:
        postgres_server.drop_database(copy)
    lost = [position for kind, position in findings if kind == "corrupt-pages" and position]
    assert lost == list(range(lost[0], lost[-1] + 1))
    assert 0 < len(lost) < 40
    assert {kind for kind, _ in findings} == {"corrupt-pages"}


def test_no_finding_shows_personal_data(filled: str, store: EventStore) -> None:
    replace_in_state(filled, FIRST, b'"kind":"person"', b'"kind":"Jane Roe"')
    [finding] = verify(store)
    assert "Jane" not in finding.detail
    assert re.fullmatch(r"The event at position 1 cannot be read\.", finding.detail)

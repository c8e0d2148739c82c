"""A position is given out once, on either engine; and a store knows which log it is."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import closing

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from commands.shared.commit import Stale
from commands.shared.executor import Executor
from domain.shared.ids import new_id
from infra.event_store.contacts import ContactRows
from infra.event_store.identity import Identity
from infra.event_store.rows import KEPT, CommitRows, EventRow, Recorder
from infra.event_store.store import EventStore
from tests.commands.event_stores import accepted, done, one, opened, recorder, registering, together
from tests.domain.given import NOW

SEQUENCE_FROM_THE_START = "SELECT setval('stored_events_notification_id_seq', 1, false)"
NO_CONTACTS = ContactRows((), ())


def execute(where: str, *statements: str) -> None:
    if where.startswith("postgresql://"):
        with psycopg.connect(where) as connection:
            for statement in statements:
                connection.execute(statement.encode())
    else:
        with closing(sqlite3.connect(where)) as file, file:
            for statement in statements:
                file.execute(statement)


def delete_after(where: str, position: int) -> None:
    """Delete the last events, as somebody with a database client would."""
    column = "notification_id" if where.startswith("postgresql://") else "rowid"
    execute(where, f"DELETE FROM stored_events WHERE {column} > {position}")


def go_back(where: str, position: int) -> None:
    """The log as it was at this position, as if a copy of that time was put in its place."""
    delete_after(where, position)
    if where.startswith("postgresql://"):
        execute(where, f"SELECT setval('stored_events_notification_id_seq', {position})")
    else:
        execute(where, "DELETE FROM batches", f"DELETE FROM event_index WHERE position > {position}")


def commit(engine: Recorder, count: int, version: int = 1) -> Sequence[int]:
    events = [EventRow(new_id(), version, "crm.test.v1", b"{}", (), NOW) for _ in range(count)]
    stale = {new_id(): 7} if version > 1 else {}
    return engine.commit(CommitRows(new_id(), events, stale, (), b"", (), (), {}, (), (), NO_CONTACTS, {})).positions


steps = st.one_of(
    st.tuples(st.just("commit"), st.integers(0, 3)),
    st.tuples(st.just("refused"), st.integers(1, 3)),
    st.tuples(st.just("delete the last events"), st.integers(1, 5)),
    st.tuples(st.just("raise"), st.integers(-3, 9)),
    st.tuples(st.just("open again"), st.just(0)),
    st.tuples(st.just("prune"), st.just(0)),
)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(steps, min_size=4, max_size=12))
def test_no_position_is_given_out_twice_whatever_is_deleted_refused_or_raised(
    where: str, steps: Sequence[tuple[str, int]]
) -> None:
    engine = recorder(where)
    engine.create()
    highest = max((stored.position for stored in engine.log(0, 10_000)), default=0)
    engine.raise_positions(highest)
    for step, number in (*steps, ("commit", 2)):
        match step:
            case "commit":
                positions = commit(engine, number)
                assert list(positions) == sorted(set(positions))
                assert all(position > highest for position in positions)
                assert [stored.position for stored in engine.at(positions)] == list(positions)
                highest = max(highest, *positions) if positions else highest
            case "refused":
                with pytest.raises(Stale):
                    commit(engine, number, version=2)
            case "delete the last events":
                delete_after(where, highest - number)
            case "raise":
                engine.raise_positions(highest + number)
                highest = max(highest, highest + number)
            case "prune":
                for kind in KEPT:
                    engine.prune(kind, engine.head(), 0, 1000)
            case "open again":
                engine.close()
                engine = recorder(where)
                engine.create()
    engine.close()


def test_a_commit_without_events_names_the_head_of_the_log_also_after_positions_were_raised(store: EventStore) -> None:
    engine = store._recorder
    assert list(commit(engine, 1)) == [1]
    engine.raise_positions(100)
    empty = engine.commit(CommitRows(new_id(), (), {}, (), b"", (), (), {}, (), (), NO_CONTACTS, {}))
    assert (list(empty.positions), empty.head) == ([], 1)
    assert store.head() == 1
    assert list(commit(engine, 1)) == [101]


def test_each_store_has_an_id_of_its_own_and_its_epochs_rise(store: EventStore, where: str) -> None:
    first = store.identity()
    assert len(bytes.fromhex(first.store)) == 16
    assert first.epoch == 1
    assert store.begin_epoch() == Identity(first.store, 2)
    assert store.begin_epoch(above=1) == Identity(first.store, 3)
    assert store.begin_epoch(above=9) == Identity(first.store, 10)
    with closing(opened(where)) as again:
        assert again.identity() == store.identity() == Identity(first.store, 10)


def test_two_stores_have_different_ids(store: EventStore, tmp_path_factory: pytest.TempPathFactory) -> None:
    with closing(opened(str(tmp_path_factory.mktemp("other") / "events.db"))) as other:
        assert other.identity().store != store.identity().store


def test_a_store_of_before_gets_an_identity_when_it_is_opened(store: EventStore, executor: Executor, where: str) -> None:
    done(*together(executor, registering(), registering()))
    execute(where, "DELETE FROM markers WHERE name IN ('store id', 'epoch')")
    assert store.identity() == Identity("", 0)
    with closing(opened(where)) as again:
        assert again.identity().epoch == 1
        assert again.identity().store != ""
        assert list(commit(again._recorder, 1)) == [3]


@pytest.mark.servers
def test_a_sequence_that_was_not_restored_with_the_log_is_raised_at_the_start(database_url: str) -> None:
    with closing(opened(database_url)) as store:
        commit(store._recorder, 5)
    execute(database_url, SEQUENCE_FROM_THE_START)
    with closing(opened(database_url)) as store:
        assert list(commit(store._recorder, 1)) == [6]


def test_a_log_that_goes_back_under_a_running_process_gets_positions_above_all_that_it_has_seen(
    store: EventStore, executor: Executor, where: str
) -> None:
    done(*together(executor, *(registering() for _ in range(5))))
    noticed: list[int] = []
    store.when_log_went_back = lambda: noticed.append(store.highest_seen)
    go_back(where, 2)
    after = one(executor, registering())
    assert accepted(after)
    assert (after.position, noticed) == (6, [5])
    assert [stored.position for stored in store.log(0, 10)] == [1, 2, 6]
    assert one(executor, registering()).position == 7
    assert noticed == [5]


def test_what_another_process_committed_counts_once_this_one_has_seen_the_head(
    store: EventStore, executor: Executor, where: str
) -> None:
    with closing(opened(where)) as other:
        commit(other._recorder, 4)
    assert store.head() == 4
    go_back(where, 1)
    assert one(executor, registering()).position == 5

"""States of events as the store keeps them: nothing is lost, damage is seen, and stores of the format before are read."""

from __future__ import annotations

import hashlib
import sqlite3
import threading
from collections.abc import Sequence
from contextlib import closing
from uuid import UUID

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from commands.shared.executor import Executor
from infra.event_store import compact
from infra.event_store.mapper import Stored, read_metadata
from infra.event_store.search import Criteria, search
from infra.event_store.showing import lines
from infra.event_store.store import EventStore
from infra.event_store.store_format import FORMAT, MARKER, PLAIN
from infra.event_store.terms import terms_of
from infra.event_store.verify import verify
from infra.kafka.headers import encode
from infra.routing import Message
from tests.commands.event_stores import erasing, one, opened, placing, registering, running, tagging
from tests.infra.event_store.train_dictionary import samples

STATES = samples(1)


def test_the_dictionary_never_changes() -> None:
    """What was written with it can be read only with it."""
    assert hashlib.sha256(compact.FILE.read_bytes()).hexdigest().startswith("ebafc9d413a36c8d")


@given(st.sampled_from(STATES) | st.binary())
def test_a_state_is_read_as_it_was_written(state: bytes) -> None:
    assert compact.load(compact.dump(state)) == state


def test_a_state_takes_less_than_half_of_its_json() -> None:
    assert sum(len(compact.dump(state)) for state in STATES) < sum(map(len, STATES)) / 2


def test_json_is_read_as_it_is() -> None:
    assert [compact.load(state) for state in STATES] == STATES
    large = b'{"text":"' + b"x" * compact.LARGEST + b'"}'
    assert compact.dump(large) == large


@given(st.sampled_from(STATES), st.data())
def test_a_compact_state_that_was_changed_is_not_read_as_another_one(state: bytes, data: st.DataObject) -> None:
    """Its first byte is no JSON, so an event with it is damaged."""
    stored = compact.dump(state)
    at, by = data.draw(st.integers(1, len(stored) - 1)), data.draw(st.integers(1, 255))
    changed = stored[:at] + bytes([stored[at] ^ by]) + stored[at + 1 :]
    assert compact.load(changed) in (changed, state)
    assert compact.load(stored[:at]) == stored[:at]


def test_many_threads_write_and_read_at_once() -> None:
    wrong: list[bytes] = []

    def work() -> None:
        wrong.extend(state for state in STATES if compact.load(compact.dump(state)) != state)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


# Stores of the format before, which has the JSON itself

ADA, ORDER, GRACE = (UUID(int=0xADA0_0000 + number) for number in range(3))


def write_plain(where: str) -> list[Stored]:
    """Make the store one of the format before; returns its events."""
    with closing(opened(where)) as store:
        events = store.log(0, 100)
    rows = [(one.state, one.position) for one in events]
    if where.startswith("postgresql://"):
        with psycopg.connect(where) as connection, connection.cursor() as cursor:
            cursor.executemany("UPDATE stored_events SET state = %s WHERE notification_id = %s", rows)
            cursor.execute("TRUNCATE event_terms")
            terms = [(term.number, one.position) for one in events for term in terms_of(one.type, read_metadata(one.state))]
            cursor.executemany("INSERT INTO event_index VALUES (%s, %s)", terms)
            cursor.execute("UPDATE markers SET value = %s WHERE name = %s", [PLAIN, MARKER])
    else:
        with closing(sqlite3.connect(where)) as file, file:
            file.executemany("UPDATE stored_events SET state = ? WHERE rowid = ?", rows)
            file.execute("UPDATE markers SET value = ? WHERE name = ?", [PLAIN, MARKER])
    return events


def first_bytes(where: str) -> bytes:
    """Of the states, as they are stored, in the order of the log."""
    if where.startswith("postgresql://"):
        with psycopg.connect(where) as connection:
            rows = connection.execute("SELECT state FROM stored_events ORDER BY notification_id").fetchall()
    else:
        with closing(sqlite3.connect(where)) as file:
            rows = file.execute("SELECT state FROM stored_events ORDER BY rowid").fetchall()
    return b"".join(bytes(state[:1]) for (state,) in rows)


def found(store: EventStore, wanted: Criteria, *, backwards: bool) -> list[int]:
    """The positions of these events, in the order of the search."""
    portions = search(store, wanted, 0, store.head(), backwards=backwards)
    positions = [one.position for portion in portions for one in portion.events]
    assert positions == sorted(positions, reverse=backwards)
    return positions


@pytest.fixture
def filled(executor: Executor) -> None:
    one(executor, registering(ADA))
    one(executor, tagging(ADA, "a"))
    one(executor, placing(ORDER, ADA, number="7", key="k"))
    one(executor, registering(GRACE))
    one(executor, erasing(GRACE))


@pytest.mark.usefixtures("filled")
def test_a_store_of_the_format_before_is_read_and_only_new_states_are_compact(where: str) -> None:
    events = write_plain(where)
    with closing(opened(where)) as store:
        assert store.read_marker(MARKER) == FORMAT
        assert store.log(0, 100) == events
        with running(store) as executor:
            one(executor, tagging(ADA, "b"))
        assert [*verify(store)] == []
        assert store.log(0, 100)[:-1] == events
        for backwards in (False, True):
            assert len(found(store, Criteria(subject=ADA), backwards=backwards)) == 4
            assert len(found(store, Criteria(types=frozenset(["crm.customer.*"])), backwards=backwards)) == 5
    assert first_bytes(where) == b"{" * len(events) + b"\1"


@pytest.mark.usefixtures("filled")
def test_events_at_positions_of_any_size_are_found(where: str, store: EventStore) -> None:
    """On PostgreSQL the index of the log has positions of 36 bits, and others in a table of their own."""
    with running(store) as executor:
        for above in (2**36 - 2, 2**36 + 5, 2**50):
            store.raise_positions(above)
            one(executor, tagging(ADA, f"{above}"))
    assert found(store, Criteria(subject=ADA), backwards=True)[:3] == [2**50 + 1, 2**36 + 6, 2**36 - 1]
    assert [*verify(store)] == []


@pytest.mark.usefixtures("filled")
def test_messages_and_exports_are_the_same_to_the_byte(where: str, store: EventStore) -> None:
    def outside(events: Sequence[Stored]) -> tuple[object, ...]:
        return [encode([Message(0, 0, 0, one)]) for one in events], *(
            lines(store, events, personal) for personal in (True, False)
        )

    before = outside(store.log(0, 100))
    assert first_bytes(where) == b"\1" * store.head()
    write_plain(where)
    assert first_bytes(where) == b"{" * store.head()
    assert outside(store.log(0, 100)) == before


@pytest.mark.usefixtures("filled")
def test_events_are_known_again_whatever_their_form_is(where: str, store: EventStore) -> None:
    def known_again(events: Sequence[Stored]) -> None:
        assert store._recorder.holds(events)
        for index, event in enumerate(events):
            other = event._replace(state=event.state.replace(b'"recorded_at":"20', b'"recorded_at":"19'))
            assert not store._recorder.holds([*events[:index], other, *events[index + 1 :]])
            assert store.absent([*events[:index], other, *events[index + 1 :]]) == [other]

    known_again(store.log(0, 100))
    write_plain(where)
    with running(store) as executor:
        one(executor, tagging(ADA, "b"))
    known_again(store.log(0, 100))

"""Searches through the index find what a look at every event finds, in both directions and in any portions."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from itertools import combinations
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from commands.shared.commit import Commit, NewEvent
from domain.customers.customer.events import Archived, Registered
from domain.sales.order.processing import Cancelled
from domain.shared.events import Actor, Event
from infra.event_store import in_common, search
from infra.event_store.mapper import Mapper, Stored, read_metadata
from infra.event_store.search import Criteria
from infra.event_store.store import EventStore
from infra.event_store.vault import Vault
from tests.commands.event_stores import MASTER_KEY, recorder
from tests.infra.event_store.given_events import metadata

COUNT, STREAMS = 400, 5
START = datetime(2026, 3, 2, 9, tzinfo=UTC)
EVENTS: tuple[type[Event], ...] = (Registered, Archived, Cancelled)


def id(number: int) -> UUID:
    return uuid5(UUID(int=0), str(number))


@pytest.fixture(scope="module", params=["sqlite", pytest.param("postgresql", marks=pytest.mark.servers)])
def store(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[EventStore]:
    """A log of 400 events in 5 streams, one event a minute, but some workers' clocks are three minutes behind."""
    if request.param == "sqlite":
        yield from _filled(str(tmp_path_factory.mktemp("search") / "events.db"))
        return
    server, name = request.getfixturevalue("postgres_server"), "search_in_the_log"
    yield from _filled(server.create_database(name))
    server.drop_database(name)


def _filled(where: str) -> Iterator[EventStore]:
    store = EventStore(recorder(where), Mapper(EVENTS), Vault(MASTER_KEY))
    versions = dict.fromkeys(range(STREAMS), 0)
    for first in range(0, COUNT, 50):
        events = []
        for number in range(first, first + 50):
            stream = number * number % STREAMS
            versions[stream] += 1
            events.append(_event(number, id(stream), versions[stream]))
        store.commit(Commit(id(1000 + first), events, {}, [], []))
    yield store
    store.close()


def _event(number: int, stream: UUID, version: int) -> NewEvent:
    recorded = START + timedelta(minutes=number - (3 if number % 7 == 0 else 0))
    facts: dict[str, Any] = {"subject": id(number % 3), "actor": Actor(type="user", id=f"u-{number % 4}")}
    if number % 5 == 0:
        facts |= {"concerns": (id(10 + number % 2),), "irregular": ("late",)}
    if number % 11 == 0:
        facts |= {"correlation_id": id(20), "causation_id": id(30 + number % 2)}
    event = (Archived(), Cancelled(), Registered(kind="person"))[number % 3]
    return NewEvent(stream, version, event, metadata(**facts, recorded_at=recorded, occurred_at=recorded - timedelta(hours=1)))


TYPES = ("crm.customer.archived.v1", "crm.customer.*", "crm.order.*", "crm.order.cancelled.*", "crm.*", "crm.team.*")
moments = st.integers(-10, COUNT + 10).map(lambda minutes: START + timedelta(minutes=minutes))
CRITERIA: dict[str, st.SearchStrategy[Any]] = {
    "types": st.frozensets(st.sampled_from(TYPES), max_size=2),
    "subject": st.sampled_from([id(0), id(10), id(99)]),
    "stream": st.sampled_from([id(0), id(1), id(99)]),
    "actor": st.sampled_from(["u-1", "nobody"]),
    "irregular": st.sampled_from(["late", "never"]),
    "correlation": st.sampled_from([id(20), id(21)]),
    "causation": st.sampled_from([id(30), id(31)]),
    "recorded_from": moments,
    "recorded_to": moments,
    "occurred_from": moments,
    "occurred_to": moments,
}
criteria = st.lists(st.sampled_from(sorted(CRITERIA)), max_size=3, unique=True).flatmap(
    lambda names: st.builds(Criteria, **{name: CRITERIA[name] for name in names})
)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    wanted=criteria,
    backwards=st.booleans(),
    ends=st.tuples(st.integers(0, COUNT), st.integers(0, COUNT)),
    portion=st.integers(1, 60),
    first=st.integers(1, 60),
    at_once=st.integers(1, 60),
)
def test_a_search_finds_what_a_look_at_every_event_finds(
    store: EventStore, wanted: Criteria, backwards: bool, ends: tuple[int, int], portion: int, first: int, at_once: int
) -> None:
    after, upto = ends
    every = store.log(after, COUNT, upto)
    expected = [one.position for one in every if _is_wanted(wanted, one)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(search, "PORTION", portion)
        patch.setattr(in_common, "AT_ONCE", at_once)
        portions = list(search.search(store, wanted, after, upto, backwards=backwards, first=first))
    found = [one.position for portion in portions for one in portion.events]
    assert found == (expected[::-1] if backwards else expected)
    reached = [portion.reached for portion in portions]
    assert reached == sorted(set(reached), reverse=backwards)
    assert reached[-1:] == ([] if after >= upto else [after if backwards else upto])


def _is_wanted(wanted: Criteria, one: Stored) -> bool:
    """The definition of each criterion, without an index."""
    known = read_metadata(one.state)
    held: dict[str, bool] = {
        "types": any(one.type == type or (type[-1] == "*" and one.type.startswith(type[:-1])) for type in wanted.types),
        "subject": wanted.subject in {known.subject, *known.concerns},
        "stream": wanted.stream == one.stream,
        "actor": wanted.actor == known.actor.id,
        "irregular": wanted.irregular in known.irregular,
        "correlation": wanted.correlation == known.correlation_id,
        "causation": wanted.causation == known.causation_id,
        "recorded_from": wanted.recorded_from is None or known.recorded_at >= wanted.recorded_from,
        "recorded_to": wanted.recorded_to is None or known.recorded_at < wanted.recorded_to,
        "occurred_from": wanted.occurred_from is None or known.occurred_at >= wanted.occurred_from,
        "occurred_to": wanted.occurred_to is None or known.occurred_at < wanted.occurred_to,
    }
    return all(held[name] for name in msgspec.structs.asdict(wanted) if getattr(wanted, name))


class Counted:
    """A store that counts the events that are read from it."""

    def __init__(self, store: EventStore) -> None:
        self._store, self.read = store, 0

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._store, name)

        def counting(*args: Any, **named: Any) -> Any:
            answer = method(*args, **named)
            self.read += len(answer) if isinstance(answer, list) else 0
            return answer

        return counting


@pytest.mark.parametrize("backwards", [False, True])
@pytest.mark.parametrize(
    "wanted",
    [
        Criteria(subject=id(10)),
        Criteria(stream=id(1)),
        Criteria(actor="u-1"),
        Criteria(correlation=id(20)),
        Criteria(causation=id(30)),
        Criteria(irregular="late"),
        Criteria(types=frozenset({"crm.order.*"})),
        Criteria(subject=id(99)),
    ],
    ids=lambda wanted: next((name for name in sorted(CRITERIA) if getattr(wanted, name, None)), ""),
)
def test_a_criterion_alone_reads_only_the_events_of_the_page(store: EventStore, wanted: Criteria, backwards: bool) -> None:
    counted = Counted(store)
    portion = next(search.search(counted, wanted, 100, COUNT, backwards=backwards, first=6))  # type: ignore[arg-type]
    assert len(portion.events) == (0 if wanted.subject == id(99) else 6)
    # The events and their rows of the index; in a stream, besides the events, the steps of a bisection.
    assert counted.read <= 6 + max(6, 10)


INDEXED: dict[str, Any] = {
    "subject": id(0),
    "actor": "u-1",
    "irregular": "late",
    "correlation": id(20),
    "causation": id(30),
    "types": frozenset({"crm.order.*", "crm.customer.archived.*"}),
}


@pytest.mark.parametrize("backwards", [False, True])
@pytest.mark.parametrize("names", [*combinations(INDEXED, 2), *combinations(INDEXED, 3)], ids="-".join)
def test_a_page_of_what_several_criteria_have_in_common_is_not_empty_and_reads_no_other_event(
    store: EventStore, monkeypatch: pytest.MonkeyPatch, names: tuple[str, ...], backwards: bool
) -> None:
    wanted = Criteria(**{name: INDEXED[name] for name in names})
    expected = [one for one in store.log(0, COUNT, backwards=backwards) if _is_wanted(wanted, one)]
    read: list[int] = []

    def at(positions: Collection[int]) -> list[Stored]:
        read.extend(positions)
        return EventStore.at(store, positions)

    monkeypatch.setattr(store, "at", at)
    monkeypatch.setattr(in_common, "AT_ONCE", 50)
    first = next(search.search(store, wanted, 0, COUNT, backwards=backwards, first=2))
    assert [one.position for one in first.events] == [one.position for one in expected[:2]]
    assert sorted(read) == sorted(one.position for one in first.events)


def test_a_range_of_recording_times_is_found_by_bisection(store: EventStore) -> None:
    counted = Counted(store)
    wanted = Criteria(recorded_from=START + timedelta(minutes=300), recorded_to=START + timedelta(minutes=310))
    found = [one for portion in search.search(counted, wanted, 0, COUNT) for one in portion.events]  # type: ignore[arg-type]
    assert found == [one for one in store.log(0, COUNT) if _is_wanted(wanted, one)] != []
    assert counted.read < 60


def test_the_index_holds_no_text(tmp_path: Path) -> None:
    store = EventStore(recorder(str(tmp_path / "events.db")), Mapper(EVENTS), Vault(MASTER_KEY))
    store.commit(Commit(id(1), [_event(5, id(0), 1)], {}, [], []))
    with closing(sqlite3.connect(tmp_path / "events.db")) as file:
        rows = file.execute("SELECT * FROM event_index").fetchall()
    store.close()
    assert len(rows) == 6
    assert {type(value) for row in rows for value in row} == {int}

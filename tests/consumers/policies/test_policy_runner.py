"""Policies handle each event once: not again after a crash or a rebuild, and never an imported event."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from pathlib import Path
from uuid import UUID

import pytest

from commands.customers import customers
from commands.shared.unit_of_work import UnitOfWork
from consumers.policies.policy import Policy, Reaction
from consumers.policies.runner import NAME, Policies
from consumers.rebuilding.rebuild import rebuild
from domain.customers.customer.customer import Customer
from domain.customers.customer.events import Archived, Restored
from domain.shared.events import Event, Recorded
from infra.event_store.mapper import Mapper
from infra.event_store.store import EventStore
from infra.event_store.vault import Vault
from infra.read_models import postponed
from infra.read_models.positions import followed
from infra.read_models.tables import create_tables
from infra.wiring import EVENTS
from projections.customers.customers import customer_view
from tests.consumers.policies.policy_place import ADA, Place, place_in
from tests.waiting import PATIENCE


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.servers)])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    url = request.getfixturevalue("recording_database_url") if request.param == "postgresql" else None
    with place_in(tmp_path, url) as place:
        yield place


def _mark(recorded: Recorded) -> Iterable[Reaction]:
    yield Reaction(add_a_mark, {"customer_id": recorded.stream})


def add_a_mark(work: UnitOfWork, *, customer_id: UUID) -> Customer:
    """Adds a mark each time it runs: only the receipt makes it run once."""
    customer = work.existing(Customer, customer_id)
    customer.change_details(work.context, name=f"{customer.details['name']}!")
    return customer


def _break(recorded: Recorded) -> Iterable[Reaction]:
    raise ArithmeticError


def _fail(recorded: Recorded) -> Iterable[Reaction]:
    yield Reaction(fail, {})


def fail(work: UnitOfWork) -> Customer:
    raise ArithmeticError


marks = Policy("marks", (Archived,), _mark)
broken = Policy("broken", (Archived,), _break)
failing = Policy("failing", (Archived,), _fail)


def archive(place: Place, **facts: object) -> None:
    place.run(customers.archive, customer_id=ADA, **facts)  # type: ignore[arg-type]


def name(place: Place) -> str:
    return str(place.ada().details["name"])


@pytest.fixture
def archived(place: Place) -> Place:
    """Ada was archived; the policies started before that and have not read the event yet."""
    place.register_ada()
    place.policies(marks)
    archive(place)
    return place


def test_an_event_is_handled_once(archived: Place) -> None:
    policies = archived.policies(marks)
    assert [policies.follow(), policies.follow(), policies.follow()] == [1, 0, 0]
    assert name(archived) == "Ada!"


def test_a_crash_after_the_command_duplicates_nothing(archived: Place) -> None:
    archived.policies(marks).follow()
    archived.forget_the_position()
    archived.policies(marks).follow()
    assert name(archived) == "Ada!"


def test_receipts_of_policies_are_kept_permanently(archived: Place) -> None:
    archived.policies(marks).follow()
    archived.let_years_pass()
    archived.forget_the_position()
    archived.policies(marks).follow()
    assert name(archived) == "Ada!"


def test_processes_that_read_the_same_event_at_the_same_time_handle_it_once(archived: Place) -> None:
    threads = [threading.Thread(target=archived.policies(marks).follow) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert name(archived) == "Ada!"


def test_new_policies_skip_events_that_were_recorded_before(place: Place) -> None:
    place.register_ada()
    archive(place)
    assert place.policies(marks).follow() == 0
    assert name(place) == "Ada"


def test_policies_that_lost_their_position_start_at_the_head(archived: Place) -> None:
    policies = archived.policies(marks)
    with archived.read_models.writer.begin() as connection:
        connection.execute(followed.delete())
    assert [policies.follow(), policies.follow()] == [0, 0]
    assert name(archived) == "Ada"


def test_events_recorded_while_no_process_follows_are_handled_later(archived: Place) -> None:
    archived.policies(marks).follow()
    archived.run(customers.restore, customer_id=ADA)
    archive(archived)
    archived.policies(marks).follow()
    assert name(archived) == "Ada!!"


def test_an_event_that_cannot_be_read_stops_no_policy(archived: Place) -> None:
    damaged = archived.store.head()
    archived.run(customers.restore, customer_id=ADA)
    archive(archived)
    # The executor has read the stream before the damage.
    archived.cut(damaged)
    assert archived.policies(marks).follow() == 2
    assert archived.policies(marks).follow() == 0
    assert damaged in postponed_events(archived), "its row may be restored"


def older(place: Place, *unknown: type[Event]) -> Policies:
    """The policies in a process of a version that does not know these types."""
    known = [event for event in EVENTS if event not in unknown]
    store = EventStore(place.store._recorder, Mapper(known), Vault(b"k" * 32))
    return Policies([marks], place.worker(store), store, place.read_models)


def postponed_events(place: Place) -> list[int]:
    with place.read_models.reader.connect() as connection:
        return list(postponed.of(connection, NAME, 0, 100))


def test_an_event_of_a_type_that_is_not_known_yet_is_handled_by_the_version_that_knows_it(archived: Place) -> None:
    head = archived.store.head()
    passing = older(archived, Archived)
    assert [passing.come_back(), passing.follow(), passing.follow()] == [0, 1, 0]
    assert (name(archived), postponed_events(archived)) == ("Ada", [head])
    newer = archived.policies(marks)
    assert [newer.come_back(), newer.follow(), newer.come_back()] == [1, 0, 0]
    assert (name(archived), postponed_events(archived)) == ("Ada!", [])


def test_a_command_on_a_stream_with_an_unknown_event_is_sent_once_the_event_is_known(archived: Place) -> None:
    archived.run(customers.restore, customer_id=ADA)
    archive(archived)
    first, last = archived.store.head() - 2, archived.store.head()
    older(archived, Restored).follow()
    assert (name(archived), postponed_events(archived)) == ("Ada", [first, last - 1, last])
    archived.policies(marks).come_back()
    assert (name(archived), postponed_events(archived)) == ("Ada!!", [])


def test_a_postponed_event_that_a_restored_log_lacks_is_not_waited_for(archived: Place) -> None:
    with archived.read_models.writer.begin() as connection:
        postponed.add(connection, NAME, [1_000, 1_001])
        postponed.add(connection, NAME, [1_000])
    assert archived.policies(marks).come_back() == 2
    assert postponed_events(archived) == []


def test_an_import_triggers_no_policy(place: Place) -> None:
    place.register_ada()
    policies = place.policies(marks)
    archive(place, origin="import", at=place.now)
    assert policies.follow() == 1
    assert name(place) == "Ada"


def test_a_rebuild_triggers_no_policy(archived: Place) -> None:
    policies = archived.policies(marks)
    while policies.follow():
        pass
    with archived.read_models.writer.begin() as connection:
        create_tables(connection, customer_view.tables)
    rebuild(customer_view, archived.store, archived.read_models, 1)
    head = archived.store.head()
    assert policies.follow() == 0
    assert archived.policies(marks).follow() == 0
    assert archived.store.head() == head


def test_a_policy_that_fails_does_not_stop_the_others_or_the_log(archived: Place) -> None:
    archived.policies(broken, failing, marks).follow()
    assert name(archived) == "Ada!"


def test_policies_end_when_they_are_stopped(archived: Place) -> None:
    policies: Policies = archived.policies(marks)
    thread = threading.Thread(target=policies.run)
    thread.start()
    policies.stop()
    thread.join(PATIENCE)
    assert not thread.is_alive()

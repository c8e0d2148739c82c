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
from consumers.policies.runner import Policies
from consumers.rebuilding.rebuild import rebuild
from domain.customers.customer.customer import Customer
from domain.customers.customer.events import Archived
from domain.shared.events import Recorded
from infra.read_models.positions import followed
from infra.read_models.tables import create_tables
from projections.customers.customers import customer_view
from tests.consumers.policies.policy_place import ADA, Place, place_in
from tests.waiting import PATIENCE


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.servers)])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    url = request.getfixturevalue("database_url") if request.param == "postgresql" else None
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

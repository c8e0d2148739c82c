"""A task reminds once, when its reminder time comes, while it is open."""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from typing import Any

import pytest

from commands.service import tasks
from consumers.policies.reminders import reminders
from domain.service.task import Reminded
from projections.service import tasks as task_rows
from tests.consumers.policies.deadline_acts import (
    HOUR,
    TASK,
    kinds,
    look,
)
from tests.consumers.policies.policy_place import Place
from tests.domain.given import LAST_WEEK, NOW, YESTERDAY


def create_task(place: Place, remind_at: datetime | None = NOW + HOUR, **facts: Any) -> None:
    place.run(tasks.create, task_id=TASK, title="Call Ada", remind_at=remind_at, **facts)


def remind_at(place: Place, at: datetime | None) -> None:
    place.run(tasks.reschedule, task_id=TASK, due=None, remind_at=at)


def task_row(place: Place) -> dict[str, Any]:
    place.project()
    with place.read_models.reader.connect() as connection:
        row = task_rows.get(connection, TASK, place.now)
    assert row is not None
    return row


def test_a_task_reminds_once_when_its_reminder_time_comes(either: Place) -> None:
    create_task(either)
    assert [look(either), look(either, HOUR), look(either), look(either, HOUR)] == [0, 1, 0, 0]
    assert either.done() == [Reminded(remind_at=NOW + HOUR)]
    assert task_row(either)["reminded_at"] == NOW + HOUR


def test_processes_that_look_at_the_same_time_remind_once(either: Place) -> None:
    create_task(either)
    either.now += HOUR
    either.project()
    threads = [threading.Thread(target=either.clock(reminders).look, args=[reminders]) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert kinds(either) == [Reminded]


@pytest.mark.parametrize("known", [True, False], ids=["known", "not yet known"])
@pytest.mark.parametrize(
    "act",
    [
        lambda place: remind_at(place, NOW + 9 * HOUR),
        lambda place: place.run(tasks.complete, task_id=TASK),
        lambda place: place.run(tasks.cancel, task_id=TASK),
    ],
    ids=["rescheduled", "completed", "cancelled"],
)
def test_a_task_that_was_moved_or_has_ended_does_not_remind(place: Place, act: Any, known: bool) -> None:
    create_task(place)
    place.project()
    act(place)
    place.now += 2 * HOUR
    if known:
        place.project()
    assert place.clock(reminders).look(reminders) == 0
    assert place.done() == []


def test_a_new_reminder_time_reminds_again_and_so_does_the_same_time_set_again(place: Place) -> None:
    create_task(place)
    assert look(place, HOUR) == 1
    remind_at(place, NOW + 2 * HOUR)
    assert task_row(place)["reminded_at"] is None
    assert [look(place), look(place, HOUR)] == [0, 1]
    remind_at(place, NOW + HOUR)
    assert [look(place), look(place)] == [1, 0]


def test_a_reminder_time_that_was_past_when_imported_does_not_remind(place: Place) -> None:
    create_task(place, YESTERDAY, origin="import", at=LAST_WEEK)
    assert look(place) == 0
    assert task_row(place)["remind_at"] == YESTERDAY.astimezone(UTC)


@pytest.mark.parametrize("origin", ["live", "import"])
def test_a_task_that_was_given_to_another_user_reminds_once(place: Place, origin: Any) -> None:
    create_task(place)
    place.run(tasks.assign, task_id=TASK, assignee="bob", origin=origin, at=NOW)
    assert [look(place, HOUR), look(place)] == [1, 0]
    place.run(tasks.assign, task_id=TASK, assignee="cyd")
    assert look(place, HOUR) == 0


def test_a_task_with_another_due_time_and_the_same_reminder_reminds_once(place: Place) -> None:
    create_task(place)
    assert look(place, HOUR) == 1
    place.run(tasks.reschedule, task_id=TASK, due=NOW + 9 * HOUR, remind_at=NOW + HOUR)
    assert look(place, HOUR) == 0


def test_a_reminder_that_was_cleared_does_not_remind_until_it_is_set_again(place: Place) -> None:
    create_task(place)
    remind_at(place, None)
    assert look(place, 2 * HOUR) == 0
    remind_at(place, NOW + HOUR)
    assert [look(place), look(place)] == [1, 0]


def test_a_task_that_is_created_with_a_past_reminder_reminds_at_once(place: Place) -> None:
    create_task(place, YESTERDAY)
    assert look(place) == 1


def test_an_imported_task_whose_reminder_is_set_again_live_reminds(place: Place) -> None:
    create_task(place, YESTERDAY, origin="import", at=LAST_WEEK)
    assert look(place) == 0
    remind_at(place, YESTERDAY + HOUR)
    assert look(place) == 1

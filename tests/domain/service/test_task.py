from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from domain.service.task import (
    Assigned,
    Cancelled,
    Completed,
    Created,
    Reminded,
    Rescheduled,
    Task,
    TaskCreatedOtherwise,
    TaskEnded,
)
from domain.shared.ids import external_id
from domain.shared.reference import Reference
from domain.shared.refusals import Malformed, NotThere
from tests.domain.given import NOW, YESTERDAY, facts, flags, imported, live, state, stored

TASK = external_id("task", "test", "1", b"")
CUSTOMER = external_id("customer", "test", "1", b"")
DUE = NOW + timedelta(days=1)


def created(**facts: Any) -> Task:
    task = Task(TASK)
    task.create(live(), **{"title": "Call Ada", "due": DUE, "assignee": "agent-7", **facts})
    return task


def test_a_task_has_a_title_an_assignee_and_a_due_time() -> None:
    task = created()
    assert facts(task) == [Created(title="Call Ada", due=DUE, assignee="agent-7")]
    assert state(stored(task)) == state(task)


def test_a_task_about_a_customer_is_erased_with_them() -> None:
    about = Reference(kind="customer", id=CUSTOMER)
    assert created(about=about, belongs_to=CUSTOMER).subject == CUSTOMER
    assert created().subject == TASK


def test_the_same_task_again_records_nothing_and_another_is_refused() -> None:
    task = created()
    task.create(live(), title="Call Ada", due=DUE, assignee="agent-7")
    assert task.version == 1
    with pytest.raises(TaskCreatedOtherwise):
        task.create(live(), title="Call Bob", due=DUE, assignee="agent-7")


def test_a_task_is_rescheduled_and_reassigned() -> None:
    task = created()
    task.reschedule(live(), due=None, remind_at=NOW)
    task.assign(live(), None)
    assert facts(task)[1:] == [Rescheduled(remind_at=NOW), Assigned()]
    task.reschedule(live(), due=None, remind_at=NOW)
    task.assign(live(), None)
    assert task.version == 3


def test_a_task_is_reminded_once_for_each_reminder_time() -> None:
    task = created(remind_at=DUE)
    task.remind(live(), NOW)
    assert facts(task)[1:] == []
    task.remind(live(), DUE)
    task.remind(live(), DUE)
    assert facts(task)[1:] == [Reminded(remind_at=DUE)]
    assert (task.reminded_at, stored(task).reminded_at) == (NOW, NOW)
    task.reschedule(live(), due=None, remind_at=DUE)
    assert task.reminded_at == NOW
    task.reschedule(live(), due=None, remind_at=NOW)
    assert task.reminded_at is None
    task.remind(live(), NOW)
    assert facts(task)[-1] == Reminded(remind_at=NOW)


def test_an_ended_task_has_no_reminder() -> None:
    task = created(remind_at=DUE)
    task.cancel(live())
    with pytest.raises(TaskEnded):
        task.remind(live(), DUE)


def test_a_task_ends_once_and_then_cannot_change() -> None:
    task = created()
    task.complete(live())
    task.complete(live())
    assert facts(task)[1:] == [Completed()]
    with pytest.raises(TaskEnded):
        task.cancel(live())
    with pytest.raises(TaskEnded):
        task.assign(live(), "agent-8")
    with pytest.raises(TaskEnded):
        task.reschedule(live(), due=None, remind_at=None)


def test_an_imported_change_after_the_end_is_recorded_and_flagged() -> None:
    task = created()
    task.complete(imported())
    task.cancel(imported())
    assert (facts(task)[-1], flags(task)) == (Cancelled(), ("task-ended",))


def test_completing_a_task_again_at_another_time_is_flagged() -> None:
    task = created()
    task.complete(live(YESTERDAY))
    task.complete(live(YESTERDAY))
    assert task.version == 2
    task.complete(live(NOW))
    assert flags(task) == ("repeated",)


@pytest.mark.parametrize("facts", [{"title": " "}, {"assignee": "Ada L"}, {"due": datetime(2026, 1, 1)}])  # noqa: DTZ001
def test_an_invalid_task_is_refused(facts: Any) -> None:
    with pytest.raises(Malformed):
        created(**facts)


def test_a_task_that_was_never_created_cannot_change() -> None:
    with pytest.raises(NotThere):
        Task(TASK).complete(live())

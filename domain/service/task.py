"""A task: work for a user, with its due time and the customer, order, ticket or other aggregate that it is about.

A task about a customer, or about something of theirs, has that customer as its subject: its title is erased with them.
"""

from __future__ import annotations

from datetime import datetime
from typing import Literal
from uuid import UUID

from domain.shared.aggregate import Aggregate, decision
from domain.shared.events import Context, Event, Metadata
from domain.shared.personal import Personal
from domain.shared.reference import Reference
from domain.shared.refusals import AlreadyThere, Malformed, Refusal
from domain.shared.text import optional_code, text

TITLE_LENGTH = 500

Status = Literal["open", "completed", "cancelled"]


class TaskCreatedOtherwise(AlreadyThere):
    """A task with this id already exists, with other values."""


class TaskEnded(Refusal):
    """The task was completed or cancelled."""


class Created(Event, frozen=True, tag="crm.task.created.v1"):
    """`due` and `remind_at` are instants; `assignee` is a user's code; `belongs_to` is the subject of `about`."""

    due: datetime | None = None
    assignee: str | None = None
    about: Reference | None = None
    remind_at: datetime | None = None
    belongs_to: UUID | None = None
    title: Personal[str] = None

    def subject(self, stream: UUID) -> UUID:
        return self.belongs_to or stream

    def apply(self, task: Task, metadata: Metadata) -> None:
        task.created = self
        task.due, task.remind_at, task.assignee = self.due, self.remind_at, self.assignee


class Rescheduled(Event, frozen=True, tag="crm.task.rescheduled.v1"):
    """Replaces both times; None clears one."""

    due: datetime | None = None
    remind_at: datetime | None = None

    def apply(self, task: Task, metadata: Metadata) -> None:
        if self.remind_at != task.remind_at:
            task.reminded_at = None
        task.due, task.remind_at = self.due, self.remind_at


class Reminded(Event, frozen=True, tag="crm.task.reminded.v1"):
    """The reminder time `remind_at` has come."""

    remind_at: datetime

    def apply(self, task: Task, metadata: Metadata) -> None:
        task.reminded_at = metadata.occurred_at


class Assigned(Event, frozen=True, tag="crm.task.assigned.v1"):
    """Assigned to a user, by code. None means that nobody is assigned."""

    assignee: str | None = None

    def apply(self, task: Task, metadata: Metadata) -> None:
        task.assignee = self.assignee


class Completed(Event, frozen=True, tag="crm.task.completed.v1"):
    def apply(self, task: Task, metadata: Metadata) -> None:
        task.status, task.ended_at = "completed", metadata.occurred_at


class Cancelled(Event, frozen=True, tag="crm.task.cancelled.v1"):
    def apply(self, task: Task, metadata: Metadata) -> None:
        task.status, task.ended_at = "cancelled", metadata.occurred_at


class Task(Aggregate):
    name = "task"
    events = (Created, Rescheduled, Reminded, Assigned, Completed, Cancelled)

    def __init__(self, id: UUID) -> None:
        super().__init__(id)
        self.created: Created | None = None
        self.due: datetime | None = None
        self.remind_at: datetime | None = None
        self.reminded_at: datetime | None = None
        self.assignee: str | None = None
        self.status: Status = "open"
        self.ended_at: datetime | None = None

    @decision
    def create(
        self,
        context: Context,
        *,
        title: str,
        due: datetime | None = None,
        assignee: str | None = None,
        about: Reference | None = None,
        remind_at: datetime | None = None,
        belongs_to: UUID | None = None,
    ) -> None:
        """Raises TaskCreatedOtherwise or Malformed."""
        created = Created(
            due=moment(due, "due"),
            assignee=optional_code(assignee, "assignee"),
            about=about,
            remind_at=moment(remind_at, "remind_at"),
            belongs_to=belongs_to,
            title=text(title, "title", TITLE_LENGTH),
        )
        self.record_first(context, self.created, created, TaskCreatedOtherwise)

    @decision
    def reschedule(self, context: Context, *, due: datetime | None = None, remind_at: datetime | None = None) -> None:
        """Raises NotThere, TaskEnded or Malformed."""
        self.require()
        event = Rescheduled(due=moment(due, "due"), remind_at=moment(remind_at, "remind_at"))
        if (self.due, self.remind_at) != (event.due, event.remind_at):
            self.record_once(context, event, *self._refuse_if_ended(context))

    @decision
    def remind(self, context: Context, remind_at: datetime) -> None:
        """Records the reminder once. Ignores a `remind_at` that is no longer the task's. Raises NotThere or TaskEnded."""
        self.require()
        if self.remind_at == remind_at and self.reminded_at is None:
            self.record_once(context, Reminded(remind_at=remind_at), *self._refuse_if_ended(context))

    @decision
    def assign(self, context: Context, assignee: str | None) -> None:
        """Raises NotThere, TaskEnded or Malformed."""
        self.require()
        event = Assigned(assignee=optional_code(assignee, "assignee"))
        if self.assignee != event.assignee:
            self.record_once(context, event, *self._refuse_if_ended(context))

    @decision
    def complete(self, context: Context) -> None:
        """Raises NotThere, and TaskEnded if the task was cancelled."""
        self._end(context, Completed(), "completed")

    @decision
    def cancel(self, context: Context) -> None:
        """Raises NotThere, and TaskEnded if the task was completed."""
        self._end(context, Cancelled(), "cancelled")

    def _end(self, context: Context, fact: Completed | Cancelled, status: Status) -> None:
        self.require()
        same_again = self.status == status
        flags = () if same_again else self._refuse_if_ended(context)
        self.record_status(context, fact, self.ended_at if same_again else None, *flags)

    def _refuse_if_ended(self, context: Context) -> tuple[str, ...]:
        if self.status == "open":
            return ()
        return self.refuse(context, TaskEnded(f"The task was {self.status}.", status=self.status))


def moment(at: datetime | None, what: str) -> datetime | None:
    """The instant. Raises Malformed if it has no offset from UTC."""
    if at is not None and at.tzinfo is None:
        raise Malformed(f"{what} must have an offset from UTC.")
    return at

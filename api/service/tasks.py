"""Tasks over HTTP: what a user has to do, and by when."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial
from typing import Annotated
from uuid import UUID

from fastapi import Query, Request, Response
from pydantic import Field, StringConstraints

from api.service import task_schemas as schemas
from api.shared.access import Caller, may
from api.shared.as_of import Resource
from api.shared.bounds import STORY
from api.shared.fields import Body, Code, CommandBody, Instant
from api.shared.filtering import filters
from api.shared.history import AskedPart
from api.shared.looking import Row, get_history, seen_by
from api.shared.openapi import ACCEPTED, CREATED, listed
from api.shared.pasts import Past
from api.shared.reading import After
from api.shared.routes import Router
from api.shared.schemas import CHANGE
from api.shared.strict import StrictRoute
from api.shared.targets import target
from api.shared.views import Views
from commands.service import tasks as commands
from domain.service.task import TITLE_LENGTH, Task
from domain.shared.reference import Reference
from projections.service import tasks as read_model

TASKS = target(Task, "/v1/tasks")
PRIVATE = ("title",)

commanding = Router(
    prefix=TASKS.location, tags=["tasks"], route_class=StrictRoute, dependencies=[may("tasks:write")], responses=ACCEPTED
)
reading = Router(prefix=TASKS.location, tags=["tasks"])


class AboutBody(Body):
    """The resource that the task is about, by its kind and its id."""

    states = Reference

    kind: Code = Field(examples=list(commands.ABOUT))
    id: UUID


class TimesBody(CommandBody):
    """Replaces both times; null clears one."""

    due: Instant | None = None
    remind_at: Instant | None = None


class TaskBody(TimesBody):
    """`title` is what to do. It is personal data and is erased with the person that the task is about."""

    title: Annotated[str, StringConstraints(min_length=1, max_length=TITLE_LENGTH)]
    assignee: Code | None = None
    about: AboutBody | None = None


class AssigneeBody(CommandBody):
    """A user's code; null removes the assignee."""

    assignee: Code | None


@commanding.post("", status_code=201, responses=CREATED)
async def create(request: Request, body: TaskBody) -> Response:
    """Create a task. The resource that the task is about must exist."""
    return await TASKS.new(request, commands.create, body)


@commanding.put("/{id}/times")
async def reschedule(request: Request, id: UUID, body: TimesBody) -> Response:
    """Set when the task is due, and when its reminder is."""
    return await TASKS.by_id(request, id, commands.reschedule, body)


@commanding.put("/{id}/assignee")
async def assign(request: Request, id: UUID, body: AssigneeBody) -> Response:
    """Assign the task to a user."""
    return await TASKS.by_id(request, id, commands.assign, body)


@commanding.post("/{id}/completion")
async def complete(request: Request, id: UUID, body: CommandBody | None = None) -> Response:
    """Mark the task as done."""
    return await TASKS.by_id(request, id, commands.complete, body)


@commanding.post("/{id}/cancellation")
async def cancel(request: Request, id: UUID, body: CommandBody | None = None) -> Response:
    """Cancel a task that is no longer needed."""
    return await TASKS.by_id(request, id, commands.cancel, body)


def _now() -> datetime:
    return datetime.now(UTC)


filtered = filters(
    read_model.Filter,
    {"now": _now},
    due_from=Annotated[Instant | None, Query(description="Due at this moment or later.")],
    due_to=Annotated[Instant | None, Query(description="Due before this moment.")],
    overdue=Annotated[bool | None, Query(description="Open, and due in the past.")],
    reminded=Annotated[bool | None, Query(description="Whether the reminder at `remind_at` has taken place.")],
)
RESOURCE = Resource(Task, read_model.tasks, lambda connection, task_id: read_model.get(connection, task_id, _now()))
views = Views(
    reading,
    RESOURCE,
    schemas.TASK,
    permission="tasks:read",
    private=PRIVATE,
)
views.many(
    read_model.listing,
    "Tasks by filters.",
    called="tasks",
    filtered=filtered,
    sort=read_model.Sort,
    first="-created_at",
)
views.one("One task. `overdue` is always as of now, also for a past state.")


@reading.get("/{id}/history", responses=listed(CHANGE, 404))
async def history(
    request: Request, caller: Annotated[Caller, may("tasks:read", STORY)], _: After, part: AskedPart, id: UUID
) -> Response:
    """Every event of the task, each with its changes."""
    personal = caller.may("personal:read")
    return await get_history(
        request, _of_one_moment(), id, part, name="task", personal=personal, show=lambda row: _seen(row, caller)
    )


def _of_one_moment() -> Resource:
    """All states share one `now`. Otherwise `overdue` could differ between two states, as if the event had changed it."""
    return Resource(Task, read_model.tasks, partial(read_model.get, now=_now()))


def _seen(row: Row, caller: Caller) -> Row:
    return seen_by(caller, row, "task_id", PRIVATE)


Past(_of_one_moment, "tasks:read", _seen).shown_by(history)

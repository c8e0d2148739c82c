"""Tasks over HTTP: what is to be done, by whom and by when."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import Field, StringConstraints
from sqlalchemy import Connection

from api.operations import configuration_schemas as schemas
from api.shared.access import Caller, may
from api.shared.fields import Body, Code, Instant, Told
from api.shared.followed import of_customer
from api.shared.looking import look_at, look_back
from api.shared.openapi import ACCEPTED, CREATED, exported, listed, one
from api.shared.past import Resource, When
from api.shared.reading import After, AnyCode, Cursor, Limit, listing
from api.shared.schemas import CHANGE
from api.shared.sorting import By, sorting
from api.shared.strict import StrictRoute
from api.shared.targets import target
from commands.service import tasks as commands
from domain.service.task import TITLE_LENGTH, Status, Task
from domain.shared.reference import Reference
from projections.service import tasks as read_model
from projections.shared.pages import Page

TASKS = target(Task, "/v1/tasks")

commanding = APIRouter(
    prefix=TASKS.location, tags=["tasks"], route_class=StrictRoute, dependencies=[may("tasks:write")], responses=ACCEPTED
)
reading = APIRouter(prefix=TASKS.location, tags=["tasks"])

Reader = Annotated[Caller, may("tasks:read")]


class AboutBody(Body):
    """What the task is about, by its kind and its id."""

    states = Reference

    kind: Code = Field(examples=list(commands.ABOUT))
    id: UUID


class TimesBody(Told):
    """Both anew; null is no such moment."""

    due: Instant | None = None
    remind_at: Instant | None = None


class TaskBody(TimesBody):
    """What is to be done. It is personal, and forgotten with whom it is about."""

    title: Annotated[str, StringConstraints(min_length=1, max_length=TITLE_LENGTH)]
    assignee: Code | None = None
    about: AboutBody | None = None


class AssigneeBody(Told):
    """A user by code; null is nobody."""

    assignee: Code | None


@commanding.post("", status_code=201, responses=CREATED)
async def create(request: Request, body: TaskBody) -> Response:
    """Create a task. What it is about must be there."""
    return await TASKS.new(request, commands.create, body)


@commanding.put("/{id}/times")
async def reschedule(request: Request, id: UUID, body: TimesBody) -> Response:
    """Set when it is due, and when to be reminded of it."""
    return await TASKS.by_id(request, id, commands.reschedule, body)


@commanding.put("/{id}/assignee")
async def assign(request: Request, id: UUID, body: AssigneeBody) -> Response:
    """Give it to a user."""
    return await TASKS.by_id(request, id, commands.assign, body)


@commanding.post("/{id}/completion")
async def complete(request: Request, id: UUID, body: Told | None = None) -> Response:
    """It is done."""
    return await TASKS.by_id(request, id, commands.complete, body)


@commanding.post("/{id}/cancellation")
async def cancel(request: Request, id: UUID, body: Told | None = None) -> Response:
    """It is not to be done any more."""
    return await TASKS.by_id(request, id, commands.cancel, body)


async def filtered(
    status: Status | None = None,
    assignee: AnyCode = None,
    about_id: UUID | None = None,
    due_from: Annotated[Instant | None, Query(description="Due then or later.")] = None,
    due_to: Annotated[Instant | None, Query(description="Due before then.")] = None,
    overdue: Annotated[bool | None, Query(description="Open, and due at a moment that is past.")] = None,
    reminded: Annotated[bool | None, Query(description="Of whose remind_at somebody was reminded.")] = None,
) -> read_model.Filter:
    return read_model.Filter(
        now=datetime.now(UTC),
        status=status,
        assignee=assignee,
        about_id=about_id,
        due_from=due_from,
        due_to=due_to,
        overdue=overdue,
        reminded=reminded,
    )


@reading.get("", responses=exported(listed(schemas.TASK), schemas.TASK))
async def tasks(
    request: Request,
    caller: Reader,
    after: After,
    wanted: Annotated[read_model.Filter, Depends(filtered)],
    by: Annotated[By[read_model.Sort], sorting(read_model.Sort, "-created_at")],
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Response:
    """Tasks by filters."""

    def pages(connection: Connection, limit: int, cursor: str | None) -> Page:
        return read_model.listing(connection, wanted, sort=by.key, descending=by.descending, limit=limit, cursor=cursor)

    needed = of_customer("tasks", wanted.about_id)
    return await listing(request, needed, after, pages, show=lambda row: shown(row, caller), limit=limit, cursor=cursor)


@reading.get("/{id}", responses=one(schemas.TASK))
async def task(request: Request, caller: Reader, after: After, when: When, id: UUID) -> Response:
    """One task. Whether it is overdue is told as of now, also of the past."""
    return await look_at(request, _seen_now(), id, after, when, name="task", show=lambda row: shown(row, caller))


@reading.get("/{id}/history", responses=listed(CHANGE, 404))
async def history(request: Request, caller: Reader, id: UUID) -> Response:
    """Every event of the task, with what it changed."""
    personal = caller.may("personal:read")
    return await look_back(request, _seen_now(), id, name="task", personal=personal, show=lambda row: shown(row, caller))


def _seen_now() -> Resource:
    now = datetime.now(UTC)
    return Resource(Task, read_model.tasks, lambda connection, task_id: read_model.get(connection, task_id, now))


def shown(row: Mapping[str, Any], caller: Caller) -> dict[str, Any]:
    """The task as this caller may see it."""
    hidden = ("task_id",) if caller.may("personal:read") else ("task_id", "title")
    return {"id": row["task_id"], **{name: value for name, value in row.items() if name not in hidden}}

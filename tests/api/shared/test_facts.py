"""Every route passes the facts that its command takes, for every shape of its body: none is missing and none is unknown."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from types import SimpleNamespace
from typing import Annotated, Any, NamedTuple, TypedDict, Unpack, get_args
from uuid import UUID

import pytest
from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.dependencies.models import Dependant
from fastapi.exceptions import RequestValidationError
from fastapi.routing import iter_route_contexts
from pydantic import BaseModel, TypeAdapter, ValidationError
from starlette.datastructures import State

from api.shared.access import ROLES, Caller
from api.shared.browsers import Session
from api.shared.elsewhere import Elsewhere
from api.shared.fields import CommandBody, Line
from api.shared.problems import Problem
from api.shared.targets import target
from commands.shared.batch import Command
from commands.shared.outcome import Outcome
from commands.shared.unit_of_work import UnitOfWork
from domain.shared.aggregate import Aggregate
from domain.shared.events import Actor
from domain.shared.refusals import Malformed, Refusal
from tests.api.conftest import World
from tests.api.shared.every_body import bodies, shapes
from tests.commands.binding import check_binds
from tests.domain.segmentation.given_segments import FITTED
from tests.domain.segmentation.given_values import FITTED as FITTED_VALUE

ADMIN = Caller("test", ROLES["admin"], Actor(type="system", id="test"))
REFUSED = (ValidationError, RequestValidationError, Refusal, Problem)

NO_COMMANDS = {
    "POST /v1/batch": "its lines are requests of their own",
    **{
        f"POST /v1/{resource}/select": "its command on each resource is a request of its own"
        for resource in ("customers", "orders", "tickets", "leads", "deals", "interactions", "feedback", "tasks")
    },
    "POST /v1/imports": "its commands come from the rows of a file",
    "POST /v1/operations/rebuilds": "it works on read models",
    "POST /v1/operations/master-key-rotations": "it works on stored keys and records nothing",
    "POST /v1/operations/verifications": "it reads and records nothing",
    "POST /v1/operations/clock-confirmations": "it is about the clock and records nothing",
    "POST /v1/operations/dead-letters/{projection}/retry": "it works on read models",
    "POST /v1/operations/dead-letters/{projection}/{position}/discard": "it works on read models",
    "POST /v1/webhooks/{id}/test": "it sends a message, and records nothing",
    "POST /v1/sessions": "its facts are a new secret and its caller's key; tests of sessions open some",
    "POST /v1/sign-in-links": "it records nothing",
}
"""Routes that are neither reads nor commands, with the reason."""


class Ran(NamedTuple):
    command: Callable[..., Any]
    facts: Mapping[str, Any]


class Recorder:
    """Replaces the executor: keeps each command with its facts and runs none."""

    def __init__(self) -> None:
        self.ran: list[Ran] = []

    async def run(self, command: Command, *, of_many: bool = False) -> Outcome:
        self.ran.append(Ran(command.function, command.facts))
        return Outcome(id=command.target or UUID(int=7), version=1, position=1)


class Route(NamedTuple):
    """A route by its method and path, with the framework's description of its endpoint and parameters."""

    name: str
    asked: Dependant
    responses: Mapping[Any, Any]

    @property
    def is_command(self) -> bool:
        """Only commands have the status 412, for a version that is not current."""
        return 412 in self.responses

    @property
    def model(self) -> type[BaseModel] | None:
        """The model of its body, if it takes JSON."""
        stated = [body.field_info.annotation for body in self.asked.body_params]
        found = [one for annotation in stated for one in (annotation, *get_args(annotation))]
        return next((one for one in found if isinstance(one, type) and issubclass(one, BaseModel)), None)

    def fields(self) -> set[str]:
        """The fields of the body, without those that every request is refused with."""
        fields = self.model.model_fields if self.model else {}
        return {name for name, field in fields.items() if not any(isinstance(one, Elsewhere) for one in field.metadata)}

    def bodies(self) -> Iterator[BaseModel | None]:
        """First None if the body is optional, then bodies of every shape that its model accepts."""
        if not any(body.field_info.is_required() for body in self.asked.body_params):
            yield None
        if self.model is not None:
            schema = self.model.model_json_schema()
            for body in bodies(schema, schema.get("$defs", {})):
                with suppress(ValidationError):
                    yield self.model.model_validate(body)


async def misfits(route: Route, state: Mapping[str, Any]) -> list[str]:
    """The errors in the facts that the route passes. A field is an error too if no command is run for any body with it."""
    found: dict[str, None] = {}
    reached = set[str]()
    ran: list[Ran] = []
    for body in route.bodies():
        executor = Recorder()
        try:
            await answered(route.asked, stub(state, executor), body)
        except REFUSED:
            pass
        except Exception as error:
            found[f"{route.name}: {type(error).__name__}: {error}"] = None
        if executor.ran and body:
            reached |= body.model_fields_set
        ran += executor.ran
    found |= {f"{route.name}: {reason}": None for reason in map(misfit, ran) if reason}
    if unreached := route.fields() - reached:
        found[f"{route.name}: no command was run for a body with {', '.join(sorted(unreached))}"] = None
    return [*found] if ran else [f"{route.name}: no command was run", *found]


def misfit(ran: Ran) -> str | None:
    """Why the facts do not bind to the command; None if they do."""
    try:
        check_binds(ran.command, ran.facts)
    except AssertionError as error:
        return str(error)
    return None


async def answered(asked: Dependant, request: Request, body: BaseModel | None) -> Any:
    """The answer of the endpoint or the dependency, called as the framework calls it."""
    assert asked.call is not None
    given: dict[str, Any] = {path.name: _value(path) for path in asked.path_params}
    given |= {stated.name: body for stated in asked.body_params}
    given |= {inner.name: await answered(inner, request, body) for inner in asked.dependencies if inner.name}
    if asked.request_param_name:
        given[asked.request_param_name] = request
    answer = asked.call(**given)
    return await answer if inspect.isawaitable(answer) else answer


def _value(path: Any) -> Any:
    taken = TypeAdapter[Any](Annotated[path.field_info.annotation, path.field_info])
    return taken.validate_python(shapes(taken.json_schema(), {})[0])


def stub(state: Mapping[str, Any], executor: Recorder) -> Request:
    """A request of an administrator in a session, whose commands go to the recorder."""
    app = SimpleNamespace(state=State({**state, "executor": executor}))
    known = {"caller": ADMIN, "session": Session(UUID(int=7), "token", 0.0)}
    return Request({"type": "http", "method": "POST", "path": "/", "headers": [], "app": app, "state": known})


def routes_of(app: FastAPI) -> list[Route]:
    """All routes that are not reads."""
    return [
        Route(f"{method} {route.path}", route.dependant, route.responses)
        for route in iter_route_contexts(app.routes)
        for method in sorted(route.methods or ())
        if method not in ("GET", "HEAD")
    ]


def test_every_route_that_is_not_a_read_is_a_command_or_a_listed_exception(world: World) -> None:
    assert {route.name for route in routes_of(world.app) if not route.is_command} == NO_COMMANDS.keys()


def test_every_route_passes_facts_that_its_command_takes(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    # A fit needs customers. Its result does not matter here.
    monkeypatch.setattr("api.segmentation.segment_models.found_by", lambda *_: None)
    monkeypatch.setattr("api.segmentation.segment_models.last_fit", lambda *_: FITTED)
    for name, result in (("sample", None), ("found_by", None), ("last_fit", FITTED_VALUE)):
        monkeypatch.setattr(f"api.segmentation.value_models.{name}", lambda *_, result=result: result)

    async def all_misfits() -> list[str]:
        commands = [route for route in routes_of(world.app) if route.is_command]
        return [misfit for route in commands for misfit in await misfits(route, world.app.state._state)]

    assert asyncio.run(all_misfits()) == []


# Shows that the test above fails if a route passes wrong facts


class Paint(TypedDict, total=False):
    coats: int


class PaintBody(CommandBody):
    colour: Line | None = None


class CoatsBody(CommandBody):
    coats: int = 1


def paint(work: UnitOfWork, *, thing_id: UUID, colour: str, **more: Unpack[Paint]) -> Aggregate:
    raise AssertionError("only its signature is read")


def paint_somehow(work: UnitOfWork, *, thing_id: UUID, **more: Any) -> Aggregate:
    raise AssertionError("only its signature is read")


THINGS = target(Aggregate, "/things", "thing_id")
wrong = APIRouter(prefix="/things/{id}")


@wrong.post("/paint")
async def right(request: Request, id: UUID, body: CoatsBody) -> Response:
    return await THINGS.by_id(request, id, paint, body, colour="red")


@wrong.post("/missing")
async def missing(request: Request, id: UUID, body: PaintBody) -> Response:
    return await THINGS.by_id(request, id, paint, body)


@wrong.post("/unknown")
async def unknown(request: Request, id: UUID, body: PaintBody | None = None) -> Response:
    return await THINGS.by_id(request, id, paint, body, colour="red", gloss=2)


@wrong.post("/undeclared")
async def undeclared(request: Request, id: UUID) -> Response:
    return await THINGS.by_id(request, id, paint_somehow, None, coats=2)


@wrong.post("/nothing")
async def nothing(request: Request, id: UUID, body: CoatsBody) -> Response:
    if "coats" in body.model_fields_set:
        raise Malformed("It is never painted.")
    return await THINGS.by_id(request, id, paint, None, colour="red")


@pytest.mark.parametrize(
    ("path", "reasons"),
    [
        ("paint", []),
        ("missing", [f"{__name__}.paint needs colour; it takes thing_id, colour, coats"]),
        ("unknown", [f"{__name__}.paint takes no gloss; it takes thing_id, colour, coats"]),
        ("undeclared", [f"{__name__}.paint_somehow does not say which facts more are"]),
        ("nothing", ["no command was run for a body with coats"]),
    ],
)
def test_a_route_that_passes_wrong_facts_is_found(path: str, reasons: list[str]) -> None:
    app = FastAPI()
    app.include_router(wrong)
    (route,) = [route for route in routes_of(app) if route.name.endswith(path)]
    store = SimpleNamespace(secret=bytes(32))
    assert asyncio.run(misfits(route, {"store": store})) == [f"{route.name}: {reason}" for reason in reasons]

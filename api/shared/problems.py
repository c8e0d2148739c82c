"""Every error as a problem document (RFC 9457), and the table of the refusals' statuses."""

from __future__ import annotations

import errno
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import msgspec
import structlog
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.middleware.asyncexitstack import AsyncExitStackMiddleware
from fastapi.routing import iter_route_contexts
from sqlalchemy import exc
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.routing import Match
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.operations.jobs import TooManyJobs
from api.shared.nearest import because
from commands.shared.commit import StoreUnavailable, Unreadable
from commands.shared.executor import OutcomeUnknown, Overloaded
from commands.shared.outcome import KeyReused, VersionMismatch
from domain.shared.occurrence import OutsideTheCalendar
from domain.shared.refusals import Malformed, NotThere, Refusal
from infra.read_models.refused import Refused, keep
from projections.shared.pages import MalformedCursor

log = structlog.get_logger()

FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_CHOICE = re.compile(r"'([^']*)'")

MEDIA_TYPE = "application/problem+json"
RETRY_SECONDS = "1"
JOBS_RETRY_SECONDS = "10"
MISFITS = 100
"""How many wrong parts of a request a problem names at most."""

STATUS: tuple[tuple[type[Refusal], int], ...] = (
    (VersionMismatch, 412),
    (KeyReused, 422),
    (MalformedCursor, 400),
    (OutsideTheCalendar, 400),
    (Malformed, 422),
    (NotThere, 404),
    (Refusal, 409),
)
KINDS: dict[int, tuple[str, str]] = {
    400: ("malformed-request", "The request is malformed"),
    401: ("unauthenticated", "An API key is needed"),
    403: ("forbidden", "This key lacks the permission"),
    404: ("nothing-here", "Not found"),
    405: ("method-not-allowed", "The method is not allowed here"),
    406: ("not-acceptable", "None of the accepted media types is available"),
    413: ("too-large", "The body is too large"),
    415: ("unsupported-media-type", "The media type is not supported"),
    422: ("does-not-fit", "The request does not fit its schema"),
    429: ("too-many-requests", "Too many requests"),
    503: ("unavailable", "Temporarily unavailable"),
    507: ("no-space", "There is not enough free space"),
}


class Misfit(msgspec.Struct, omit_defaults=True):
    """A part of the request that is wrong: a JSON Pointer (RFC 6901) into the body, or the name of a parameter."""

    detail: str
    pointer: str | None = None
    parameter: str | None = None


class Problem(Exception):
    """An error that a route raises and for which the domain has no refusal."""

    def __init__(self, status: int, type: str, detail: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(detail)
        self.status, self.type, self.detail, self.headers = status, type, detail, headers


def wrong_parameter(name: str, message: str) -> RequestValidationError:
    """The error of a query parameter that only the route itself can check; the answer is 422."""
    return RequestValidationError([{"type": "wrong_parameter", "loc": ("query", name), "msg": message}])


def status_of(refusal: Refusal) -> int:
    return next(status for kind, status in STATUS if isinstance(refusal, kind))


def problem(
    status: int,
    type: str,
    detail: str,
    *,
    title: str | None = None,
    headers: Mapping[str, str] | None = None,
    **more: Any,
) -> Response:
    document = {"type": f"/problems/{type}", "title": title or _kind(status, detail)[1], "status": status, "detail": detail}
    return Response(msgspec.json.encode(document | more), status, dict(headers or {}), MEDIA_TYPE)


def _keep_refused(request: Request, key_id: str, reason: str) -> None:
    """Record the denied request. The request stays denied even if it cannot be recorded."""
    id = request.path_params.get("id")
    try:
        about = None if id is None else UUID(str(id))
    except ValueError:
        about = None
    what = Refused(datetime.now(UTC), key_id, request.method, request.scope["route"].path, about, reason)
    try:
        keep(request.app.state.read_models, what)
    except exc.SQLAlchemyError as error:
        log.warning("denied request not recorded", key=key_id, error=type(error).__name__)


def refused(refusal: Refusal, headers: Mapping[str, str] | None = None) -> Response:
    more = refusal.members or {"facts": refusal.facts}
    return problem(status_of(refusal), refusal.rule, refusal.detail, title=type(refusal).title(), headers=headers, **more)


def install(app: FastAPI) -> None:
    """Install the handlers of all errors, listed by hand."""
    app.add_exception_handler(Refusal, _refusal)
    app.add_exception_handler(Problem, _problem)
    app.add_exception_handler(RequestValidationError, _misfit)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(Overloaded, _unsettled)
    app.add_exception_handler(OutcomeUnknown, _unsettled)
    app.add_exception_handler(TooManyJobs, _too_many_jobs)
    app.add_exception_handler(StoreUnavailable, _unavailable)
    app.add_exception_handler(Unreadable, _unreadable)
    for away in (exc.OperationalError, exc.InterfaceError, exc.TimeoutError):
        app.add_exception_handler(away, _read_models_away)
    app.add_exception_handler(OSError, _no_space)
    app.add_exception_handler(ClientDisconnect, _gone)
    app.add_exception_handler(Exception, _unexpected)


class TooLarge:
    """Answers a body that is too large with a problem document, instead of the framework's plain text."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        replaced = False

        async def send_problem(message: Message) -> None:
            nonlocal replaced
            if message["type"] == "http.response.start" and message["status"] == 413 and not _is_problem(message):
                replaced = True
                await problem(413, KINDS[413][0], f"{KINDS[413][1]}.")(scope, receive, send)
            elif not replaced:
                await send(message)

        await self._app(scope, receive, send_problem)


def framed(app: ASGIApp) -> ASGIApp:
    """A route's application as FastAPI makes it, with what it needs around it, and our answer to a body that is too large."""
    return TooLarge(AsyncExitStackMiddleware(app))


def _is_problem(start: Message) -> bool:
    """Whether the answer is a problem document, which says more."""
    return (b"content-type", MEDIA_TYPE.encode()) in start["headers"]


async def _too_many_jobs(_: Request, error: Any) -> Response:
    return problem(503, "overloaded", str(error), headers={"Retry-After": JOBS_RETRY_SECONDS})


async def _unreadable(_: Request, error: Any) -> Response:
    return unreadable(error)


def unreadable(error: Unreadable) -> Response:
    """The resource's own events are damaged or unknown: to repeat the request does not help; others are not affected."""
    log.error("unreadable event", error=type(error).__name__)
    return problem(409, "unreadable-event", f"A recorded event that the answer needs cannot be read. {error}".strip())


async def _refusal(_: Request, error: Any) -> Response:
    return refused(error)


async def _problem(request: Request, error: Any) -> Response:
    if error.status == 403 and (caller := getattr(request.state, "caller", None)):
        await run_in_threadpool(_keep_refused, request, caller.id, error.detail)
    return problem(error.status, error.type, error.detail, headers=error.headers)


async def _misfit(_: Request, error: Any) -> Response:
    return misfit(error.errors(), error.body)


def misfit(errors: Sequence[Mapping[str, Any]], body: Any = None) -> Response:
    """422 with the first errors of a validation, each with its `loc` and `msg`. `body` is the decoded body, if there is one."""
    misfits = [_located(one, body) for one in errors[:MISFITS]]
    return problem(422, "does-not-fit", "The request does not fit its schema.", errors=misfits)


def _located(error: Mapping[str, Any], body: Any) -> Misfit:
    where, *path = error["loc"]
    if where == "body":
        return Misfit(_detail(error), pointer=_pointer(path, body, error.get("type") == "missing"))
    return Misfit(_detail(error), parameter=str(path[0]))


def _detail(error: Mapping[str, Any]) -> str:
    """What is wrong. For a value that is not in a closed set also the known values, and the most similar one."""
    detail, context = str(error["msg"]), error.get("ctx", {})
    value = {"literal_error": error.get("input"), "union_tag_invalid": context.get("tag")}.get(error.get("type", ""))
    known = _CHOICE.findall(context.get("expected") or context.get("expected_tags") or "")
    return because("There is no such value", value, known) if isinstance(value, str) and known else detail


def _pointer(path: Sequence[Any], body: Any, missing: bool) -> str:
    """The JSON Pointer of the part of the body that the path leads to; "" is the whole body.

    The framework's path also has steps that name no part, such as the choices of a union and the key of an object: they are
    left out. A missing field is named although it is not there.
    """
    pointer = ""
    for number, step in enumerate(path, start=1):
        present = step in body if isinstance(body, Mapping) else isinstance(body, list) and step in range(len(body))
        if present or (missing and number == len(path)):
            pointer += "/" + str(step).replace("~", "~0").replace("/", "~1")
        if present:
            body = body[step]
    return pointer


async def _http(request: Request, error: Any) -> Response:
    """Errors of the framework itself: an unknown route, another method, a body that cannot be read."""
    kind, title = _kind(error.status_code, str(error.detail))
    headers = {"Allow": ", ".join(_methods(request))} if error.status_code == 405 else error.headers
    return problem(error.status_code, kind, f"{title}.", headers=headers)


def _methods(request: Request) -> list[str]:
    """All methods that the path allows; the framework names only those of one route. HEAD goes wherever GET goes."""
    matching = (
        route.methods for route in iter_route_contexts(request.app.routes) if route.matches(request.scope)[0] != Match.NONE
    )
    methods = set[str]().union(*(methods or () for methods in matching))
    return sorted(methods | {"HEAD"} if "GET" in methods else methods)


def _kind(status: int, otherwise: str) -> tuple[str, str]:
    return KINDS.get(status, (f"status-{status}", otherwise))


def unsettled(error: Overloaded | OutcomeUnknown) -> Response:
    """The answer to a command that was not carried out, or may not have been."""
    again = {"Retry-After": RETRY_SECONDS}
    if isinstance(error, Overloaded):
        return problem(503, "overloaded", "Too many commands are waiting. Nothing was done.", headers=again)
    detail = f"{error}. Send the request again with the same Idempotency-Key to learn its outcome."
    return problem(503, "outcome-unknown", detail, headers=again)


async def _unsettled(_: Request, error: Any) -> Response:
    return unsettled(error)


async def _unavailable(_: Request, error: Any) -> Response:
    log.warning("store unavailable", error=str(error))
    return problem(503, "unavailable", "The store does not answer.", headers={"Retry-After": RETRY_SECONDS})


async def _read_models_away(_: Request, error: Any) -> Response:
    # The error's text contains values of the query: log only its type.
    log.warning("read models unavailable", error=type(error).__name__)
    return problem(503, "unavailable", "The read models do not answer.", headers={"Retry-After": RETRY_SECONDS})


async def _no_space(request: Request, error: Any) -> Response:
    """A full disk, while an upload is received or a large answer is collected. Any other OSError is unexpected."""
    if error.errno not in FULL:
        return await _unexpected(request, error)
    log.error("no space", path=request.url.path)
    return problem(507, KINDS[507][0], "There is not enough free space on the server for this. Nothing was recorded.")


async def _gone(*_: Any) -> Response:
    """The client left in the middle of its body. Nobody reads the answer, and clients must not be able to fill the log."""
    return problem(400, *KINDS[400])


async def _unexpected(request: Request, error: Any) -> Response:
    log.error("unexpected error", path=request.url.path, error=type(error).__name__, exc_info=error)
    return problem(500, "unexpected", "The server failed unexpectedly. Nothing was recorded.", title="Unexpected error")

"""Answers requests by what FastAPI has prepared for a route, without what no route here uses.

FastAPI prepares each route: which dependencies it has, which parameters they take, and how the body is checked. At each request
it then also provides for dependencies that end after the answer, for overrides, forms, mounted applications and telemetry. That
is half of the loop's work for a command. Here a route is solved by the same parts, in the same order, with the same checks and
errors, and nothing else. A route that uses anything else is left to FastAPI, see `answers_directly`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from inspect import isasyncgenfunction, iscoroutinefunction, isgeneratorfunction
from typing import Any

from fastapi import Request, Response
from fastapi._compat import Undefined
from fastapi.dependencies.models import Dependant
from fastapi.dependencies.utils import request_body_to_args, request_params_to_args
from fastapi.exceptions import RequestValidationError
from fastapi.params import Form
from fastapi.routing import APIRoute
from starlette.concurrency import run_in_threadpool
from starlette.types import ASGIApp, Receive, Scope, Send

Handle = Callable[[Request], Awaitable[Response]]
Values = dict[str, Any]
Errors = list[Any]

UNUSED = (
    "websocket_param_name",
    "http_connection_param_name",
    "response_param_name",
    "background_tasks_param_name",
    "security_scopes_param_name",
    "cookie_params",
    "concurrency",
)
"""What a part of a route cannot have here."""
RESPONSES = (Response, "Response", "StreamingResponse")


class Part:
    """A dependency, or the endpoint itself: it calls `call` with its parameters and with what its own dependencies return."""

    def __init__(self, dependant: Dependant, embed: bool = False) -> None:
        self.call: Callable[..., Any] = dependant.call  # type: ignore[assignment] # FastAPI always sets it
        self.name, self._use_cache, self._embed = dependant.name, dependant.use_cache, embed
        self._is_coroutine = iscoroutinefunction(self.call)
        self._parts = [Part(part) for part in dependant.dependencies]
        self._in_path, self._in_query, self._in_headers = (
            dependant.path_params,
            dependant.query_params,
            dependant.header_params,
        )
        self._body, self._request = dependant.body_params, dependant.request_param_name

    async def solve(self, request: Request, body: Any, known: dict[Any, Any]) -> tuple[Values, Errors]:
        """The values to call it with, and what is wrong in the request. `known` has results of dependencies by their call."""
        values: Values = {}
        errors: Errors = []
        for part in self._parts:
            given, wrong = await part.solve(request, body, known)
            if wrong:
                errors += wrong
                continue
            result = await part.result(given, known)
            if part.name is not None:
                values[part.name] = result
        if self._in_path:
            _add(values, errors, request_params_to_args(self._in_path, request.path_params))
        if self._in_query:
            _add(values, errors, request_params_to_args(self._in_query, request.query_params))
        if self._in_headers:
            _add(values, errors, request_params_to_args(self._in_headers, request.headers))
        if self._body:
            _add(values, errors, await request_body_to_args(self._body, body, self._embed))
        if self._request is not None:
            values[self._request] = request
        return values, errors

    async def result(self, values: Values, known: dict[Any, Any]) -> Any:
        """What the call returns; if another part of the same route has called it already, what it returned then."""
        if self._use_cache and self.call in known:
            return known[self.call]
        called = self.call(**values) if self._is_coroutine else run_in_threadpool(self.call, **values)
        result = known[self.call] = await called
        return result


def answers_directly(route: APIRoute) -> bool:
    """Whether the route uses nothing else than what is here. Its endpoint returns a response of its own."""
    returns = route.endpoint.__annotations__.get("return")
    is_form = route.body_field is not None and isinstance(route.body_field.field_info, Form)
    return iscoroutinefunction(route.endpoint) and returns in RESPONSES and not is_form and _is_plain(route.dependant)


def handler(route: APIRoute) -> Handle:
    """Answers a request to the route. The request has its body read, if the route has one, as `request.json()`."""
    endpoint = Part(route.dependant, route._embed_body_fields)
    has_body = route.body_field is not None

    async def handle(request: Request) -> Response:
        body = await request.json() if has_body and await request.body() else Undefined
        values, errors = await endpoint.solve(request, body, {})
        if errors:
            raise RequestValidationError(errors, body=body)
        response: Response = await endpoint.call(**values)
        return response

    return handle


def application(handle: Handle, request_class: type[Request]) -> ASGIApp:
    """The handler as an ASGI application. The application around it answers what is raised."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        response = await handle(request_class(scope, receive, send))
        await response(scope, receive, send)

    return app


def _add(values: Values, errors: Errors, found: tuple[Values, Errors]) -> None:
    values |= found[0]
    errors += found[1]


def _is_plain(dependant: Dependant) -> bool:
    ends_later = isgeneratorfunction(dependant.call) or isasyncgenfunction(dependant.call)
    if ends_later or any(getattr(dependant, name) for name in UNUSED):
        return False
    return all(map(_is_plain, dependant.dependencies))

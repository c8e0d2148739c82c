"""Requests are answered without FastAPI's machinery, as it would answer them: the same route, the same values and errors."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from typing import Annotated, Any
from urllib.parse import urlencode
from uuid import uuid4

import pytest
from fastapi import Depends, Request, Response
from fastapi.dependencies.utils import solve_dependencies
from hypothesis import given
from hypothesis import strategies as st
from starlette.exceptions import HTTPException
from starlette.routing import Match
from starlette.types import Message, Receive, Scope, Send

from api.app import DOCUMENTATION, OPERATED, ROUTERS
from api.shared.access import ROLES, Caller
from api.shared.direct import Part
from api.shared.routes import Route
from api.shared.table import SEGMENTS, Table
from domain.shared.events import Actor

ROUTES = [route for router in (*ROUTERS, *OPERATED, *DOCUMENTATION) for route in router.routes if isinstance(route, Route)]
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
EVERYTHING = Caller("k-1", frozenset().union(*ROLES.values()), Actor(type="api_key", id="k-1"))
BODIES: Sequence[Any] = ({}, {"name": 7, "occurred_at": "soon", "lines": [{}], "no such": 1}, [], "text")


def scope_of(method: str, path: str, query: Mapping[str, str] | None = None) -> Scope:
    text = urlencode(query or {}).encode()
    return {"type": "http", "method": method, "path": path, "query_string": text, "headers": [], "root_path": ""}


# The route


def first_that_matches(method: str, path: str) -> Route | int:
    """What a look at all routes in their order finds: a route, or the status of the answer."""
    matches = [(route, route.matches(scope_of(method, path))[0]) for route in ROUTES]
    full = [route for route, match in matches if match == Match.FULL]
    return full[0] if full else 405 if any(match == Match.PARTIAL for _, match in matches) else 404


def found_in(table: Table, method: str, path: str) -> Route | int:
    found = scope_of(method, path)
    answered: list[Route] = []

    async def note(scope: Scope, receive: Receive, send: Send) -> None:
        answered.append(scope["route"])

    async def receive() -> Message:
        raise AssertionError

    async def send(_: Message) -> None:
        raise AssertionError

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(Route, "handle", lambda self, scope, receive, send: note(scope, receive, send))
        try:
            asyncio.run(table(found, receive, send))
        except HTTPException as error:
            return error.status_code
    return answered[0]


TABLE = Table(ROUTES)
SEGMENT = st.sampled_from(["v1", "customers", "orders", "by", "shop", "batch", "docs", "health", "live", "", "x", str(uuid4())])
LIKE_A_ROUTE = st.sampled_from([route.path for route in ROUTES]).map(
    lambda path: "/".join(str(uuid4()) if "{" in segment else segment for segment in path.split("/"))
)
PATHS = st.one_of(st.lists(SEGMENT, max_size=SEGMENTS + 3).map(lambda segments: "/" + "/".join(segments)), LIKE_A_ROUTE)


@given(method=st.sampled_from(METHODS), path=PATHS)
def test_the_table_finds_what_a_look_at_all_routes_finds(method: str, path: str) -> None:
    assert found_in(TABLE, method, path) == first_that_matches(method, path)


def test_a_path_that_is_none_is_not_found() -> None:
    assert found_in(TABLE, "OPTIONS", "*") == 404


def test_a_route_that_the_table_cannot_place_is_refused() -> None:
    async def anything(tenant: str) -> Response:
        return Response(tenant)

    with pytest.raises(ValueError, match="must be literal"):
        Table([Route("/{tenant}/customers", anything, methods=["GET"])])


# Values and errors


def test_all_routes_are_answered_directly_but_those_that_receive_files_and_the_stream() -> None:
    assert all(route.dependant for route in ROUTES)
    assert {route.path for route in ROUTES if not route.direct} == {"/v1/imports", "/v1/events/stream"}


@pytest.mark.parametrize("id", ["0190a0e0-0000-7000-8000-000000000001", "no id"])
def test_each_route_finds_the_same_errors_as_fastapi(id: str) -> None:
    query = {
        "limit": "many",
        "after": "-1",
        "as_of": "?",
        "zone": "Nowhere",
        "cursor": "x" * 3000,
        "sort": "?",
        "archived": "?",
    }
    for route in ROUTES:
        assert route.dependant
        for body in BODIES if route.body_field is not None else BODIES[:1]:
            scope = scope_of("GET", route.path, query)
            scope["path_params"] = dict.fromkeys(route.param_convertors, id)
            assert asyncio.run(_errors(route, scope, body)), route.path


async def _errors(route: Route, scope: Scope, body: Any) -> bool:
    """Whether ours are theirs. Raises AssertionError if not. Both may raise the same error instead."""
    request = Request(scope)
    request.state.caller = EVERYTHING

    async def theirs() -> Any:
        async with AsyncExitStack() as stack:
            scope["fastapi_inner_astack"] = scope["fastapi_function_astack"] = stack
            embed = route._embed_body_fields
            given = {"dependant": route.dependant, "body": body, "async_exit_stack": stack, "embed_body_fields": embed}
            solved = await solve_dependencies(request=request, **given)
            return solved.values.keys(), repr(solved.errors)

    async def ours() -> Any:
        values, errors = await Part(route.dependant, route._embed_body_fields).solve(request, body, {})
        return values.keys(), repr(errors)

    assert await _result(ours) == await _result(theirs), route.path
    return True


async def _result(solve: Callable[[], Any]) -> Any:
    try:
        return await solve()
    except Exception as error:
        return type(error), str(error)


CALLS: list[str] = []


def shared() -> str:
    CALLS.append("shared")
    return "tea"


async def first(what: Annotated[str, Depends(shared)]) -> str:
    return f"first {what}"


async def of_both(one: Annotated[str, Depends(first)], what: Annotated[str, Depends(shared)]) -> Response:
    return Response(f"{one}, {what}")


async def lent() -> AsyncIterator[str]:
    yield "tea"


async def borrowed(what: Annotated[str, Depends(lent)]) -> Response:
    return Response(what)


async def injected(response: Response) -> Response:
    return response


async def plain() -> dict[str, str]:
    return {}


def test_a_dependency_of_two_others_is_called_once() -> None:
    CALLS.clear()
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def ask() -> None:
        await Route("/v1/tea", of_both, methods=["GET"]).app(scope_of("GET", "/v1/tea"), receive, send)

    asyncio.run(ask())
    assert (sent[1]["body"], CALLS) == (b"first tea, tea", ["shared"])


@pytest.mark.parametrize("endpoint", [borrowed, injected, plain])
def test_a_route_that_uses_what_is_left_out_is_left_to_fastapi(endpoint: Callable[..., Any]) -> None:
    route = Route("/v1/tea", endpoint, methods=["GET"], response_model=None)
    assert (route.built, route.direct) == (False, False)

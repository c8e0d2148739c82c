"""One command on every resource that a list's filters match: `POST /v1/{resource}/select`.

The list is read once. Then the command is run on each resource found, as a request of its own: by the same routes, under the
same permissions, each independent of the others. With an Idempotency-Key each has the key `<key>#<id>`: a repeat of the
request may find other resources, but does nothing to the same resource twice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from inspect import signature
from typing import Annotated, Any, Literal, NamedTuple, TypeAlias
from urllib.parse import urlencode

import msgspec
from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import StreamingResponse
from pydantic import Field, StringConstraints

from api.batch import ANSWER_SCHEMA, Asked, Line, answered, answers_of, inner
from api.customers import customer_views, feedback_views, interaction_views
from api.sales import deal_views, lead_views, order_views
from api.service import tasks, ticket_views
from api.shared import exporting, schemas
from api.shared.access import may
from api.shared.bounds import BATCH
from api.shared.commanding import OWN_REQUEST, idempotency_key
from api.shared.conditional import refuse_conditions
from api.shared.fields import DISTINCT, Body
from api.shared.lists import Lists
from api.shared.openapi import answers
from api.shared.problems import KINDS, Problem
from api.shared.reading import After
from api.shared.routes import Router
from api.shared.strict import StrictRoute

LIMIT = 10_000
"""How many resources one request may change."""

FILTERS = 50
"""How many filters a request may have. No list has more."""

ALONE = "erasure"
"""The command that cannot be undone. It needs a request for each resource."""

SELECTABLE: dict[str, Callable[..., Any]] = {
    "customers": customer_views.filtered,
    "orders": order_views.filtered,
    "tickets": ticket_views.filtered,
    "leads": lead_views.filtered,
    "deals": deal_views.filtered,
    "interactions": interaction_views.filtered,
    "feedback": feedback_views.filtered,
    "tasks": tasks.filtered,
}

router = Router(route_class=StrictRoute)


FilterValue: TypeAlias = Annotated[str, StringConstraints(max_length=200)] | bool | int


class ThenBody(Body):
    """The command to run on each resource, by its path below the resource: `tags`, `assignment`, `attributes`, `solution`."""

    method: Literal["POST", "PUT", "PATCH"] = "POST"
    path: Annotated[str, StringConstraints(max_length=200, pattern=r"^([a-z][a-z-]*(/[\w.-]+)*)?$")] = Field(examples=["tags"])
    body: Annotated[dict[str, Any], DISTINCT] = Field({}, examples=[{"tags": ["vip"]}])


class SelectBody(Body):
    """The filters of the list, and the command to run on each resource found. A dry run only returns the ids found."""

    filter: Annotated[dict[str, FilterValue], DISTINCT] = Field(max_length=FILTERS, examples=[{"owner": "agent-7"}])
    then: ThenBody
    dry_run: bool = False


class Found(NamedTuple):
    """The resources that a list's filters match, as of a position."""

    ids: list[str]
    position: str


FOUND = schemas.fields({"ids": {"type": "array", "items": schemas.ID}, "count": schemas.INTEGER, "position": schemas.INTEGER})
LINE = ANSWER_SCHEMA | {"required": [*ANSWER_SCHEMA["required"], "id"]}
RESPONSES = answers(FOUND, 415)
RESPONSES[200]["description"] = "One answer line for each resource, selected as of `Position`; for a dry run the ids found"
RESPONSES[200]["content"][exporting.NDJSON] = {"schema": LINE}


def _add_route(resource: str, known: frozenset[str]) -> None:
    async def select(request: Request, body: SelectBody, after: After) -> Response:
        """Run one command on every resource that the list's filters match, up to 10,000. The answers come line by line.

        All commands together may be as large as a batch: the command's body once for each resource.

        With an Idempotency-Key each resource has the key `<key>#<id>`. Erasure is not possible here: it needs a request for
        each resource.
        """
        filters = {name: str(value).lower() if isinstance(value, bool) else str(value) for name, value in body.filter.items()}
        _check(request, resource, body, filters, known)
        refuse_conditions(request, "A selection")
        idempotency_key(request)
        found = await _found(request, resource, filters, after)
        if isinstance(found, Response):
            return found
        then = msgspec.json.encode(body.then.body)
        headers = {"Position": found.position}
        if body.dry_run:
            result = {"ids": found.ids, "count": len(found.ids), "position": int(found.position)}
            return Response(msgspec.json.encode(result), 200, headers, "application/json")
        if len(found.ids) * len(then) > request.app.state.settings.body_limit:
            detail = f"{len(found.ids)} commands of {len(then)} bytes are larger than a batch may be: narrow the filters."
            raise Problem(413, KINDS[413][0], detail)
        lines = answers_of(request, _asked(resource, found.ids, body.then, then))
        return StreamingResponse(lines, 200, headers, exporting.NDJSON)

    name, needed = f"select_{resource}", [may(f"{resource}:write", BATCH), OWN_REQUEST]
    path = f"/v1/{resource}/select"
    router.post(path, name=name, tags=[resource], dependencies=needed, responses=RESPONSES)(select)


def _check(request: Request, resource: str, body: SelectBody, filters: dict[str, str], known: frozenset[str]) -> None:
    """Raises RequestValidationError for a filter that the list would not accept, and for a command that needs a request."""
    lists: Lists = request.app.state.lists
    route = lists.called(resource)
    errors = route.parameters.errors_in_body(filters, known, "filter") if route else []
    if body.then.path.startswith(ALONE):
        errors.append({"type": "alone", "loc": ("body", "then", "path"), "msg": "Erasure needs a request for each resource"})
    if errors:
        raise RequestValidationError(errors, body=body.model_dump())


async def _found(request: Request, resource: str, filters: dict[str, str], after: int) -> Found | Response:
    """The resources that the list finds for this caller, or the list's problem document. Raises Problem if too many match."""
    query = urlencode({**filters, "after": after, "fields": "id"})
    headers = [(b"accept", exporting.NDJSON.encode())]
    scope = inner(request, "GET", f"/v1/{resource}", query, headers, at_most=LIMIT + 1)
    answer = await answered(request.app, scope, b"", {})
    body = bytes(answer.get("body", b""))
    if answer["status"] != 200:
        return Response(body, answer["status"], media_type="application/problem+json")
    ids = [msgspec.json.decode(line)["id"] for line in body.splitlines()]
    if len(ids) > LIMIT:
        raise Problem(422, "too-many-selected", f"The filters match more than {LIMIT}: narrow them.")
    return Found(ids, answer["position"])


def _asked(resource: str, ids: list[str], then: ThenBody, body: bytes) -> Iterator[Asked]:
    for number, id in enumerate(ids, start=1):
        path = f"/v1/{resource}/{id}/{then.path}".rstrip("/")
        yield Asked({"line": number, "id": id}, msgspec.json.encode(Line(then.method, path, msgspec.Raw(body))), id)


for _resource, _filtered in SELECTABLE.items():
    _add_route(_resource, frozenset(signature(_filtered).parameters))

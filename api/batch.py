"""Many commands in one request: a line each, as a request of its own.

A line names method, path, body and, where wanted, the version it expects. It is answered as that request would be answered:
by the same route, under the same permissions. Lines reach the executor in their order and share its commits; each stands
alone, so a refused one stops nothing.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from typing import Any, Literal, NamedTuple
from urllib.parse import unquote

import msgspec
import structlog
from fastapi import Request, Response
from fastapi.responses import StreamingResponse
from starlette.types import Message, Scope

from api.shared import exporting
from api.shared.access import may
from api.shared.openapi import answers
from api.shared.problems import KINDS, Problem, problem
from api.shared.routes import Router
from api.shared.strict import AuthenticatedRoute

log = structlog.get_logger()

PATH = "/v1/batch"
LINES = 10_000
UNDER_WAY = 1_000
KEPT_HEADERS = (b"etag", b"position", b"location", b"retry-after")

Answer = dict[str, Any]

router = Router(tags=["batch"], route_class=AuthenticatedRoute)


class Line(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A request: `if_match` is what its header If-Match would say."""

    method: Literal["POST", "PUT", "PATCH", "DELETE"]
    path: str
    body: msgspec.Raw = msgspec.Raw()
    if_match: str | None = None


class Asked(NamedTuple):
    """A line as it came, how its answer names it, and its own part of the Idempotency-Key."""

    named: Answer
    text: bytes
    key: str


LINE_SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["method", "path"],
    "properties": {
        "method": {"enum": ["POST", "PUT", "PATCH", "DELETE"]},
        "path": {"type": "string", "examples": ["/v1/customers"]},
        "body": {"type": "object"},
        "if_match": {"type": ["string", "null"]},
    },
}
ANSWER_SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["line", "status"],
    "properties": {
        "line": {"type": "integer", "minimum": 1},
        "status": {"type": "integer"},
        "etag": {"type": "string"},
        "location": {"type": "string"},
        "body": {"type": "object", "description": "What the request is answered with: an id, or a problem."},
    },
}


@router.post(
    PATH,
    dependencies=[may("batches:send")],
    responses=answers({"type": "object"}, 415)
    | {200: {"description": "A line for each line", "content": {exporting.NDJSON: {"schema": ANSWER_SCHEMA}}}},
    openapi_extra={"requestBody": {"required": True, "content": {exporting.NDJSON: {"schema": LINE_SCHEMA}}}},
)
async def batch(request: Request) -> Response:
    """Up to 10,000 commands, one a line, answered line by line in their order. An empty line is passed over.

    With an Idempotency-Key, line 7 has the key `<key>#7`.
    """
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != exporting.NDJSON:
        raise Problem(415, "unsupported-media-type", f"The body is a command a line: send it as {exporting.NDJSON}.")
    lines = (await request.body()).split(b"\n")
    if len(lines) - (not lines[-1]) > LINES:
        raise Problem(413, KINDS[413][0], f"A batch has {LINES} lines at most.")
    asked = (Asked({"line": number}, text, str(number)) for number, text in enumerate(lines, start=1) if text.strip())
    return StreamingResponse(answers_of(request, asked), media_type=exporting.NDJSON)


async def answers_of(request: Request, lines: Iterable[Asked]) -> AsyncIterator[bytes]:
    """What became of each line, in their order, as NDJSON."""
    under_way: deque[asyncio.Task[Answer]] = deque()
    for asked in lines:
        queued = asyncio.Event()
        under_way.append(asyncio.create_task(_answer(request, asked, queued)))
        await queued.wait()
        if len(under_way) >= UNDER_WAY or under_way[0].done():
            yield _line(await under_way.popleft())
    for task in under_way:
        yield _line(await task)


def _line(answer: Answer) -> bytes:
    return msgspec.json.encode(answer) + b"\n"


async def _answer(request: Request, asked: Asked, queued: asyncio.Event) -> Answer:
    """The line's answer; `queued` is set when the next line may follow, at the latest when this one has ended."""
    try:
        line = msgspec.json.decode(asked.text, type=Line)
        return await answered(request.app, _scope(request, asked.key, line, queued), bytes(line.body), asked.named)
    except (msgspec.DecodeError, UnicodeError, ValueError, RecursionError) as error:
        response = problem(400, "malformed-line", f"The line is no command: {error}.")
        return {**asked.named, "status": response.status_code, "body": msgspec.Raw(bytes(response.body))}
    finally:
        queued.set()


def _scope(request: Request, key: str, line: Line, queued: asyncio.Event) -> Scope:
    """The line as a request by the same caller. Raises ValueError where it is none."""
    path, _, query = line.path.partition("?")
    if not path.startswith("/v1/") or path.startswith(PATH) or path.endswith("/select"):
        raise ValueError(f"path begins with /v1/, and is no {PATH} or selection, which are many commands")
    headers = [(b"content-type", b"application/json")] if line.body else []
    if line.if_match is not None:
        headers.append((b"if-match", line.if_match.encode("latin-1")))
    if known := request.headers.get("idempotency-key"):
        headers.append((b"idempotency-key", f"{known}#{key}".encode("latin-1")))
    return inner(request, line.method, path, query, headers, queued=queued)


def inner(request: Request, method: str, path: str, query: str, headers: list[tuple[bytes, bytes]], **state: Any) -> Scope:
    """A request within this one, by the same caller."""
    return {
        **{name: request.scope[name] for name in ("type", "asgi", "http_version", "scheme", "client", "server", "root_path")},
        "method": method,
        "path": unquote(path, errors="strict"),
        "raw_path": path.encode("ascii"),
        "query_string": query.encode("ascii"),
        "headers": headers,
        "state": {"caller": request.state.caller, **state},
    }


async def answered(app: Callable[..., Awaitable[None]], scope: Scope, body: bytes, named: Answer) -> Answer:
    """What the route that the request names answers with."""
    answer: Answer = {**named, "status": 500}
    said = bytearray()
    unread = [body]

    async def receive() -> Message:
        if not unread:
            # Nobody hangs up: an answer in pieces listens for it until it has ended.
            await asyncio.Event().wait()
        return {"type": "http.request", "body": unread.pop(), "more_body": False}

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            answer["status"] = message["status"]
            headers = dict(message["headers"])
            answer.update({name.decode(): headers[name].decode() for name in KEPT_HEADERS if name in headers})
        else:
            said.extend(message.get("body", b""))

    try:
        await app(scope, receive, send)
    except Exception:
        # It was answered with 500 before it was raised again; the other lines go on.
        log.exception("a request within a request failed", **named)
    return answer | ({"body": msgspec.Raw(bytes(said))} if said else {})

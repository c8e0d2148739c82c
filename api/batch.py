"""Many commands in one request: each line is a request of its own.

A line gives the method, the path, the body and, optionally, the expected version. The same route answers it under the same
permissions as a single request. Lines reach the executor in order and share its commits. Each succeeds or fails on its own:
a refused line does not stop the others.
"""

from __future__ import annotations

import asyncio
import json
from codecs import BOM_UTF8
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from typing import Any, Literal, NamedTuple
from urllib.parse import unquote

import msgspec
import structlog
from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import StreamingResponse
from starlette.types import Message, Scope

from api.shared import exporting
from api.shared.access import may
from api.shared.admission import PLACE
from api.shared.bounds import BATCH
from api.shared.commanding import OWN_REQUEST, idempotency_key
from api.shared.conditional import refuse_conditions
from api.shared.openapi import answers
from api.shared.problems import KINDS, Problem, misfit, problem
from api.shared.routes import Router
from api.shared.strict import AuthenticatedRoute
from api.shared.text_form import composed_texts

log = structlog.get_logger()

PATH = "/v1/batch"
LINES = 10_000
UNDER_WAY = 50
"""How many lines run at the same time. They end together with their commit, and other requests wait for so many answers."""
KEPT = ("type", "asgi", "http_version", "scheme", "client", "server", "root_path", PLACE)
"""What a request within a request has in common with the outer one; the place too, so that it needs no other one."""
KEPT_HEADERS = (b"etag", b"position", b"location", b"retry-after")

Answer = dict[str, Any]

router = Router(tags=["batch"], route_class=AuthenticatedRoute)


class Line(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A request. `if_match` and `if_none_match` are the values of these headers."""

    method: Literal["POST", "PUT", "PATCH", "DELETE"]
    path: str
    body: msgspec.Raw = msgspec.Raw()
    if_match: str | None = None
    if_none_match: str | None = None


class Asked(NamedTuple):
    """A line of the request body, the fields that identify its answer, and its suffix to the Idempotency-Key."""

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
        "if_none_match": {"type": ["string", "null"]},
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
        "body": {"type": "object", "description": "The answer to the request: an id, or a problem."},
    },
}


@router.post(
    PATH,
    dependencies=[may("batches:send", BATCH), OWN_REQUEST],
    responses=answers({"type": "object"}, 415)
    | {200: {"description": "One answer line for each request line", "content": {exporting.NDJSON: {"schema": ANSWER_SCHEMA}}}},
    openapi_extra={"requestBody": {"required": True, "content": {exporting.NDJSON: {"schema": LINE_SCHEMA}}}},
)
async def batch(request: Request) -> Response:
    """Run up to 10,000 commands, one per line. The answers come line by line, in the same order. Empty lines are skipped.

    With an Idempotency-Key, line 7 has the key `<key>#7`.
    """
    refuse_conditions(request, "A batch")
    idempotency_key(request)
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != exporting.NDJSON:
        raise Problem(415, "unsupported-media-type", f"The body must have one command per line: send it as {exporting.NDJSON}.")
    body = (await request.body()).removeprefix(BOM_UTF8)
    # Counted before they are split: a body of 8 MiB could have eight million.
    if body.count(b"\n") + (not body.endswith(b"\n")) > LINES:
        raise Problem(413, KINDS[413][0], f"A batch may have at most {LINES} lines.")
    lines = body.split(b"\n")
    asked = (Asked({"line": number}, text, str(number)) for number, text in enumerate(lines, start=1) if text.strip())
    return StreamingResponse(answers_of(request, asked), media_type=exporting.NDJSON)


async def answers_of(request: Request, lines: Iterable[Asked]) -> AsyncIterator[bytes]:
    """The result of each line, in order, as NDJSON. The caller has checked the Idempotency-Key."""
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
    """The answer to a line. `queued` is set when the next line may start, at the latest when this one has ended."""
    try:
        line = _read(asked.text)
        return await answered(request.app, _scope(request, asked.key, line, queued), bytes(line.body), asked.named)
    except (msgspec.DecodeError, UnicodeError, ValueError, RecursionError) as error:
        response = _no_text(asked.text) or problem(400, "malformed-line", f"The line is not a command: {error}.")
        return {**asked.named, "status": response.status_code, "body": msgspec.Raw(bytes(response.body))}
    finally:
        queued.set()


def _read(text: bytes) -> Line:
    """The line. Raises ValueError and msgspec.DecodeError."""
    line = msgspec.json.decode(text, type=Line)
    fields = msgspec.json.decode(text, type=dict[str, msgspec.Raw])
    # Each colon ends a name or is part of a value. If a name comes twice, the colon after it is one too many.
    if text.count(b":") != len(fields) + sum(bytes(value).count(b":") for value in fields.values()):
        raise ValueError("it has the same name twice")
    return line


def _no_text(line: bytes) -> Response | None:
    """What a single request would answer if a text in the line's body is no text. None if that is not what is wrong."""
    try:
        read = json.loads(line.decode(errors="surrogateescape"))
        composed_texts(read.get("body") if isinstance(read, dict) else None)
    except RequestValidationError as error:
        return misfit(error.errors(), error.body)
    except (ValueError, RecursionError):
        pass
    return None


def _scope(request: Request, key: str, line: Line, queued: asyncio.Event) -> Scope:
    """The line as a request by the same caller. Raises ValueError if its path is not one of the API."""
    if not line.path.isascii():
        raise ValueError("path must be percent-encoded, such as %C3%A4 for ä")
    path, _, query = line.path.partition("?")
    if not unquote(path, errors="strict").startswith("/v1/"):
        raise ValueError("path must begin with /v1/")
    headers = [(b"content-type", b"application/json")] if line.body else []
    for name, value in ((b"if-match", line.if_match), (b"if-none-match", line.if_none_match)):
        if value is not None:
            headers.append((name, value.encode("latin-1")))
    if known := request.headers.get("idempotency-key"):
        headers.append((b"idempotency-key", f"{known}#{key}".encode("latin-1")))
    return inner(request, line.method, path, query, headers, queued=queued)


def inner(request: Request, method: str, path: str, query: str, headers: list[tuple[bytes, bytes]], **state: Any) -> Scope:
    """The scope of a request within this one, by the same caller."""
    return {
        **{name: request.scope[name] for name in KEPT},
        "method": method,
        "path": unquote(path, errors="strict"),
        "raw_path": path.encode("ascii"),
        "query_string": query.encode("ascii"),
        "headers": headers,
        "state": {"caller": request.state.caller, **state},
    }


async def answered(app: Callable[..., Awaitable[None]], scope: Scope, body: bytes, named: Answer) -> Answer:
    """The answer of the route to the request."""
    answer: Answer = {**named, "status": 500}
    content = bytearray()
    unread = [body]

    async def receive() -> Message:
        if not unread:
            # A streamed answer waits here for the client's disconnect until the answer ends. This client never disconnects.
            await asyncio.Event().wait()
        return {"type": "http.request", "body": unread.pop(), "more_body": False}

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            answer["status"] = message["status"]
            headers = dict(message["headers"])
            answer.update({name.decode(): headers[name].decode() for name in KEPT_HEADERS if name in headers})
        else:
            content.extend(message.get("body", b""))

    try:
        await app(scope, receive, send)
    except Exception:
        # The framework has already answered with 500, then raised the error again. The other lines continue.
        log.exception("a request within a request failed", **named)
    return answer | ({"body": msgspec.Raw(bytes(content))} if content else {})

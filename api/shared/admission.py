"""Which requests are admitted: load is refused before it hurts, in microseconds, before anything of a request is read.

Each request takes a place in one of four lanes until its answer has ended. A full lane refuses without affecting the others
(bulkheads). A lane also refuses while the wait in it is too long, which by Little's law is the number of requests in
progress, divided by the rate at which they end. docs/decisions/0038 compares other rules.

A read that waits for a position (`?after=`) and a command whose body is on its way do no work, and step aside for that time.
A stream of events is a read until its answer begins; then `stream_limit` bounds it.
"""

from __future__ import annotations

import asyncio
import itertools
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple, TypeVar

import msgspec
from anyio import to_thread
from fastapi import Request
from prometheus_client import Counter, Gauge
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.shared.problems import KINDS, MEDIA_TYPE, Problem
from infra.memory import release_freed
from infra.settings import Settings

T = TypeVar("T")

progress_gauge = Gauge("recount_requests_in_progress", "Requests in progress, by lane.", ["lane"])
refused_counter = Counter("recount_requests_refused", "Requests refused because the lane was full or too slow.", ["lane"])

Answer = tuple[Message, Message]

OVERLOADED = "overloaded"
PROBES = frozenset({"/health/live", "/health/ready", "/metrics"})
"""Always admitted: they show the state of an overloaded process."""
STREAM = "/v1/events/stream"
REPORTS = "/v1/reports/"
BULK = ("/v1/batch", "/v1/imports", "/v1/operations/", "/v1/segment-models", "/v1/value-models")
BULK_BELOW = ("/select", "/members", "/touches")
"""The first and the last parts of the paths below which one request is many commands, or a long one."""
LARGE_BODY = 64 * 1024
"""Bytes of a body above which a command is bulk: then only a few large bodies at a time are in memory."""

BODIES = 4096
"""Commands whose bodies may be on their way at a time: with LARGE_BODY each, they hold 256 MiB in memory."""

_EXPORT = re.compile(rb"text/csv|application/x-ndjson", re.IGNORECASE)
_DIGITS = len(str(LARGE_BODY))

# Clients that were refused together should not come back together.
AGAIN = (1, 2, 3)
# Seconds before a refusal is sent. A client that does not wait for Retry-After is slowed down, and so takes little from others.
PAUSE = 0.1
# A rate is known after a window of so many seconds. The weight of what is older is halved in each.
WINDOW = 1.0
# This share of a lane's places is given without regard to the wait, so that a slow lane works on, and its rate is known.
ALWAYS = 4

PLACE = "recount.place"
"""The key of the request's place in its scope. A request within a request has the place of the outer one."""


class Lane:
    """The requests of one class: at most `limit` in progress, and none should take longer than `patience` seconds.

    `what` names them in a refusal. `patience` is None if the time does not depend on their number.
    """

    def __init__(
        self, name: str, what: str, limit: int, patience: float | None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.name, self.limit, self.in_progress = name, limit, 0
        self.detail = f"Too many {what} are in progress. Nothing was done."
        self._patience, self._clock = patience, clock
        self._always = max(1, limit // ALWAYS) if patience else limit
        self._since, self._ended = 0.0, 0.0
        self._counter = refused_counter.labels(name)
        self._refusals = itertools.cycle([_refusal(self.detail, seconds) for seconds in AGAIN])

    def enter(self) -> bool:
        """Takes a place, if there is one."""
        if self.in_progress >= self.limit or (self.in_progress >= self._always and self._is_slow()):
            return False
        self.enter_again()
        return True

    def enter_again(self) -> None:
        """Takes a place also if there is none: for a request that was admitted before."""
        if not self.in_progress:
            self._since, self._ended = self._clock(), 0.0
        self.in_progress += 1

    def leave(self, ended: int = 1) -> None:
        """Gives the place back. `ended` is 0 if the request goes on elsewhere."""
        self.in_progress -= 1
        self._ended += ended

    def wait(self) -> float:
        """The seconds that a request will probably take if it comes now; 0 if the lane is busy for less than a window."""
        busy = self._clock() - self._since
        if busy < WINDOW or not self.in_progress:
            return 0.0
        if busy > 2 * WINDOW:
            self._since += busy / 2
            busy, self._ended = busy / 2, self._ended / 2
        return self.in_progress * busy / max(self._ended, 1)

    def refusal(self) -> Answer:
        """The problem document, as ASGI sends it. Counts the refusal."""
        self.count_refusal()
        return next(self._refusals)

    def count_refusal(self) -> None:
        self._counter.inc()

    def _is_slow(self) -> bool:
        return self._patience is not None and self.wait() > self._patience


class Place:
    """The place of one request. It is given back once."""

    __slots__ = ("_given_back", "lane")

    def __init__(self, lane: Lane) -> None:
        self.lane, self._given_back = lane, False

    def give_back(self) -> None:
        if not self._given_back:
            self._given_back = True
            self.lane.leave()


class Lanes(NamedTuple):
    """The lanes of one process."""

    commands: Lane
    reads: Lane
    reports: Lane
    bulk: Lane
    waiting: Lane
    bodies: Lane

    def of(self, scope: Scope) -> Lane | None:
        """The lane of a request, by its head. None for a probe."""
        path: str = scope["path"]
        if scope["method"] in ("GET", "HEAD"):
            if path in PROBES:
                return None
            return self.reports if path.startswith(REPORTS) or _is_export(scope) else self.reads
        is_bulk = path.startswith(BULK) or path.endswith(BULK_BELOW) or _is_large(scope)
        return self.bulk if is_bulk else self.commands


def lanes(settings: Settings) -> Lanes:
    short, long = settings.wait_limit, settings.long_wait_limit
    return Lanes(
        Lane("commands", "commands", settings.command_limit, short),
        Lane("reads", "reads", settings.read_limit, short),
        Lane("reports", "reports and exports", settings.report_limit, long),
        Lane("bulk", "batches, imports and large requests", settings.bulk_limit, long),
        Lane("waiting", "reads that wait for a position", settings.after_limit, None),
        Lane("bodies", "commands whose body is on its way", BODIES, None),
    )


class Admission:
    """Gives each request a place, or refuses it. It is the outermost layer of the application."""

    def __init__(self, app: ASGIApp, lanes: Lanes) -> None:
        self._app, self._lanes = app, lanes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        lane = self._lanes.of(scope) if scope["type"] == "http" and PLACE not in scope else None
        if lane is None:
            await self._app(scope, receive, send)
        elif lane.enter():
            place = scope[PLACE] = Place(lane)
            try:
                await self._app(scope, receive, _until_streaming(place, send) if scope["path"] == STREAM else send)
            finally:
                place.give_back()
        else:
            await asyncio.sleep(PAUSE)
            for message in lane.refusal():
                await send(message)


def is_long(request: Request) -> bool:
    """Whether the request is in a lane whose requests may take long."""
    place: Place | None = request.scope.get(PLACE)
    lanes: Lanes = request.app.state.lanes
    return place is not None and place.lane in (lanes.reports, lanes.bulk)


async def in_its_thread(request: Request, read: Callable[..., T], *args: Any) -> T:
    """Runs `read` in one of the threads for requests of this length.

    Python runs one thread at a time: each further thread that computes makes commands slower, and no read faster.
    """
    state = request.app.state
    if is_long(request):
        return await to_thread.run_sync(_released, read, *args, limiter=state.reporting)
    return await to_thread.run_sync(read, *args, limiter=state.reading)


def _released(read: Callable[..., T], *args: Any) -> T:
    """Reads, and gives back the memory that this took."""
    try:
        return read(*args)
    finally:
        release_freed()


@contextmanager
def until_position(request: Request) -> Iterator[None]:
    """Inside the block, the request waits for a position. Raises Problem 503 if too many requests do."""
    with _aside(request.scope.get(PLACE), request.app.state.lanes.waiting):
        yield


@contextmanager
def until_body(request: Request) -> Iterator[None]:
    """Inside the block, the body is on its way. A client that sends it slowly takes no place among the commands from others.

    A request in bulk keeps its place: its body is large. Raises Problem 503 if too many bodies are on their way.
    """
    place: Place | None = request.scope.get(PLACE)
    if place is None or place.lane is not request.app.state.lanes.commands:
        yield
        return
    with _aside(place, request.app.state.lanes.bodies):
        yield


@contextmanager
def _aside(place: Place | None, waiting: Lane) -> Iterator[None]:
    """Inside the block, the request waits and does no work: it is in `waiting`, and others get its place."""
    if not waiting.enter():
        waiting.count_refusal()
        raise Problem(503, OVERLOADED, waiting.detail, {"Retry-After": str(AGAIN[0])})
    if place:
        place.lane.leave(ended=0)
    try:
        yield
    finally:
        waiting.leave()
        if place:
            place.lane.enter_again()


def _until_streaming(place: Place, send: Send) -> Send:
    async def begin(message: Message) -> None:
        place.give_back()
        await send(message)

    return begin


def _is_export(scope: Scope) -> bool:
    return any(name == b"accept" and _EXPORT.search(value) for name, value in scope["headers"])


def _is_large(scope: Scope) -> bool:
    """Whether the body is large, or its length is not known."""
    for name, value in scope["headers"]:
        if name == b"content-length":
            return not value.isdigit() or len(value) > _DIGITS or int(value) > LARGE_BODY
        if name == b"transfer-encoding":
            return True
    return False


def _refusal(detail: str, again: int) -> Answer:
    body = {"type": f"/problems/{OVERLOADED}", "title": KINDS[503][1], "status": 503, "detail": detail}
    content = msgspec.json.encode(body)
    headers = {"content-type": MEDIA_TYPE, "content-length": str(len(content)), "retry-after": str(again)}
    start = {"status": 503, "headers": [(name.encode(), value.encode()) for name, value in headers.items()]}
    return {"type": "http.response.start", **start}, {"type": "http.response.body", "body": content, "more_body": False}

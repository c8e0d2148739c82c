"""The log as it grows, as server-sent events: who was cut off goes on where they were, without loss or doubling."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from typing import Annotated, Any

import anyio
import msgspec
import structlog
from anyio import CapacityLimiter
from fastapi import Depends, Header, Query, Request
from fastapi.responses import StreamingResponse
from starlette.types import Message, Receive, Scope, Send

from api.operations.events import Position, criteria
from api.shared.access import Caller, may, presented
from api.shared.openapi import EVERYWHERE, POSITION
from api.shared.problems import RETRY_SECONDS, Problem
from api.shared.reading import LARGEST_POSITION
from api.shared.routes import Router
from commands.shared.commit import StoreUnavailable
from infra.event_store.search import Criteria, search, shown
from infra.event_store.store import EventStore

log = structlog.get_logger()

router = Router(prefix="/v1/events", tags=["events"])

# Seconds between two looks at the log, and after which a silent stream says that it lives.
POLL, HEARTBEAT = 0.2, 15.0
# Seconds that a consumer may take for what was sent, before they are cut off.
PATIENCE = 30.0
READERS = 2

DESCRIPTION = "Events in position order, each as `id: <position>` and `data: <the event>`; `:` lines say that it lives."
STREAMED: dict[int | str, dict[str, Any]] = {
    200: {
        "description": DESCRIPTION,
        "content": {"text/event-stream": {"schema": {"type": "string"}}},
        "headers": {"Position": POSITION},
    },
    **EVERYWHERE,
}


class Streams:
    """The streams of this process: so many at once, and one look at the log's head for all of them.

    Only reading a portion takes a thread and a connection; between two portions a stream holds neither.
    """

    def __init__(self, store: EventStore, limit: int) -> None:
        self.ending = False
        self._store, self._limit, self._open = store, limit, 0
        self._readers = CapacityLimiter(READERS)
        self._looked: tuple[float, asyncio.Task[int]] | None = None

    @contextmanager
    def one(self) -> Iterator[None]:
        """Raises Problem 503 where there are as many as there may be."""
        if self.ending or self._open >= self._limit:
            detail = f"There may be {self._limit} streams at once."
            raise Problem(503, "too-many-streams", detail, {"Retry-After": RETRY_SECONDS})
        self._open += 1
        try:
            yield
        finally:
            self._open -= 1

    def end(self) -> None:
        """Every stream ends at its next look. May be called from any thread."""
        self.ending = True

    async def head(self) -> int:
        """The last position, as of at most `POLL` ago. Raises StoreUnavailable."""
        now = time.monotonic()
        if self._looked is None or self._looked[0] < now:
            self._looked = now + POLL / 2, asyncio.create_task(anyio.to_thread.run_sync(self._store.head))
        return await asyncio.shield(self._looked[1])

    async def portion(self, wanted: Criteria, after: int, upto: int, personal: bool) -> tuple[int, bytes]:
        """How far the next portion reaches, and what it holds that is wanted, as it is sent. Raises StoreUnavailable."""
        return await anyio.to_thread.run_sync(self._portion, wanted, after, upto, personal, limiter=self._readers)

    def _portion(self, wanted: Criteria, after: int, upto: int, personal: bool) -> tuple[int, bytes]:
        reached, found = next(search(self._store, wanted, after, upto))
        events = shown(self._store, found, personal)
        return reached, b"".join(b"id: %d\ndata: %b\n\n" % (one["position"], msgspec.json.encode(one)) for one in events)


class Live(StreamingResponse):
    """Takes one of the streams while it is sent, and gives it back however it ends."""

    media_type = "text/event-stream"

    def __init__(self, streams: Streams, content: AsyncIterator[bytes], start: int) -> None:
        super().__init__(content, headers={"Position": str(start), "Cache-Control": "no-store", "X-Accel-Buffering": "no"})
        self._streams = streams

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def patient(message: Message) -> None:
            with anyio.fail_after(PATIENCE):
                await send(message)

        with self._streams.one():
            try:
                await super().__call__(scope, receive, patient)
            except TimeoutError:
                log.warning("event stream cut off", reason=f"nothing was taken for {PATIENCE:g} s")


@router.get("/stream", status_code=200, responses=STREAMED, response_class=Live)
async def stream(
    request: Request,
    caller: Annotated[Caller, may("events:read")],
    wanted: Annotated[Criteria, Depends(criteria)],
    after: Annotated[Position, Query(description="Only events after this position; without it, those to come.")] = None,
    upto: Annotated[Position, Query(description="The stream ends when it has reached this position.")] = None,
    last_event_id: Annotated[
        int | None,
        Header(alias="Last-Event-ID", ge=0, le=LARGEST_POSITION, description="The last id that came; goes before `after`."),
    ] = None,
) -> Live:
    """The log as it grows, as server-sent events. Filters as in `GET /v1/events`."""
    streams: Streams = request.app.state.streams
    start = last_event_id if last_event_id is not None else after
    if start is None:
        start = await streams.head()
    return Live(streams, _told(request, streams, wanted, start, upto), start)


async def _told(request: Request, streams: Streams, wanted: Criteria, reached: int, upto: int | None) -> AsyncIterator[bytes]:
    """What is sent. An id without data tells nothing, but is what a consumer who is cut off comes back with."""
    yield b"retry: 1000\nid: %d\n\n" % reached
    spoken = time.monotonic()
    try:
        while not streams.ending and (upto is None or reached < upto):
            # Asked anew: a key that was revoked reads nothing more.
            caller = await presented(request)
            if caller is None or not caller.may("events:read"):
                return
            head = await streams.head()
            end = head if upto is None else min(head, upto)
            if reached < end:
                reached, events = await streams.portion(wanted, reached, end, caller.may("personal:read"))
            else:
                events = b""
                await asyncio.sleep(POLL)
            if not events and time.monotonic() - spoken >= HEARTBEAT:
                events = b": alive\nid: %d\n\n" % reached
            if events:
                yield events
                spoken = time.monotonic()
        yield b"id: %d\n\n" % reached
    except StoreUnavailable as error:
        log.warning("event stream ended", error=str(error))

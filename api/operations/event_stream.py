"""The log as it grows, as server-sent events. After a disconnect a client continues: no event is lost or sent twice."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from typing import Annotated, Any, NamedTuple

import anyio
import structlog
from anyio import CapacityLimiter
from fastapi import Depends, Header, Query, Request
from fastapi.responses import StreamingResponse
from starlette.types import Message, Receive, Scope, Send

from api.operations.events import Position, criteria
from api.shared.access import Caller, may, presented
from api.shared.bounds import SEARCH
from api.shared.openapi import EVERYWHERE, POSITION
from api.shared.problems import RETRY_SECONDS, Problem
from api.shared.reading import LARGEST_POSITION, Sentences, within_the_log
from api.shared.routes import Router
from commands.shared.commit import StoreUnavailable
from infra.event_store.search import Criteria, search
from infra.event_store.showing import lines
from infra.event_store.store import EventStore

log = structlog.get_logger()

router = Router(prefix="/v1/events", tags=["events"])

# Seconds between two reads of the log's head, and seconds without an event after which a stream sends a heartbeat.
POLL, HEARTBEAT = 0.2, 15.0
# Seconds that a client may take to receive one message. After that it is disconnected.
PATIENCE = 30.0
READERS = 2

DESCRIPTION = (
    "Events in position order, each as `id: <position>` and `data: <the event>`. Lines that begin with `:` are heartbeats."
)
STREAMED: dict[int | str, dict[str, Any]] = {
    200: {
        "description": DESCRIPTION,
        "content": {"text/event-stream": {"schema": {"type": "string"}}},
        "headers": {"Position": POSITION},
    },
    **EVERYWHERE,
}


class Asked(NamedTuple):
    """What a stream sends: the wanted events, each with a sentence if `sentences` is true."""

    wanted: Criteria
    sentences: bool = False


class Streams:
    """The streams of this process. Their number is limited, and they share one read of the log's head.

    A stream needs a thread and a connection only while it reads a portion; between two portions it holds neither.
    """

    def __init__(self, store: EventStore, limit: int) -> None:
        self.ending = False
        self._store, self._limit, self._open = store, limit, 0
        self._readers = CapacityLimiter(READERS)
        self._looked: tuple[float, asyncio.Task[int]] | None = None

    @contextmanager
    def one(self) -> Iterator[None]:
        """Takes one of the streams. Raises Problem 503 if the limit is reached."""
        if self.ending:
            raise Problem(503, "ending", "This server ends.", {"Retry-After": RETRY_SECONDS})
        if self._open >= self._limit:
            detail = f"The limit of {self._limit} streams at a time is reached."
            raise Problem(503, "too-many-streams", detail, {"Retry-After": RETRY_SECONDS})
        self._open += 1
        try:
            yield
        finally:
            self._open -= 1

    def end(self) -> None:
        """Ends every stream at its next read of the log. May be called from any thread."""
        self.ending = True

    async def head(self) -> int:
        """The last position, as of at most `POLL` ago. Raises StoreUnavailable."""
        now = time.monotonic()
        if self._looked is None or self._looked[0] < now:
            self._looked = now + POLL / 2, asyncio.create_task(anyio.to_thread.run_sync(self._store.head))
        return await asyncio.shield(self._looked[1])

    async def portion(self, asked: Asked, after: int, upto: int, personal: bool) -> tuple[int, bytes]:
        """The position that the next portion reaches, and its wanted events as they are sent. Raises StoreUnavailable."""
        return await anyio.to_thread.run_sync(self._portion, asked, after, upto, personal, limiter=self._readers)

    def _portion(self, asked: Asked, after: int, upto: int, personal: bool) -> tuple[int, bytes]:
        reached, found = next(search(self._store, asked.wanted, after, upto))
        texts = lines(self._store, found, personal, sentences=asked.sentences).splitlines()
        return reached, b"".join(b"id: %d\ndata: %b\n\n" % (one.position, text) for one, text in zip(found, texts, strict=True))


class Live(StreamingResponse):
    """Occupies one of the streams while it sends. Releases the stream at its end, also after an error."""

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
                log.warning("event stream cut off", reason=f"the client received nothing for {PATIENCE:g} s")


@router.get("/stream", status_code=200, responses=STREAMED, response_class=Live)
async def stream(
    request: Request,
    caller: Annotated[Caller, may("events:read", SEARCH)],
    wanted: Annotated[Criteria, Depends(criteria)],
    after: Annotated[Position, Query(description="Only events after this position; without it, only new events.")] = None,
    upto: Annotated[Position, Query(description="The stream ends after this position.")] = None,
    sentences: Sentences = False,
    last_event_id: Annotated[
        int | None,
        Header(
            alias="Last-Event-ID",
            ge=0,
            le=LARGEST_POSITION,
            description="The last id received; overrides `after`.",
        ),
    ] = None,
) -> Live:
    """Stream the log as it grows, as server-sent events. The filters are those of `GET /v1/events`.

    A start that the log does not have is refused with 422.
    """
    streams: Streams = request.app.state.streams
    start = last_event_id if last_event_id is not None else after
    if start is None:
        start = await streams.head()
    elif start > await streams.head():
        # Another process may have recorded this event a moment ago.
        within_the_log(start, await anyio.to_thread.run_sync(request.app.state.store.head))
    return Live(streams, _sent(request, streams, Asked(wanted, sentences), start, upto), start)


async def _sent(request: Request, streams: Streams, asked: Asked, reached: int, upto: int | None) -> AsyncIterator[bytes]:
    """The content of the stream. An id without data is not an event: it only sets the id that a client sends to reconnect."""
    yield b"retry: 1000\nid: %d\n\n" % reached
    last_sent = time.monotonic()
    try:
        while not streams.ending and (upto is None or reached < upto):
            # Check the key each time, so that a revoked key reads nothing more.
            caller = await presented(request)
            if caller is None or not caller.may("events:read"):
                return
            head = await streams.head()
            end = head if upto is None else min(head, upto)
            if reached < end:
                reached, events = await streams.portion(asked, reached, end, caller.may("personal:read"))
            else:
                events = b""
                await asyncio.sleep(POLL)
            if not events and time.monotonic() - last_sent >= HEARTBEAT:
                events = b": alive\nid: %d\n\n" % reached
            if events:
                yield events
                last_sent = time.monotonic()
        yield b"id: %d\n\n" % reached
    except StoreUnavailable as error:
        log.warning("event stream ended", error=str(error))

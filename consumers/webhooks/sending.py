"""Sends events to the receiver of a webhook, and writes down how each try ended.

Receivers share a limited number of connections and of threads that look names up, and take turns. Receivers that fail or are
slow have their own, smaller share, so however many of them there are, the others do not wait for them.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from datetime import datetime, timedelta
from typing import NamedTuple, Self
from uuid import UUID

import structlog
from prometheus_client import Counter
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from commands.shared.commit import StoreUnavailable, Unreadable
from consumers.webhooks.subscriber import Batch, Subscriber
from domain.operations.webhook import Redelivery, Webhook
from domain.shared.aggregate import replayed
from infra.event_store.mapper import Stored
from infra.event_store.store import EventStore
from infra.read_models import attempts, deliveries
from infra.read_models.attempts import Attempt, Kind
from infra.read_models.database import ReadModels
from infra.read_models.deliveries import Delivery
from infra.read_models.positions import Superseded
from infra.webhooks.addresses import Reach
from infra.webhooks.message import message, message_id
from infra.webhooks.receiver import Undelivered, reached, resolver
from infra.webhooks.signing import secrets_of

CONNECTIONS, DOUBTFUL_CONNECTIONS = 200, 50
RESOLVERS, DOUBTFUL_RESOLVERS = 16, 4
TURN_SECONDS = 2.0
"""After so long it is the next receiver's turn, even if there is more to send."""
SLOW_SECONDS = 1.0
"""A receiver that needs longer for an event is slow."""
DAMAGED = "The webhook's events or its key are damaged."
LONGEST_BACKOFF = timedelta(hours=1)
# After these errors it is not known what was read or saved. The events are sent again later.
DOUBT = (StoreUnavailable, DBAPIError, TimeoutError)
PRUNED = 100
"""After so many tries of a webhook, its oldest ones are deleted."""

log = structlog.get_logger()
sent = Counter("recount_webhook_deliveries_total", "Events sent to webhooks, by outcome.", ["end"])


class Lane(NamedTuple):
    """Connections, and threads that look names up."""

    slots: asyncio.Semaphore
    resolving: Executor


class Sending:
    """Belongs to one event loop, and is closed with it."""

    def __init__(
        self,
        store: EventStore,
        read_models: ReadModels,
        reach: Reach,
        holder: UUID,
        clock: Callable[[], datetime],
        holds: Callable[[], bool],
    ) -> None:
        self._store, self._read_models, self._reach, self._holder, self._clock = store, read_models, reach, holder, clock
        self._holds = holds
        self._quick = Lane(asyncio.Semaphore(CONNECTIONS), resolver(RESOLVERS))
        self._doubtful = Lane(asyncio.Semaphore(DOUBTFUL_CONNECTIONS), resolver(DOUBTFUL_RESOLVERS))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for lane in (self._quick, self._doubtful):
            lane.resolving.shutdown(wait=False, cancel_futures=True)

    async def refresh(self, one: Subscriber) -> bool:
        """Reads the webhook again from its own stream, which is never behind. Returns whether events are sent to it now."""
        await asyncio.to_thread(self._refresh, one)
        return one.active

    def fail(self, delivery: Delivery, version: int, reason: str) -> None:
        """Writes down why nothing can be sent to this webhook, and when it is tried again."""
        failed = _failed(delivery, version, reason, self._clock())
        with self._read_models.writer.begin() as connection:
            deliveries.fail(connection, failed, self._holder)
        _warn(failed)

    async def finish(self, one: Subscriber, redelivery: Redelivery) -> None:
        """Writes down that the redelivery is done."""
        await asyncio.to_thread(self._finish, one, redelivery)

    async def send(self, one: Subscriber, batch: Batch) -> bool:
        """Sends the events of the batch for as long as the turn is. Returns whether the receiver accepted all that was sent.

        Sends nothing if the webhook has changed. Raises Superseded, Unreadable and the errors of the store and the database.
        """
        lane, version = self._doubtful if one.doubtful else self._quick, one.webhook.version
        async with lane.slots:
            try:
                secrets = await asyncio.to_thread(self._refresh, one)
            except Undelivered as error:
                await asyncio.to_thread(self._fail, one, batch, batch.events[0], error, 0)
                return False
            if not one.active or secrets is None:
                return False
            return one.webhook.version != version or await self._send(one, batch, secrets, lane)

    async def _send(self, one: Subscriber, batch: Batch, secrets: Sequence[bytes], lane: Lane) -> bool:
        events, begin = deque(batch.events), time.monotonic()
        at = begin
        try:
            async with reached(one.subscription.url, self._reach, lane.resolving) as receiver:
                while events and at - begin < TURN_SECONDS:
                    body = await asyncio.to_thread(self._body, one, batch, events[0])
                    if body is None:
                        return True
                    status = await receiver.post(message(secrets, message_id(one.id, events[0].position), body))
                    seconds, at = time.monotonic() - at, time.monotonic()
                    one.doubtful = seconds > SLOW_SECONDS
                    await asyncio.to_thread(self._accept, one, batch, events.popleft(), status, seconds)
        except Undelivered as error:
            one.doubtful = True
            await asyncio.to_thread(self._fail, one, batch, events[0], error, time.monotonic() - at)
            return False
        return True

    def _body(self, one: Subscriber, batch: Batch, event: Stored) -> bytes | None:
        """The event as it is sent; None if the webhook has changed, so that what was paused or removed is sent nothing more.

        Raises Undelivered if the event cannot be shown, Superseded if another process may deliver now, and the errors in DOUBT.
        """
        if not self._holds():
            raise Superseded("another process may deliver now")
        try:
            if self._changed(one):
                return None
            return batch.portion.body(self._store, event, one.subscription.personal)
        except DOUBT:
            raise
        except Exception as error:
            raise Undelivered(f"The event cannot be shown: {type(error).__name__}.") from error

    def _refresh(self, one: Subscriber) -> Sequence[bytes] | None:
        """Reads the webhook's state, and its secrets that are valid now.

        Raises Unreadable if its events are damaged, and Undelivered if its key is.
        """
        # A webhook may have thousands of events. They are read again only if there are new ones.
        if self._changed(one):
            one.become(replayed(Webhook, one.id, self._store.streams([one.id]).get(one.id, ())))
        try:
            return secrets_of(self._store, one.id, one.webhook.secret_ids(self._clock()))
        except Unreadable:
            raise Undelivered(DAMAGED) from None

    def _changed(self, one: Subscriber) -> bool:
        return self._store.version(one.id) != one.webhook.version

    def _accept(self, one: Subscriber, batch: Batch, event: Stored, status: int, seconds: float) -> None:
        with self._read_models.writer.begin() as connection:
            if batch.redelivery:
                deliveries.redeliver(connection, one.id, self._holder, one.delivery.redelivered, event.position)
            else:
                deliveries.advance(connection, one.id, self._holder, event.position)
            self._keep(connection, one, self._attempt(one, batch, event, status, seconds))
        one.accepted(event, batch.redelivery)
        sent.labels("delivered").inc()

    def _fail(self, one: Subscriber, batch: Batch, event: Stored, error: Undelivered, seconds: float) -> None:
        failed = _failed(one.delivery, one.webhook.version, str(error), self._clock())
        attempt = self._attempt(one, batch, event, error.status, seconds)
        with self._read_models.writer.begin() as connection:
            deliveries.fail(connection, failed, self._holder)
            self._keep(connection, one, attempt._replace(error=failed.last_error, next_try=failed.due))
        one.delivery = failed
        sent.labels("failed").inc()
        _warn(failed)

    def _finish(self, one: Subscriber, redelivery: Redelivery) -> None:
        with self._read_models.writer.begin() as connection:
            deliveries.redeliver(connection, one.id, self._holder, redelivery.number, 0)
        one.redelivered(redelivery)

    def _attempt(self, one: Subscriber, batch: Batch, event: Stored, status: int | None, seconds: float) -> Attempt:
        kind: Kind = "redelivery" if batch.redelivery else "event"
        id, now = message_id(one.id, event.position), self._clock()
        return Attempt(one.id, kind, id, event.position, now, status, round(seconds * 1000))

    @staticmethod
    def _keep(connection: Connection, one: Subscriber, attempt: Attempt) -> None:
        attempts.keep(connection, attempt)
        one.tries += 1
        if one.tries % PRUNED == 0:
            attempts.prune(connection, one.id)


def _warn(failed: Delivery) -> None:
    log.warning("webhook.undelivered", webhook=str(failed.webhook_id), failures=failed.failures, reason=failed.last_error)


def _failed(before: Delivery, version: int, reason: str, now: datetime) -> Delivery:
    """Counts one more failure. The count restarts at one after a change of the webhook or after an accepted event.

    The wait doubles up to LONGEST_BACKOFF. It is up to a quarter shorter, so that receivers that fell together are not called
    together.
    """
    again = before.failures if before.version == version else 0
    backoff = min(LONGEST_BACKOFF, timedelta(seconds=2 ** min(again, 20))) * random.uniform(0.75, 1)  # noqa: S311
    since = min(before.failing_since or now, now) if again else now
    return before._replace(version=version, failures=again + 1, failing_since=since, due=now + backoff, last_error=reason)

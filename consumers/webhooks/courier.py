"""Delivers events to webhooks. Each webhook follows the log separately, in the order of position, from its registration on.

The position is saved after the receiver has accepted an event. So after a crash in between, the event is sent again under the
same id, and no event is lost. One reader reads the log for all webhooks (`window.py`); each webhook has its own position, turn
and back-off. So a receiver that is slow or down holds up only its own webhook.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from uuid import UUID

import structlog
from prometheus_client import Gauge
from sqlalchemy.exc import DBAPIError

from commands.shared.commit import Unreadable
from consumers.webhooks.sending import DAMAGED, DOUBT, Sending
from consumers.webhooks.subscriber import Subscriber, next_again, next_new
from consumers.webhooks.window import Portion, Window
from domain.operations.webhook import Webhook
from domain.shared.aggregate import replayed
from domain.shared.ids import new_id
from infra.event_store.store import EventStore
from infra.read_models import attempts, deliveries
from infra.read_models.database import ReadModels
from infra.read_models.deliveries import Delivery
from infra.read_models.lease import always
from infra.read_models.positions import Superseded
from infra.webhooks.addresses import PUBLIC, Reach
from projections.operations import webhooks
from projections.operations.webhooks import Active

PAUSE_SECONDS = 0.5
# The pause of all webhooks after an error in DOUBT. A receiver never causes such an error.
RETRY_SECONDS = 5.0
HELD = timedelta(seconds=30)
"""How long a process holds a webhook. It extends the time when half of it has passed."""
SAVED = timedelta(seconds=5)
"""So often are the positions saved that webhooks reached without an event to send."""
EXPIRED = timedelta(hours=1)
"""So often are old entries deleted from the log of deliveries."""

log = structlog.get_logger()
lag = Gauge("recount_webhook_lag", "Head of the log minus the position that a webhook has reached.", ["webhook"])
failures = Gauge("recount_webhook_failures", "Failed deliveries of a webhook since the last accepted event.", ["webhook"])


class Courier:
    """Delivers to all webhooks that no other process holds; there is one per process.

    It sends nothing while `holds` is false: then another process may deliver, even if this one was frozen and does not know.
    """

    def __init__(
        self,
        store: EventStore,
        read_models: ReadModels,
        reach: Reach = PUBLIC,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        holds: Callable[[], bool] = always,
    ) -> None:
        self._store, self._read_models, self._reach, self._clock = store, read_models, reach, clock
        self._holds = holds
        self._holder = new_id()
        self._stopping = threading.Event()
        self._held: dict[UUID, Subscriber] = {}
        self._under_way: dict[UUID, asyncio.Task[None]] = {}
        self._saved = self._expired = datetime.min.replace(tzinfo=UTC)

    def run(self) -> None:
        """Runs until it is stopped. Failures are retried. This is for the only process that delivers.

        So it first takes all webhooks, and does not wait for a process that was killed or frozen before it let them go.
        """
        asyncio.run(self._run())

    def stop(self) -> None:
        """Ends immediately; unanswered events are sent again later. May be called from any thread."""
        self._stopping.set()

    def deliver(self) -> None:
        """Delivers to every webhook the events that are due now."""
        asyncio.run(self._deliver())

    async def _deliver(self) -> None:
        with self._sender():
            await self._look()
            await asyncio.gather(*self._under_way.values())
            await asyncio.to_thread(self._save)

    async def _run(self) -> None:
        begun = False
        with self._sender():
            while not self._stopping.is_set():
                try:
                    if not begun:
                        await asyncio.to_thread(deliveries.release, self._read_models)
                        begun = True
                    await self._look()
                    pause = PAUSE_SECONDS
                except DOUBT as error:
                    log.warning("webhooks.doubt", error=type(error).__name__, reason=str(error))
                    pause = RETRY_SECONDS
                await asyncio.to_thread(self._stopping.wait, pause)
            await self._end()

    def _sender(self) -> Sending:
        """Makes what belongs to one event loop, inside that loop."""
        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(thread_name_prefix="webhooks"))
        self._window = Window(self._store)
        self._sending = Sending(self._store, self._read_models, self._reach, self._holder, self._clock, self._holds)
        return self._sending

    async def _end(self) -> None:
        for task in self._under_way.values():
            task.cancel()
        await asyncio.gather(*self._under_way.values(), return_exceptions=True)
        try:
            await asyncio.to_thread(self._save)
            await asyncio.to_thread(deliveries.let_go, self._read_models, self._holder)
        except DBAPIError as error:
            log.warning("webhooks.doubt", error=type(error).__name__, reason=str(error))

    async def _look(self) -> None:
        """Starts a task for every webhook that is behind, due, and has no task."""
        self._under_way = {id: task for id, task in self._under_way.items() if not task.done()}
        if self._saved <= self._clock() - SAVED:
            await asyncio.to_thread(self._save)
        for one in await asyncio.to_thread(self._due):
            self._under_way[one.id] = asyncio.create_task(self._catch_up(one))

    def _due(self) -> Sequence[Subscriber]:
        now, self._window.head = self._clock(), self._store.head()
        with self._read_models.reader.connect() as connection:
            active = {one.webhook_id: one for one in webhooks.active(connection)}
            stored = deliveries.load(connection)
        known = {id: stored.get(id, Delivery(id, one.since)) for id, one in active.items()}
        self._hold(known, active, now)
        self._measure(known)
        waiting = [one for id, one in self._held.items() if id not in self._under_way]
        return [one for one in waiting if self._is_due(one, active[one.id], now)]

    def _is_due(self, one: Subscriber, active: Active, now: datetime) -> bool:
        return one.is_behind(self._window.head) and one.delivery.to_be_tried(active.version, now)

    def _hold(self, known: Mapping[UUID, Delivery], active: Mapping[UUID, Active], now: datetime) -> None:
        """Holds what is free and what it holds already, and lets go of the rest."""
        mine = {id: one for id, one in known.items() if one.holder == self._holder and one.lasts(now)}
        lasting = {id for id, one in mine.items() if one.lasts(now + HELD / 2)}
        wanted = [one for id, one in known.items() if id not in lasting and one.free(self._holder, now)]
        if wanted:
            mine |= deliveries.hold(self._read_models, wanted, self._holder, now, now + HELD)
        self._held = {id: one for id, one in self._held.items() if id in mine}
        for id in mine.keys() - self._held.keys():
            if mine[id].to_be_tried(active[id].version, now):
                self._take_up(mine[id], active[id].version)

    def _take_up(self, delivery: Delivery, version: int) -> None:
        """Reads the webhook's state. If its events are damaged, only this webhook waits."""
        id = delivery.webhook_id
        try:
            webhook = replayed(Webhook, id, self._store.streams([id]).get(id, ()))
        except Unreadable:
            self._sending.fail(delivery, version, DAMAGED)
        else:
            self._held[id] = Subscriber(webhook, delivery)

    def _save(self) -> None:
        """Saves in one transaction what webhooks reached without an event to send."""
        passed = {
            one.id: one.reached
            for one in self._held.values()
            if one.reached > one.delivery.position and self._is_waiting(one.id)
        }
        now = self._clock()
        with self._read_models.writer.begin() as connection:
            if passed:
                deliveries.pass_by(connection, self._holder, passed)
            if self._expired <= now - EXPIRED:
                attempts.expire(connection, now)
                self._expired = now
        for id, position in passed.items():
            self._held[id].delivery = self._held[id].delivery._replace(position=position)
        self._saved = now

    def _is_waiting(self, id: UUID) -> bool:
        return id not in self._under_way or self._under_way[id].done()

    async def _catch_up(self, one: Subscriber) -> None:
        """Delivers up to the head of the log or to the first failure. An error affects only this webhook."""
        try:
            while await self._take_a_turn(one):
                pass
        except (Superseded, Unreadable, *DOUBT) as error:
            self._held.pop(one.id, None)
            log.warning("webhooks.doubt", webhook=str(one.id), error=type(error).__name__, reason=str(error))

    async def _take_a_turn(self, one: Subscriber) -> bool:
        """Sends the next events. Returns whether all were accepted and there may be more.

        Raises Superseded, Unreadable and the errors in DOUBT.
        """
        match await next_new(one, self._window):
            case Portion():
                return await self._sending.refresh(one)
            case None if one.active and one.redeliveries:
                redelivery = one.redeliveries[0]
                if batch := await next_again(one, self._window, redelivery):
                    return await self._sending.send(one, batch)
                await self._sending.finish(one, redelivery)
                return True
            case None:
                return False
            case batch:
                return await self._sending.send(one, batch)

    def _measure(self, known: Mapping[UUID, Delivery]) -> None:
        lag.clear()
        failures.clear()
        for id, delivery in known.items():
            held = self._held.get(id)
            lag.labels(str(id)).set(self._window.head - (held.reached if held else delivery.position))
            failures.labels(str(id)).set((held.delivery if held else delivery).failures)

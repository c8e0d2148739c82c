"""Delivers events to webhooks. Each webhook follows the log separately, in the order of position, from its registration on.

The position is saved after the receiver has accepted an event. So after a crash in between, the event is sent again under the
same id, and no event is lost. A receiver that is down stops only its own webhook.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

import structlog
from prometheus_client import Counter, Gauge
from sqlalchemy.exc import DBAPIError

from commands.shared.commit import StoreUnavailable
from consumers.webhooks.receiver import Undelivered
from consumers.webhooks.round import Round, next_round
from domain.shared.ids import new_id
from infra.event_store.store import EventStore
from infra.read_models import deliveries
from infra.read_models.database import ReadModels
from infra.read_models.deliveries import Delivery
from infra.read_models.positions import Superseded
from projections.operations import webhooks
from projections.operations.webhooks import Active

PAUSE_SECONDS = 0.5
# The pause of all webhooks after an error in DOUBT. A receiver never causes such an error.
RETRY_SECONDS = 5.0
# How long a courier holds a webhook: longer than it waits for one answer, so that the hold does not expire meanwhile.
HELD = timedelta(seconds=30)
LONGEST_BACKOFF = timedelta(hours=1)
# After these errors it is not known what was read or saved. The events are sent again later.
DOUBT = (StoreUnavailable, DBAPIError, TimeoutError)

log = structlog.get_logger()
sent = Counter("recount_webhook_deliveries_total", "Events sent to webhooks, by outcome.", ["end"])
lag = Gauge("recount_webhook_lag", "Head of the log minus the position that a webhook has reached.", ["webhook"])
failures = Gauge("recount_webhook_failures", "Failed deliveries of a webhook since the last accepted event.", ["webhook"])


class Courier:
    """Delivers to all webhooks; there is one per process. With `private`, also to addresses that are not public."""

    def __init__(
        self,
        store: EventStore,
        read_models: ReadModels,
        private: bool = False,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._store, self._read_models, self._private, self._clock = store, read_models, private, clock
        self._holder = new_id()
        self._stopping = threading.Event()
        self._under_way: dict[UUID, asyncio.Task[None]] = {}

    def run(self) -> None:
        """Runs until it is stopped. Failures are retried."""
        asyncio.run(self._run())

    def stop(self) -> None:
        """Ends immediately; unanswered events are sent again later. May be called from any thread."""
        self._stopping.set()

    def deliver(self) -> None:
        """Delivers to every webhook the events that are due now."""
        asyncio.run(self._deliver())

    async def _deliver(self) -> None:
        await self._look()
        await asyncio.gather(*self._under_way.values())

    async def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                await self._look()
                pause = PAUSE_SECONDS
            except DOUBT as error:
                log.warning("webhooks.doubt", error=type(error).__name__, reason=str(error))
                pause = RETRY_SECONDS
            await asyncio.to_thread(self._stopping.wait, pause)
        await self._end()

    async def _end(self) -> None:
        for task in self._under_way.values():
            task.cancel()
        await asyncio.gather(*self._under_way.values(), return_exceptions=True)
        try:
            await asyncio.to_thread(deliveries.let_go, self._read_models, self._holder)
        except DBAPIError as error:
            log.warning("webhooks.doubt", error=type(error).__name__, reason=str(error))

    async def _look(self) -> None:
        """Starts a task for every webhook that is behind, due, and has no task."""
        self._under_way = {id: task for id, task in self._under_way.items() if not task.done()}
        for webhook in await asyncio.to_thread(self._due):
            if webhook.webhook_id not in self._under_way:
                self._under_way[webhook.webhook_id] = asyncio.create_task(self._catch_up(webhook))

    def _due(self) -> Sequence[Active]:
        now, head = self._clock(), self._store.head()
        with self._read_models.reader.connect() as connection:
            known = {active: Delivery(active.webhook_id, active.since) for active in webhooks.active(connection)}
            stored = deliveries.load(connection)
        known = {active: stored.get(active.webhook_id, begin) for active, begin in known.items()}
        _measure(known.values(), head)
        return [
            active
            for active, one in known.items()
            if one.position < head and one.free(self._holder, now) and one.to_be_tried(active.version, now)
        ]

    async def _catch_up(self, webhook: Active) -> None:
        """Delivers up to the head of the log or to the first failure. An error affects only this webhook."""
        try:
            while (round := await asyncio.to_thread(self._next_round, webhook)) is not None:
                if not await self._deliver_round(round):
                    break
        except (Superseded, *DOUBT) as error:
            log.warning("webhooks.doubt", webhook=str(webhook.webhook_id), error=type(error).__name__, reason=str(error))
        except Exception as error:
            log.error("webhook.failed", webhook=str(webhook.webhook_id), error=type(error).__name__)

    def _next_round(self, webhook: Active) -> Round | None:
        """The next round; None if there is nothing to do now."""
        now, begin = self._clock(), Delivery(webhook.webhook_id, webhook.since)
        held = deliveries.hold(self._read_models, begin, self._holder, now, now + HELD)
        return held and next_round(self._store, held)

    async def _deliver_round(self, round: Round) -> bool:
        """Delivers a round; returns whether all of it was accepted. Raises Superseded and the errors in DOUBT."""
        webhook_id = round.delivery.webhook_id
        try:
            await round.deliver(self._store, self._private, lambda position: self._save(webhook_id, position))
        except Undelivered as error:
            await asyncio.to_thread(self._fail, round, str(error))
            return False
        finally:
            sent.labels("delivered").inc(round.taken)
        return True

    def _save(self, webhook_id: UUID, position: int) -> None:
        with self._read_models.writer.begin() as connection:
            deliveries.advance(connection, webhook_id, self._holder, position, self._clock() + HELD)

    def _fail(self, round: Round, reason: str) -> None:
        failed = _failed(round.delivery, round.version, reason, self._clock())
        with self._read_models.writer.begin() as connection:
            deliveries.fail(connection, failed, self._holder)
        sent.labels("failed").inc()
        log.warning("webhook.undelivered", webhook=str(failed.webhook_id), failures=failed.failures, reason=reason)


def _failed(before: Delivery, version: int, reason: str, now: datetime) -> Delivery:
    """Counts one more failure. The count restarts at one after a change of the webhook or after an accepted event."""
    again = before.failures if before.version == version else 0
    backoff = min(LONGEST_BACKOFF, timedelta(seconds=2 ** min(again, 20)))
    since = before.failing_since if again else now
    return before._replace(version=version, failures=again + 1, failing_since=since, due=now + backoff, last_error=reason)


def _measure(known: Iterable[Delivery], head: int) -> None:
    lag.clear()
    failures.clear()
    for one in known:
        lag.labels(str(one.webhook_id)).set(head - one.position)
        failures.labels(str(one.webhook_id)).set(one.failures)

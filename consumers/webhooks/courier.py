"""Delivers to webhooks: each follows the log on its own, in position order, from its registration on.

The position is saved after the receiver has taken an event. So a crash in between sends it again, under the same id, and none
is lost; a receiver that is down stops its own webhook alone.
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
# After a doubt, which is never the receiver's, everything waits.
RETRY_SECONDS = 5.0
# Longer than a receiver may take for one event, so that who only waits is not superseded.
HELD = timedelta(seconds=30)
LONGEST_BACKOFF = timedelta(hours=1)
DOUBT = (StoreUnavailable, DBAPIError, TimeoutError)

log = structlog.get_logger()
sent = Counter("recount_webhook_deliveries_total", "Events sent to webhooks, by how that ended.", ["end"])
lag = Gauge("recount_webhook_lag", "Head of the log less the position that a webhook was delivered to.", ["webhook"])
failures = Gauge("recount_webhook_failures", "How often in a row a webhook's receiver has not taken an event.", ["webhook"])


class Courier:
    """One of a process. `private`: also to addresses that are not public."""

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
        """Until stopped. What fails is tried again."""
        asyncio.run(self._run())

    def stop(self) -> None:
        """End at once: what a receiver has not yet answered is sent again later. From any thread."""
        self._stopping.set()

    def deliver(self) -> None:
        """Deliver what is due now, to every webhook."""
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
        """Begin with every webhook that is behind, due, and not under way."""
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
        """Up to the head of the log, or to what does not get through. What goes wrong concerns this webhook alone."""
        try:
            while (round := await asyncio.to_thread(self._next_round, webhook)) is not None:
                if not await self._gets_through(round):
                    break
        except (Superseded, *DOUBT) as error:
            log.warning("webhooks.doubt", webhook=str(webhook.webhook_id), error=type(error).__name__, reason=str(error))
        except Exception as error:
            log.error("webhook.failed", webhook=str(webhook.webhook_id), error=type(error).__name__)

    def _next_round(self, webhook: Active) -> Round | None:
        """None where there is nothing to do for now."""
        now, begin = self._clock(), Delivery(webhook.webhook_id, webhook.since)
        held = deliveries.hold(self._read_models, begin, self._holder, now, now + HELD)
        return held and next_round(self._store, held)

    async def _gets_through(self, round: Round) -> bool:
        """Whether all of it was taken. Raises Superseded, and what is in DOUBT."""
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
    """One failure more; under another version of the webhook, or after an event that was taken, the first one."""
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

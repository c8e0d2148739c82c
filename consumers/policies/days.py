"""The clock that ends days: it records, once, that a day is over in the store's time zone.

Several processes may run it, because ending a day again records nothing. A rebuild or an import never runs it.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from threading import Event

import structlog

from commands.operations import calendar
from commands.shared.batch import Command
from commands.shared.commit import StoreUnavailable, Unreadable
from commands.shared.executor import Executor, OutcomeUnknown, Overloaded
from domain.operations.calendar import calendar_id, end_of
from domain.shared.events import Actor, Context, time_zone
from domain.shared.ids import new_id
from infra.event_store.store import EventStore

PAUSE_SECONDS = 60.0
OUTCOME_SECONDS = 60.0
# If no day was ended for longer than this, the days restart with yesterday.
LOOK_BACK_DAYS = 366
CLOCK = Actor(type="system", id="clock")
A_DAY = timedelta(days=1)

log = structlog.get_logger()


class Days:
    """Ends every day since the last one that was ended; if no day was ended yet, only yesterday."""

    def __init__(
        self,
        executor: Executor,
        store: EventStore,
        zone: str,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        trusted: Callable[[], bool] = lambda: True,
    ) -> None:
        self._executor, self._store, self._zone, self._clock, self._trusted = executor, store, zone, clock, trusted
        self._stopping = Event()
        self._ended: date | None = None

    def run(self) -> None:
        """Looks every minute until it is stopped. A failure is retried at the next look."""
        while not self._stopping.is_set():
            try:
                self.end_days()
            except (StoreUnavailable, Unreadable, Overloaded, OutcomeUnknown, TimeoutError) as error:
                log.warning("a day could not be ended yet", error=type(error).__name__)
            self._stopping.wait(PAUSE_SECONDS)

    def stop(self) -> None:
        """Finishes the current day and ends. May be called from any thread."""
        self._stopping.set()

    def end_days(self) -> list[date]:
        """Ends the days that are over and returns them; none while the clock is doubted.

        Raises the errors of `Executor.submit` and `EventStore.version`.
        """
        yesterday = self._clock().astimezone(time_zone(self._zone)).date() - A_DAY
        if not self._trusted():
            return []
        if self._ended is None or self._ended < yesterday:
            self._ended = self._last_ended(yesterday)
        ended = []
        while self._ended < yesterday and not self._stopping.is_set():
            self._end(self._ended + A_DAY)
            self._ended += A_DAY
            ended.append(self._ended)
        return ended

    def _last_ended(self, yesterday: date) -> date:
        """The last day that was ended; the day before yesterday if none is found."""
        days = (yesterday - A_DAY * back for back in range(LOOK_BACK_DAYS))
        # Whether a day has ended is known even if its event is damaged.
        return next((day for day in days if self._store.version(calendar_id(day))), yesterday - A_DAY)

    def _end(self, day: date) -> None:
        over = end_of(day, time_zone(self._zone)).astimezone(UTC)
        context = Context(now=over, actor=CLOCK, origin="policy", occurred_at=over, command_id=new_id())
        command = Command(calendar.end_day, {"day": day, "zone": self._zone}, context, target=calendar_id(day))
        outcome = self._executor.submit(command).result(OUTCOME_SECONDS)
        if outcome.refusal:
            raise outcome.refusal

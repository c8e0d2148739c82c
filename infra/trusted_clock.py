"""The clock of this machine, and whether it is trusted.

Commands take its time as it is. But what happens only because time passes, and cannot be undone, waits while the clock is
doubted: the end of days, deadlines, pruning. A clock is doubted if it is too far ahead of what is known of the time:

* at a start, that is the last recorded fact. How long the store was closed is not known, so the limit is wide (CLOCK_LIMIT).
* while a process runs, that is the clock before. A steady clock, which nobody sets, counts the time since (LEAP).

The doubt is written down before a fact is recorded by that clock, because otherwise this fact would prove it right at the next
start. It ends when the clock is right again, when an operator confirms it, or when facts were recorded for an hour.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from threading import RLock
from typing import Protocol

import msgspec
import structlog

from domain.shared.aggregate import FUTURE_TOLERANCE
from infra.event_store.recording_times import Last
from infra.read_models.troubles import Trouble

STEADY = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
MARKER = SOURCE = "clock"
EARLIEST = datetime.fromtimestamp(0, UTC)
LEAP = timedelta(hours=1)
"""A running clock may be set forward by this much within an hour."""
AGREED_SECONDS = 3600.0
"""Facts that are recorded for so long end a doubt: nobody has stopped to correct the clock."""
LOOK_SECONDS = 5.0
BEAT_SECONDS, QUIET_SECONDS = 60.0, 300.0
"""So often does a process repeat its doubt, and after so long without it others take it as ended."""
ADVANCED = timedelta(minutes=10)
"""So often does a trusted process write down the time while another one doubts its clock."""

log = structlog.get_logger()


class Store(Protocol):
    """The part of the event store that the clock uses. Every method raises StoreUnavailable."""

    def last(self) -> Last | None: ...
    def read_marker(self, name: str) -> bytes | None: ...
    def swap_marker(self, name: str, old: bytes | None, new: bytes) -> bool: ...


class Known(msgspec.Struct, frozen=True):
    """What all processes know of the time, besides the log: it is `at` or later.

    While it is `doubted`, the times of the log prove nothing. `leapt` means that the doubted clock was set while it ran.
    Processes that doubt their clock raise `beats`, so that the others know that they are there.
    """

    at: datetime
    doubted: bool = False
    leapt: bool = False
    beats: int = 0

    def says_as_much_as(self, other: Known) -> bool:
        return (self.at, self.doubted) == (other.at, other.doubted)


class Doubted(msgspec.Struct):
    """A doubt of this process: `known` is what is stored, `head` the last position seen.

    On the steady clock, the last beat was at `beaten`, and the first fact since the doubt was seen at `first`.
    """

    known: Known
    head: int
    beaten: float
    first: float | None = None


def steady_seconds() -> float:
    """Seconds on a clock that nobody sets; where possible, it also counts the time in which the machine sleeps."""
    return time.clock_gettime(STEADY)


class TrustedClock:
    """Belongs to a process; may be used by any thread. `confirmed` is a time that the operator vouches for.

    A right clock is ahead of the steady one by `_offset` seconds at most, and a trusted one by `_within` seconds more. `_own`
    means that the offset is that of this clock at an earlier moment, `_anchored` on the steady clock.
    """

    def __init__(
        self,
        store: Store,
        limit: timedelta,
        confirmed: datetime | None = None,
        wall: Callable[[], datetime] = lambda: datetime.now(UTC),
        steady: Callable[[], float] = steady_seconds,
    ) -> None:
        self._store, self._limit, self._confirmed, self._wall, self._steady = store, limit, confirmed, wall, steady
        self._lock = RLock()
        self._stored: bytes | None = None
        self._doubt: Doubted | None = None
        self._trouble: Trouble | None = None
        self._other: Known | None = None
        self._beats, self._heard = -1, -math.inf
        self._anchored = self._looked = -math.inf
        self._learn(self._read(), store.last())
        self._look_sometimes()

    def now(self) -> datetime:
        """The time of this machine, also if it is doubted. Raises StoreUnavailable if a doubt cannot be written down.

        A process that records facts, and that nobody asks whether it trusts its clock, looks here: its facts must not prove the
        clock of another one right, and a doubt must stand when a fact is recorded by a doubted clock.
        """
        now, at = self._wall(), self._steady()
        if at - self._looked >= BEAT_SECONDS:
            self._look_sometimes()
        if self._doubt is None and now.timestamp() - at > self._offset + self._within:
            with self._lock:
                self._begin_doubt()
        return now

    def trusted(self) -> bool:
        """Whether what cannot be undone may happen at the time that `now` gave. Raises StoreUnavailable."""
        self._look_sometimes()
        return self._doubt is None

    def trouble(self) -> Trouble | None:
        """Why an operator is needed. Raises StoreUnavailable."""
        self._look_sometimes()
        return self._trouble

    def confirm(self) -> datetime:
        """Trusts the clock, and lets every process trust its own if it is not far ahead of this one. Returns the time."""
        with self._lock:
            now, last = self._wall(), self._store.last()
            self._write_until(lambda _: _settled(now, last))
            self._offset, self._own = -math.inf, False
            self._trust()
            self._report(last)
            return now

    def _look_sometimes(self) -> None:
        with self._lock:
            if self._steady() - self._looked >= LOOK_SECONDS or (self._doubt is None and self._is_ahead()):
                self._look()
                self._looked = self._steady()

    def _look(self) -> None:
        last = self._store.last()
        if self._doubt is not None:
            self._reconsider(self._doubt, last)
        elif self._is_ahead():
            self._begin_doubt()
        else:
            self._trust()
            self._keep_known(last)
        self._report(last)

    def _reconsider(self, doubt: Doubted, last: Last | None) -> None:
        """Ends the doubt if another process or the operator knows more, if the clock was set right, or if facts agree."""
        known, at = self._read(), self._steady()
        if known is not None and not known.says_as_much_as(doubt.known):
            self._learn(known, last)
            doubt.known, doubt.first = known, None
        if not self._is_ahead():
            self._trust()
            return
        if last is not None and last.position > doubt.head:
            doubt.head, doubt.first = last.position, at if doubt.first is None else doubt.first
            if at - doubt.first >= AGREED_SECONDS and self._write(_settled(self._wall(), last)):
                self._trust()
                return
        if known is None or not known.doubted or at - doubt.beaten >= BEAT_SECONDS:
            doubt.known, doubt.beaten = self._write_until(self._still_doubted), at

    def _still_doubted(self, known: Known | None) -> Known:
        """Keeps the doubt written down, whatever processes with other clocks have written."""
        if known is None:
            return Known(self._expected(), doubted=True)
        return msgspec.structs.replace(known, doubted=True, beats=known.beats + 1)

    def _begin_doubt(self) -> None:
        if self._doubt is not None:
            return
        last, fresh = self._store.last(), Known(self._expected(), doubted=True, leapt=self._own)
        known = self._write_until(lambda known: known if known and known.doubted else fresh)
        self._doubt = Doubted(known, last.position if last else 0, self._steady())
        self._report(last)
        log.error("the clock is doubted", clock=_shown(self._wall()), known=_shown(fresh.at))

    def _trust(self) -> None:
        """The clock is not ahead now. It is compared with this moment for at least an hour, so that no small steps add up.

        Not while it is behind what is known, as on a machine that sets its clock after the start: then it says nothing yet.
        """
        now, at = self._wall(), self._steady()
        offset = now.timestamp() - at
        if self._doubt is not None:
            log.warning("the clock is trusted again", clock=_shown(now))
        due = self._doubt is not None or not self._own or at - self._anchored >= AGREED_SECONDS
        if due and offset >= self._offset - FUTURE_TOLERANCE.total_seconds():
            self._offset = max(self._offset, offset)
            self._within, self._own, self._anchored = LEAP.total_seconds(), True, at
        self._doubt = None

    def _learn(self, known: Known | None, last: Last | None) -> None:
        """From now on, compares the clock with what the store and the operator know."""
        times = [] if known is None else [known.at]
        if last is not None and last.recorded_at is not None and not (known and known.doubted):
            times.append(last.recorded_at)
        within = LEAP if known is not None and known.doubted and known.leapt else self._limit
        if self._confirmed is not None and self._confirmed > max(times, default=EARLIEST):
            times, within = [self._confirmed], self._limit
        self._offset = max(times, default=self._wall()).timestamp() - self._steady()
        self._within, self._own = within.total_seconds(), False

    def _is_ahead(self) -> bool:
        return self._wall().timestamp() - self._steady() > self._offset + self._within

    def _expected(self) -> datetime:
        return datetime.fromtimestamp(self._offset + self._steady(), UTC)

    def _keep_known(self, last: Last | None) -> None:
        """While another process doubts its clock, a trusted one keeps what is known up to date.

        The doubt is over when no process repeats it, and this clock has reached the times of the log.
        """
        known, at = self._read(), self._steady()
        self._other = known if known is not None and known.doubted else None
        if self._other is None:
            return
        if self._beats != self._other.beats:
            self._beats, self._heard = self._other.beats, at
        settled = _settled(self._wall(), last)
        if at - self._heard >= QUIET_SECONDS and not settled.doubted:
            self._other = None if self._write(settled) else self._other
        elif settled.at - self._other.at >= ADVANCED:
            self._write(msgspec.structs.replace(self._other, at=settled.at))

    def _report(self, last: Last | None) -> None:
        now, recorded = self._wall(), last.recorded_at if last else None
        if self._doubt is not None:
            detail = (
                f"The clock of this machine says {_shown(now)}, but the time is known only up to {_shown(self._expected())}."
                " No day ends, no deadline is met and nothing is pruned until you confirm the clock with"
                " `recount clock confirm`, correct it, or facts were recorded for an hour."
            )
            self._trouble = Trouble("clock-doubtful", detail, self._doubt.known.at, SOURCE)
        elif recorded is not None and recorded - now > FUTURE_TOLERANCE:
            detail = (
                f"The clock of this machine says {_shown(now)}, but the last fact was recorded at {_shown(recorded)}."
                " Facts are recorded at that time until the clock has reached it."
            )
            self._trouble = Trouble("clock-doubtful", detail, self._trouble.since if self._trouble else now, SOURCE)
        elif self._other is not None:
            detail = (
                "Another process doubts its clock, or did until some minutes ago. What it does because time passes waits."
                " Its log names the times: correct the clock of its machine, or confirm it there."
            )
            self._trouble = Trouble("clock-doubtful", detail, self._other.at, SOURCE)
        else:
            self._trouble = None

    def _read(self) -> Known | None:
        """What is stored. If it is damaged, nothing is known of the time."""
        self._stored = self._store.read_marker(MARKER)
        try:
            return None if self._stored is None else msgspec.json.decode(self._stored, type=Known)
        except (msgspec.MsgspecError, ValueError):
            return Known(EARLIEST, doubted=True)

    def _write(self, known: Known) -> bool:
        """Replaces what was read last. False if another process has written since."""
        return self._store.swap_marker(MARKER, self._stored, msgspec.json.encode(known))

    def _write_until(self, change: Callable[[Known | None], Known]) -> Known:
        """Changes what is stored, however many processes do so at the same time. Returns what is stored then."""
        while True:
            known = self._read()
            changed = change(known)
            if changed == known or self._write(changed):
                return changed


def _settled(now: datetime, last: Last | None) -> Known:
    """What is known once a clock is trusted: the time, and the times of the log too unless they are ahead of it."""
    recorded = last.recorded_at if last else None
    return Known(now, doubted=recorded is not None and recorded - now > FUTURE_TOLERANCE)


def _shown(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds")

"""The time at which a fact happened, as precise as its source states it: to the second, minute, day or month."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import NamedTuple
from zoneinfo import ZoneInfoNotFoundError

from domain.shared.events import Context, Precision, time_zone
from domain.shared.refusals import Malformed

EARLIEST_YEAR = 1900
SPANS: Mapping[Precision, timedelta] = {
    "second": timedelta(seconds=1),
    "minute": timedelta(minutes=1),
    "day": timedelta(days=1),
    "month": timedelta(days=31),
}
"""By precision: how much later than its stated time a fact can have happened."""

_SHAPES: tuple[tuple[re.Pattern[str], Precision, str], ...] = (
    (re.compile(r"\d{4}-\d{2}"), "month", "-01T00:00:00"),
    (re.compile(r"\d{4}-\d{2}-\d{2}"), "day", "T00:00:00"),
    (re.compile(r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(Z|[+-]\d{2}:?\d{2})?"), "minute", ""),
    (re.compile(r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}:\d{2}(\.\d{1,9})?(Z|[+-]\d{2}:?\d{2})?"), "second", ""),
)


class OutsideTheCalendar(Malformed):
    """The time is outside the years 1 to 9999 in UTC."""


class Occurrence(NamedTuple):
    """`at` is in UTC. `zone` is as given (an IANA name or an offset); None if the time was given in UTC or without a zone."""

    at: datetime
    precision: Precision
    zone: str | None

    @property
    def day(self) -> date:
        """The calendar day in the zone in which it happened."""
        return self.at.astimezone(time_zone(self.zone)).date()


def occurrence(text: str, zone: str | None = None) -> Occurrence:
    """Reads `2024-05`, `2024-05-01`, `2024-05-01T10:30` or `2024-05-01T10:30:15.250+02:00`.

    A time without an offset is in `zone`, or in UTC if `zone` is None. Raises Malformed, also for a zone that does not
    exist and for a year before 1900; OutsideTheCalendar if it has no UTC time.
    """
    precision, ending = _shape(text)
    try:
        local = datetime.fromisoformat(text + ending)
        at = local if local.tzinfo else local.replace(tzinfo=checked_zone(zone))
    except ValueError:
        raise Malformed("The time of occurrence is neither a date nor a time.") from None
    at = in_utc(at)
    if at.year < EARLIEST_YEAR:
        raise Malformed(f"The time of occurrence is before the year {EARLIEST_YEAR}.")
    return Occurrence(at, precision, zone or _offset(text, precision))


def in_utc(at: datetime) -> datetime:
    """The same moment in UTC. Raises OutsideTheCalendar."""
    try:
        return at.astimezone(UTC)
    except OverflowError:
        raise OutsideTheCalendar("The time is outside the years 1 to 9999 in UTC.") from None


def checked_day(day: date) -> date:
    """Raises Malformed if the day is before the year 1900."""
    if day.year < EARLIEST_YEAR:
        raise Malformed(f"The day is before the year {EARLIEST_YEAR}.")
    return day


def over_before(context: Context, moment: datetime | None) -> bool:
    """Whether the fact certainly happened before `moment`, given the precision of its time. False if `moment` is None."""
    return moment is not None and context.at + SPANS[context.occurred_precision] <= moment


def checked_zone(name: str | None) -> tzinfo:
    """The time zone with that name. Raises Malformed if there is none."""
    try:
        return time_zone(name)
    except (ZoneInfoNotFoundError, ValueError, OSError, IndexError):
        raise Malformed("The time zone is neither an IANA name nor an offset.") from None


def _shape(text: str) -> tuple[Precision, str]:
    for pattern, precision, ending in _SHAPES:
        if pattern.fullmatch(text):
            return precision, ending
    raise Malformed("The time of occurrence is neither a date nor a time.")


def _offset(text: str, precision: Precision) -> str | None:
    match = re.search(r"[+-]\d{2}:?\d{2}$", text) if precision in ("minute", "second") else None
    return match.group() if match else None

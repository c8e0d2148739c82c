"""Calendar days of many rows, in days since 1970, and the first days of their periods."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import TYPE_CHECKING

from projections.shared.occurred import midnight
from projections.shared.reports import QUARTER, Period
from projections.shared.vectors import NO_DAY

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from projections.shared.vectors import Whole

MICROSECONDS = 1_000_000
DAY = 86_400
STEP = 24
"""Quarters of an hour. A test holds that no zone changes its clocks twice within so short a time."""
CHANGES = -DAY
"""No offset, because all are less than a day."""
_1970 = date(1970, 1, 1).toordinal()
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_TABLE = 1_000_000


def as_number(day: date) -> int:
    return day.toordinal() - _1970


def as_date(day: int) -> date:
    return date.fromordinal(day + _1970)


def days_of_quarters(quarters: Whole, zone: tzinfo) -> Whole:
    """The day in `zone` on which each quarter of an hour begins. Each zone is asked only for its offsets, every six hours."""
    import numpy as np

    offsets = _each(quarters // STEP, lambda step: _offset_of_step(step, zone))
    days: Whole = (quarters * QUARTER + offsets) // DAY
    changing = np.flatnonzero(offsets == CHANGES)
    days[changing] = _each(quarters[changing], lambda quarter: day_of_quarter(quarter, zone))
    return days


def days_of(moments: Whole, own_days: Whole, zone: tzinfo) -> Whole:
    """The own day of each fact, or if that is NO_DAY the day in `zone` of its moment, in microseconds since 1970."""

    days, by_moment = own_days.copy(), own_days == NO_DAY
    days[by_moment] = _days_of_moments(moments[by_moment], zone)
    return days


def _days_of_moments(moments: Whole, zone: tzinfo) -> Whole:
    import numpy as np

    seconds = moments // MICROSECONDS
    quarters = seconds // QUARTER
    days, after = np.split(days_of_quarters(np.concatenate((quarters, quarters + 1)), zone), 2)
    # In the last quarter of a day the seconds decide: before zones had whole quarters of an hour, a day could begin within one.
    last = np.flatnonzero(days != after)
    days[last] = _each(seconds[last], lambda second: _day(second, zone))
    return days


def first_days(days: Whole, period: Period) -> Whole:
    """The first day of the period that each day is in, as `first_day`."""
    import numpy as np

    if period == "week":
        # 1970 began on a Thursday.
        return days - (days + 3) % 7
    return (
        days
        if period == "day"
        else days.astype("datetime64[D]").astype("datetime64[M]").astype("datetime64[D]").astype(np.int64)
    )


def periods(dated: Whole, period: Period | None, zone: tzinfo | None) -> Whole:
    """The first day of each row's period; 0 without periods. Rows are dated by quarters of an hour in `zone`, or by days."""
    if period is None:
        return dated * 0
    return first_days(dated if zone is None else days_of_quarters(dated, zone), period)


def months(days: Whole) -> Whole:
    """The months from January 1970 to the month of each day."""
    import numpy as np

    return days.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)


def inside(moments: Whole, own_days: Whole, from_: date, to: date, zone: tzinfo) -> NDArray[np.bool_]:
    """Marks what is on these days, as `occurred.within` does. A day of its own that is NO_DAY is none."""
    first, end = (_microseconds(midnight(day, zone)) for day in (from_, to))
    by_moment = (own_days == NO_DAY) & (moments >= first) & (moments < end)
    marked: NDArray[np.bool_] = by_moment | ((own_days >= as_number(from_)) & (own_days < as_number(to)))
    return marked


def _microseconds(at: datetime) -> int:
    return (at - _EPOCH) // timedelta(microseconds=1)


def day_of_quarter(quarter: int, zone: tzinfo) -> int:
    """The day in `zone` on which a quarter of an hour begins."""
    return _day(quarter * QUARTER, zone)


def _offset_of_step(step: int, zone: tzinfo) -> int:
    """The seconds by which the zone's clocks are ahead of UTC in all of these quarters; CHANGES if they may change."""
    try:
        first, after = (datetime.fromtimestamp(edge * STEP * QUARTER, zone).utcoffset() for edge in (step, step + 1))
    except (OverflowError, ValueError):  # at one of its edges, the calendar ends
        return CHANGES
    return CHANGES if first is None or first != after else first // timedelta(seconds=1)


def _day(second: int, zone: tzinfo) -> int:
    return as_number(datetime.fromtimestamp(second, zone).date())


def _each(values: Whole, of: Callable[[int], int]) -> Whole:
    """`of` each value. It is called once for each different value."""
    import numpy as np

    if not len(values):
        return values
    least, span = int(values.min()), int(values.max() - values.min()) + 1
    if span > _TABLE:
        different, places = np.unique(values, return_inverse=True)
        return np.array([of(value) for value in different.tolist()], np.int64)[places]
    table = np.zeros(span, np.int64)
    table[values - least] = 1
    there = np.flatnonzero(table)
    table[there] = [of(value) for value in (there + least).tolist()]
    return table[values - least]

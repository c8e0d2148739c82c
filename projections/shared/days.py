"""Days and periods of many moments, as ordinals of the first day of the period. 0 is no day.

In every time zone a day begins at a full quarter of an hour. A moment has the day of the quarter that it is in.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, tzinfo
from typing import TYPE_CHECKING

from projections.shared.reports import Period

if TYPE_CHECKING:
    from projections.shared.grouped import Whole

NO_DAY = 0
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
EPOCH_DAY = EPOCH.date().toordinal()
QUARTER = 900
QUARTERS = 96
"""Of a day."""


def ordinals(quarters: Whole, own: Whole, zone: tzinfo) -> Whole:
    """The day of each row in the zone: its `own` day, or else that of its quarter (since 1970, UTC)."""
    import numpy as np

    found = own.copy()
    which = np.flatnonzero(own == NO_DAY)
    found[which] = _days(quarters[which], zone)
    return found


def _days(quarters: Whole, zone: tzinfo) -> Whole:
    """If the offset is the same at both ends of a day (UTC), it is the same during the day."""
    import numpy as np

    days, places = np.unique(quarters // QUARTERS, return_inverse=True)
    begins = np.array([_offset(int(day) * QUARTERS, zone) for day in days], dtype=np.int64)
    ends = np.array([_offset(int(day + 1) * QUARTERS, zone) for day in days], dtype=np.int64)
    found: Whole = (quarters * QUARTER + begins[places]) // (QUARTERS * QUARTER) + EPOCH_DAY
    for place in np.flatnonzero((begins != ends)[places]).tolist():
        found[place] = _at(int(quarters[place])).astimezone(zone).date().toordinal()
    return found


def _offset(quarter: int, zone: tzinfo) -> int:
    return int((_at(quarter).astimezone(zone).utcoffset() or timedelta()).total_seconds())


def _at(quarter: int) -> datetime:
    return EPOCH + timedelta(seconds=quarter * QUARTER)


def first_days(days: Whole, period: Period) -> Whole:
    """The first day of the period that each day is in, as `reports.first_day` says."""
    import numpy as np

    if period == "week":
        return np.where(days == NO_DAY, NO_DAY, days - (days - 1) % 7)
    if period == "month":
        dates = (days - EPOCH_DAY).astype("datetime64[D]")
        months: Whole = dates.astype("datetime64[M]").astype("datetime64[D]").astype(np.int64) + EPOCH_DAY
        return np.where(days == NO_DAY, NO_DAY, months)
    return days

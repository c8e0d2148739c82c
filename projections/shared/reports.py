"""What reports share: the days they cover, their groups, and quantiles."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta, tzinfo
from decimal import Decimal
from typing import Any, Literal

import msgspec
from sqlalchemy import ColumnElement
from sqlalchemy.sql.base import ReadOnlyColumnCollection

from domain.shared.events import Metadata
from domain.shared.refusals import Malformed
from projections.shared.figures import plain
from projections.shared.grouped import Spread
from projections.shared.occurred import midnight, own_day
from projections.shared.rows import Row

Period = Literal["day", "week", "month"]
PERIODS: tuple[Period, ...] = ("day", "week", "month")

Key = tuple[str | date | None, ...]
Columns = ReadOnlyColumnCollection[str, Any]

GROUP_LIMIT = 5_000
LARGE_GROUP_LIMIT = 2_000
"""The limit if a group has a hundred figures."""
QUARTER = 900


class TooManyGroups(Malformed):
    """The report would have too many groups to read. Ask for a shorter period or fewer groupings."""


class Days(msgspec.Struct, frozen=True, kw_only=True):
    """Days from `from_` to before `to` in `zone`."""

    from_: date
    to: date
    zone: tzinfo = UTC


def quantile(spread: Spread, name: str, scale: int) -> Decimal | None:
    found = spread.quantiles[name]
    return None if found is None else plain(Decimal(found[0]) / (found[1] * scale))


# Filters


def matching(columns: Columns, question: msgspec.Struct, names: Iterable[str]) -> list[ColumnElement[bool]]:
    """A condition for each of these fields of the question that is not None: the column of that name has its value."""
    values = {name: getattr(question, name) for name in names}
    return [columns[name] == value for name, value in values.items() if value is not None]


# Groups


def first_day(day: date, period: Period) -> date:
    """The first day of the period that the day is in; weeks begin on Monday (ISO 8601)."""
    if period == "week":
        return day - timedelta(days=day.weekday())
    return day.replace(day=1) if period == "month" else day


def period_of(by: Sequence[str]) -> Period | None:
    """The kind of period among the groupings, if there is one."""
    return next((period for period in PERIODS if period in by), None)


def limited(length: int, *, large: bool = False) -> None:
    """Raises TooManyGroups if there are more groups than the limit, which is lower for `large` groups."""
    limit = min(GROUP_LIMIT, LARGE_GROUP_LIMIT) if large else GROUP_LIMIT
    if length > limit:
        raise TooManyGroups(f"The report would have {length} groups; the limit is {limit}.")


def place(key: Iterable[Any]) -> list[tuple[bool, str]]:
    """The sort key of a group by its values, None first."""
    return [(value is not None, str(value)) for value in key]


def named(names: Sequence[str], key: Sequence[Any]) -> dict[str, Any]:
    return dict(zip(names, key, strict=True))


# Rows are dated by quarters of an hour since 1970 in UTC, because in every time zone a day begins at a full quarter. A fact
# known only by its day has that day instead of the quarter.


def quarter(at: datetime) -> int:
    return int(at.timestamp() // QUARTER)


def dated(metadata: Metadata) -> Row:
    day = own_day(metadata)
    return {"quarter": quarter(metadata.occurred_at) if day is None else None, "day": day}


def day_of_row(row: Mapping[str, Any], zone: tzinfo) -> date:
    own: date | None = row["day"]
    return own or datetime.fromtimestamp(row["quarter"] * QUARTER, zone).date()


def inside(columns: Columns, days: Days) -> Iterator[tuple[ColumnElement[Any], ColumnElement[bool]]]:
    """The two columns that may date a row (quarter and day), each with the condition for rows that it dates on these days.

    The conditions are separate, so that each query uses the index of its column.
    """
    first, end = (quarter(midnight(day, days.zone)) for day in (days.from_, days.to))
    for column, low, high in ((columns["quarter"], first, end), (columns["day"], days.from_, days.to)):
        yield column, (column >= low) & (column < high)

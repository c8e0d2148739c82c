"""What reports have alike: the days they are about, what they are grouped by, and how durations are said."""

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
from projections.shared.grouped import QUANTILES, Spread
from projections.shared.occurred import midnight, own_day
from projections.shared.ratios import Ratio, ratio
from projections.shared.rows import Row

Period = Literal["day", "week", "month"]
PERIODS: tuple[Period, ...] = ("day", "week", "month")

Key = tuple[str | date | None, ...]
Columns = ReadOnlyColumnCollection[str, Any]

GROUP_LIMIT = 5_000
QUARTER = 900


class TooManyGroups(Malformed):
    """The report would have more groups than anyone reads: a shorter period or fewer groupings make fewer."""


class Days(msgspec.Struct, frozen=True, kw_only=True):
    """Days from `from_` to before `to` in `zone`."""

    from_: date
    to: date
    zone: tzinfo = UTC


class Measure(msgspec.Struct, frozen=True, kw_only=True):
    """Of `count` tickets that have a value. Quantiles lie between two values in proportion, as percentile_cont has them."""

    count: int
    unit: str
    mean: Ratio
    p50: Decimal | None
    p90: Decimal | None
    p95: Decimal | None


def measure(spread: Spread, scale: int, unit: str, definition: str, reason: str) -> Measure:
    """The spread of whole numbers, of which `scale` make one of the unit."""
    mean = ratio(Decimal(spread.sum) / scale, spread.values, unit, definition, reason)
    return Measure(count=spread.values, unit=unit, mean=mean, **{name: quantile(spread, name, scale) for name in QUANTILES})


def quantile(spread: Spread, name: str, scale: int) -> Decimal | None:
    found = spread.quantiles[name]
    return None if found is None else Decimal(found[0]) / (found[1] * scale)


# What is asked for


def matching(columns: Columns, question: msgspec.Struct, names: Iterable[str]) -> list[ColumnElement[bool]]:
    """Of these fields of the question, each that is not None is the value of the column of its name."""
    values = {name: getattr(question, name) for name in names}
    return [columns[name] == value for name, value in values.items() if value is not None]


# Groups


def first_day(day: date, period: Period) -> date:
    """The first day of the day's period; weeks begin on Monday (ISO 8601)."""
    if period == "week":
        return day - timedelta(days=day.weekday())
    return day.replace(day=1) if period == "month" else day


def limited(length: int) -> None:
    """Raises TooManyGroups."""
    if length > GROUP_LIMIT:
        raise TooManyGroups(f"There would be {length} groups; {GROUP_LIMIT} are the most.")


def place(key: Iterable[Any]) -> list[tuple[bool, str]]:
    """Where a group stands by its values, None first."""
    return [(value is not None, str(value)) for value in key]


def named(names: Sequence[str], key: Sequence[Any]) -> dict[str, Any]:
    return dict(zip(names, key, strict=True))


# Rows that are dated by quarters of an hour since 1970, UTC: every time zone's days begin with one. What is known by its day
# only has that day in its place.


def quarter(at: datetime) -> int:
    return int(at.timestamp() // QUARTER)


def dated(metadata: Metadata) -> Row:
    day = own_day(metadata)
    return {"quarter": quarter(metadata.occurred_at) if day is None else None, "day": day}


def day_of_row(row: Mapping[str, Any], zone: tzinfo) -> date:
    own: date | None = row["day"]
    return own or datetime.fromtimestamp(row["quarter"] * QUARTER, zone).date()


def inside(columns: Columns, days: Days) -> Iterator[tuple[ColumnElement[Any], ColumnElement[bool]]]:
    """The column that dates a row, and the rows on these days that it dates; either is found by an index of its own."""
    first, end = (quarter(midnight(day, days.zone)) for day in (days.from_, days.to))
    for column, low, high in ((columns["quarter"], first, end), (columns["day"], days.from_, days.to)):
        yield column, (column >= low) & (column < high)

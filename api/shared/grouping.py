"""By what, and of which days, a report is asked for."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Annotated, TypeVar

from fastapi import Query

from api.shared.problems import Problem
from api.shared.reading import FIRST_DAY, LAST_DAY
from projections.shared.reports import PERIODS, Period

Group = TypeVar("Group", bound=str)


From = Annotated[date, Query(alias="from", ge=FIRST_DAY, le=LAST_DAY, description="The first day.")]
To = Annotated[date, Query(ge=FIRST_DAY, le=LAST_DAY, description="The day after the last.")]


def grouped(by: Iterable[Group]) -> tuple[Group, ...]:
    """Each group once. Raises Problem 422 where a report would be by two kinds of period."""
    groups = tuple(dict.fromkeys(by))
    if sum(group in PERIODS for group in groups) > 1:
        raise Problem(422, "does-not-fit", "A report is by one kind of period: day, week or month.")
    return groups


def period_of(by: Sequence[str]) -> Period | None:
    """The kind of period that is among the groups."""
    return next((period for period in PERIODS if period in by), None)

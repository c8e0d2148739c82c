"""The groups and the days of a report."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from inspect import signature
from typing import Annotated, Any, TypeVar

from fastapi import Depends, Query, Request, Response
from sqlalchemy import Connection

from api.shared import exporting
from api.shared.fields import CalendarDay
from api.shared.filtering import filters
from api.shared.problems import wrong_parameter
from api.shared.reading import FIRST_DAY, LAST_DAY, exported, following, read, report
from projections.shared.reports import PERIODS, Days

Group = TypeVar("Group", bound=str)
Q = TypeVar("Q", bound=Days)


From = Annotated[CalendarDay, Query(alias="from", ge=FIRST_DAY, le=LAST_DAY, description="The first day.")]
To = Annotated[CalendarDay, Query(ge=FIRST_DAY, le=LAST_DAY, description="The day after the last day.")]


def grouped(by: Iterable[Group]) -> tuple[Group, ...]:
    """Each group once. Raises RequestValidationError if there is more than one kind of period."""
    groups = tuple(dict.fromkeys(by))
    if sum(group in PERIODS for group in groups) > 1:
        raise wrong_parameter("by", "A report has one kind of period at most: day, week or month")
    return groups


def questions(kind: type[Q], by: Any = None, /, **special: Any) -> Any:
    """A dependency: the question of a report. If the request gives no days or groups, it is about all days and grouped `by`.

    With an empty `by` everything is one group; without `by` the request cannot give groups. `special` are annotations of
    parameters, as in `filters`. Raises RequestValidationError if the request gives more than one kind of period.
    """
    filtered = filters(kind, {"by": tuple} if by is None else None, from_=From, to=To, **special)
    defaults = {"from_": FIRST_DAY, "to": LAST_DAY, "by": by}

    async def question(**asked: Any) -> Q:
        groups = asked.get("by")
        made: Q = await filtered(**asked | ({"by": grouped(groups)} if isinstance(groups, tuple) else {}))
        return made

    declared = signature(filtered)
    parameters = [one.replace(default=defaults.get(one.name, one.default)) for one in declared.parameters.values()]
    question.__signature__ = declared.replace(parameters=parameters)  # type: ignore[attr-defined]
    return Depends(question)


async def reported(
    request: Request,
    after: int,
    question: Q,
    read_models: tuple[str, ...],
    query: Callable[[Connection, Q], Any],
    *,
    snapshot: bool = True,
    **more: Any,
) -> Response:
    """A report: its days, the fields in `more`, and the result of the query on these read models.

    The query returns the groups, or the total and the groups. If the question has no groups, the total is the only group.
    """
    needed = dict.fromkeys(read_models)
    found, position = await read(request, needed, after, lambda connection: query(connection, question), snapshot=snapshot)
    total, groups = found if isinstance(found, tuple) else (None, found)
    if total is not None and getattr(question, "by", None) == ():
        groups = [total]
    parts = {"groups": groups} if total is None else {"total": total, "groups": groups}
    days = {"from": question.from_, "to": question.to, "zone": str(question.zone)}
    return report(request, {**days, **more, "position": position, **parts}, position)


async def reported_in_pages(
    request: Request,
    after: int,
    question: Q,
    read_models: tuple[str, ...],
    page: Callable[[Connection], tuple[Sequence[Any], str | None]],
    every: Callable[[Connection], Iterable[Any]],
    **more: Any,
) -> Response:
    """A page of a report; or all groups after the cursor, if the request asks for CSV or NDJSON.

    `page` gives the groups of the page and the cursor of the next page, `every` all groups.
    """
    needed = dict.fromkeys(read_models)
    if exporting.wanted(request):
        return await exported(request, needed, after, every)
    (groups, cursor), position = await read(request, needed, after, page, snapshot=True)
    days = {"from": question.from_, "to": question.to, "zone": str(question.zone)}
    return report(request, {**days, **more, "position": position, "groups": groups, **following(request, cursor)}, position)

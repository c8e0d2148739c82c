"""The counts of a campaign's report: members by stage, and conversions within the attribution window and outside it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, tzinfo
from functools import lru_cache
from typing import Any, NamedTuple
from uuid import UUID

import msgspec
from sqlalchemy import ColumnElement, Connection, Select, case, func, null, or_, select

from projections.marketing.campaign_members import conversions, has, members
from projections.marketing.campaigns import campaign_rows
from projections.marketing.member_book import BIT, MARKS, STAGES
from projections.shared.occurred import within

Group = tuple[UUID, str | None]

COUNTED = (*STAGES, "converted", "untargeted", "removed")
"""All stages, and the members who converted within the window, were touched but never targeted, or were removed."""


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """Members who were targeted (or, if never targeted, first touched) on days from `from_` to before `to`.

    Days are in `zone`; None leaves that side open.
    """

    from_: date | None = None
    to: date | None = None
    zone: tzinfo = UTC
    campaign_id: UUID | None = None
    by_variant: bool = False

    @property
    def of_all_time(self) -> bool:
        return self.from_ is None and self.to is None


class Sold(NamedTuple):
    """The number of conversions within the window and outside it, and their values in minor units."""

    conversions: int = 0
    value: int = 0
    outside: int = 0
    value_outside: int = 0


def members_by_stage(
    connection: Connection, question: Question, windows: Mapping[UUID, int | None]
) -> dict[Group, dict[str, int]]:
    """The number of members for each of COUNTED; `windows` are the campaigns' attribution windows in days."""
    alike = members.c.reached, members.c.converted_after
    query = _asked(select(*_group(question), *alike, func.count()), question).group_by(*_grouped_by(question), *alike)
    counted: dict[Group, dict[str, int]] = {}
    for campaign_id, variant, reached, after, count in connection.execute(query):
        window = windows.get(campaign_id)
        counts = counted.setdefault((campaign_id, variant), dict.fromkeys(COUNTED, 0))
        for stage in _counted_as(reached, window is None or (after is not None and after <= window)):
            counts[stage] += count
    return counted


@lru_cache(maxsize=4096)
def _counted_as(reached: int, in_time: bool) -> tuple[str, ...]:
    """The names in COUNTED for which a member with these marks counts; a removed member counts as removed only."""
    marks = {mark for mark in MARKS if reached & BIT[mark]}
    if "removed" in marks:
        return ("removed",)
    converted = ("converted",) if "converted" in marks and in_time else ()
    untargeted = ("untargeted",) if "touched" in marks and "targeted" not in marks else ()
    return *(stage for stage in STAGES if stage in marks), *converted, *untargeted


def sold(connection: Connection, question: Question) -> dict[Group, dict[str | None, Sold]]:
    """Conversions by currency; a conversion without a currency counts in the campaign's currency."""
    inside = _inside_window()
    value, currency = conversions.c.value, func.coalesce(conversions.c.currency, campaign_rows.c.currency)
    counts = (
        func.count(case((inside, 1))),
        func.coalesce(func.sum(case((inside, value))), 0),
        func.count(case((inside, None), else_=1)),
        func.coalesce(func.sum(case((inside, None), else_=value)), 0),
    )
    query = _converted(select(*_group(question), currency, *counts), question).group_by(*_grouped_by(question), currency)
    found: dict[Group, dict[str | None, Sold]] = {}
    for campaign_id, variant, of, *sums in connection.execute(query):
        found.setdefault((campaign_id, variant), {})[of] = Sold(*map(int, sums))
    return found


def _grouped_by(question: Question) -> tuple[ColumnElement[Any], ...]:
    return (members.c.campaign_id, members.c.variant) if question.by_variant else (members.c.campaign_id,)


def _group(question: Question) -> tuple[ColumnElement[Any], ...]:
    return _grouped_by(question) if question.by_variant else (members.c.campaign_id, null().label("variant"))


def _asked(query: Select[Any], question: Question) -> Select[Any]:
    query = query.where(within(members.c.started_at, members.c.started_on, question.from_, question.to, question.zone))
    return query if question.campaign_id is None else query.where(members.c.campaign_id == question.campaign_id)


def _converted(query: Select[Any], question: Question) -> Select[Any]:
    joined = conversions.join(members, members.c.member_id == conversions.c.member_id).outerjoin(
        campaign_rows, campaign_rows.c.campaign_id == members.c.campaign_id
    )
    return _asked(query.select_from(joined).where(~has("removed")), question)


def _inside_window() -> ColumnElement[bool]:
    window = campaign_rows.c.attribution_window_days
    return or_(window.is_(None), conversions.c.days_after <= window)

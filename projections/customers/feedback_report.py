"""Feedback by group: satisfaction, recommendation and effort, the response rate, and how long handling takes.

CSAT is the share of the two highest of five scores; NPS is Reichheld's (2003), on scores from 0 to 10; CES is the mean on its
own scale. Scales are never mixed.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Literal, NamedTuple

import msgspec
from sqlalchemy import Connection, select

from domain.customers.feedback.values import SCALES
from projections.customers.feedback import OPEN, tables
from projections.service.ticket_course import microseconds
from projections.service.ticket_measures import SECOND
from projections.shared.grouped import spreads
from projections.shared.occurred import day_of, within
from projections.shared.ratios import Ratio, proportion, ratio
from projections.shared.reports import PERIODS, Days, Key, Measure, first_day, measure
from projections.shared.rows import Row

Group = Literal["day", "week", "month", "channel", "kind", "agent"]

SATISFIED, PROMOTER, DETRACTOR = 4, 9, 6

CSAT = "answers of 4 or 5 / answers on the scale from 1 to 5"
NPS = "100 * (answers of 9 or 10 - answers of 0 to 6) / answers"
CES = "sum of the scores / answers, on this scale"
RESPONSE_RATE = "requests that were answered / requests"
MEAN = "sum of the durations / feedback with this duration"

_table: Any = tables.rows.c


class Effort(msgspec.Struct, frozen=True, kw_only=True):
    """Customer effort scores on one scale."""

    scale_min: int
    scale_max: int
    mean: Ratio


class Figures(msgspec.Struct, frozen=True, kw_only=True):
    """Scores, kinds and handling of the feedback that was `submitted`. The response rate is that of the requested feedback.

    `open` feedback is not resolved or dismissed yet; `unacknowledged` feedback is open and not acknowledged yet either.
    A duration covers only feedback that reached its end, so if much feedback is open, the means are too short.
    """

    submitted: int
    complaints: int
    praise: int
    suggestions: int
    csat: Ratio
    csat_on_other_scales: int
    nps: Ratio
    promoters: int
    passives: int
    detractors: int
    ces: list[Effort]
    response_rate: Ratio
    acknowledgement: Measure
    resolution: Measure
    resolved: int
    dismissed: int
    open: int
    unacknowledged: int


class Question(Days, frozen=True, kw_only=True):
    """Feedback submitted (and requested) on days from `from_` to before `to` in `zone`, with these values; None means any."""

    by: tuple[Group, ...] = ()
    kind: str | None = None
    channel: str | None = None
    agent: str | None = None


class GroupRows(NamedTuple):
    """The rows of one group: feedback submitted on its days, and feedback requested on its days."""

    submitted: list[Row]
    requested: list[Row]


def figures(connection: Connection, question: Question) -> tuple[Figures, dict[Key, Figures]]:
    """The figures of all feedback, and of each group by its values in the order of `by`."""
    submitted = _rows(connection, question, "submitted", "")
    requested = _rows(connection, question, "requested", "requested_")
    groups: defaultdict[Key, GroupRows] = defaultdict(lambda: GroupRows([], []))
    for row in submitted if question.by else ():
        groups[_key(question, row, "submitted", "")].submitted.append(row)
    for row in requested if question.by else ():
        groups[_key(question, row, "requested", "requested_")].requested.append(row)
    return _figures(GroupRows(submitted, requested)), {key: _figures(group) for key, group in groups.items()}


def _rows(connection: Connection, question: Question, moment: str, prefix: str) -> list[Row]:
    at, own = _table[f"{moment}_at"], _table[f"{moment}_on"]
    query = select(*(column for column in _table if column.name not in ("lists", "subject")))
    query = query.where(at.is_not(None), within(at, own, question.from_, question.to, question.zone))
    for name in ("kind", "channel", "agent"):
        if (value := getattr(question, name)) is not None:
            query = query.where(_table[prefix + name] == value)
    return [dict(row) for row in connection.execute(query).mappings()]


def _key(question: Question, row: Row, moment: str, prefix: str) -> Key:
    day = day_of(row[f"{moment}_at"], row[f"{moment}_on"], question.zone)
    return tuple(first_day(day, name) if name in PERIODS else row[prefix + name] for name in question.by)


# How they are counted


def _figures(group: GroupRows) -> Figures:
    rows = group.submitted
    kinds = Counter(row["kind"] for row in rows)
    statuses = Counter(row["status"] for row in rows)
    csat = [row["score"] for row in rows if row["kind"] == "csat" and _scale(row) == _of("csat")]
    nps = [row["score"] for row in rows if row["kind"] == "nps"]
    promoters, detractors = sum(score >= PROMOTER for score in nps), sum(score <= DETRACTOR for score in nps)
    satisfied = sum(score >= SATISFIED for score in csat)
    return Figures(
        submitted=len(rows),
        complaints=kinds["complaint"],
        praise=kinds["praise"],
        suggestions=kinds["suggestion"],
        csat=proportion(satisfied, len(csat), "1", CSAT, "nobody answered on this scale"),
        csat_on_other_scales=kinds["csat"] - len(csat),
        nps=ratio(100 * (promoters - detractors), len(nps), "points", NPS, "nobody answered"),
        promoters=promoters,
        passives=len(nps) - promoters - detractors,
        detractors=detractors,
        ces=_efforts(rows),
        response_rate=_response_rate(group.requested),
        acknowledgement=_duration(rows, lambda row: row["acknowledged_at"]),
        resolution=_duration(rows, lambda row: row["resolved_at"] if row["ended"] == "resolved" else None),
        resolved=statuses["resolved"],
        dismissed=statuses["dismissed"],
        open=sum(statuses[status] for status in OPEN),
        unacknowledged=statuses["submitted"],
    )


def _scale(row: Row) -> tuple[int, int]:
    return row["scale_min"], row["scale_max"]


def _of(kind: str) -> tuple[int, int]:
    return SCALES[kind].min, SCALES[kind].max


def _efforts(rows: Sequence[Row]) -> list[Effort]:
    scores: defaultdict[tuple[int, int], list[int]] = defaultdict(list)
    for row in rows:
        if row["kind"] == "ces":
            scores[_scale(row)].append(row["score"])
    return [
        Effort(scale_min=least, scale_max=most, mean=ratio(sum(given), len(given), "points", CES, "nobody answered"))
        for (least, most), given in sorted(scores.items())
    ]


def _response_rate(requested: Sequence[Row]) -> Ratio:
    answered = sum(row["submitted_at"] is not None for row in requested)
    return proportion(answered, len(requested), "1", RESPONSE_RATE, "no request is known")


def _duration(rows: Sequence[Row], end: Callable[[Row], datetime | None]) -> Measure:
    """The time from submission to `end`; feedback without that end, or with one before its submission, is left out."""
    import numpy as np

    ends = [(row["submitted_at"], at) for row in rows if (at := end(row)) is not None and at >= row["submitted_at"]]
    took = np.array([microseconds(at) - microseconds(began) for began, at in ends], dtype=np.int64)
    [spread] = spreads(took, np.zeros(len(took), dtype=np.int64), 1)
    return measure(spread, SECOND, "seconds", MEAN, "no feedback has this duration yet")

"""Feedback by group: satisfaction, recommendation and effort, the response rate, and how long handling takes.

CSAT is the share of the two highest of five scores; NPS is Reichheld's (2003), on scores from 0 to 10; CES is the mean on its
own scale. Scales are never mixed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, cast

from sqlalchemy import ColumnElement, Connection, or_

from domain.customers.feedback.values import SCALES, Kind
from projections.customers.feedback import tables
from projections.customers.feedback_figures import DATED, ENDS, KINDS, NONE, SCORES, TYPES, UNKNOWN
from projections.customers.feedback_scores import counts, mean_score, rates
from projections.service.ticket_columns import EARLIEST, LATEST
from projections.service.ticket_measures import SECOND
from projections.shared.day_vectors import as_date, days_of, first_days, inside
from projections.shared.distributions import Described, distributed
from projections.shared.figures import Figure
from projections.shared.group_vectors import groups
from projections.shared.grouped import Gathered, spreads
from projections.shared.occurred import within
from projections.shared.reports import PERIODS, Days, Key, Period
from projections.shared.vectors import Codes, by_place, portions

if TYPE_CHECKING:
    from projections.shared.vectors import Whole

Group = Literal["day", "week", "month", "channel", "kind", "agent"]

SATISFIED, PROMOTER, DETRACTOR = 4, 9, 6

PREFIXES = {"submitted": "", "requested": "requested_"}
"""The moments that date feedback, and the beginning of the names of the columns that are as of then."""
SCALED = ("scale_min", "scale_max", "score")
WIDTH = 256
"""More than any number of a kind or a status."""

_table: Any = tables.rows.c

DURATIONS = {
    "acknowledgement": "from the submission to the first acknowledgement",
    "resolution": "from the submission to the first resolution, of feedback that is resolved now",
}
HAVING, NO_VALUE = "feedback with this duration", "no feedback has this duration yet"

Figures = dict[str, Figure]
"""The figures of the feedback that was submitted: those of `counts` and `rates`, the statistics of `DURATIONS`,
and `ces_1_to_7` and so on of each scale.

The response rate is that of the requested feedback. A duration covers only feedback that reached its end, so if much feedback
is open, the means are too short.
"""


class Question(Days, frozen=True, kw_only=True):
    """Feedback submitted (and requested) on days from `from_` to before `to` in `zone`, with these values; None means any."""

    by: tuple[Group, ...] = ()
    kind: str | None = None
    channel: str | None = None
    agent: str | None = None


def figures(connection: Connection, question: Question) -> tuple[Figures, dict[Key, Figures]]:
    """The figures of all feedback, and of each group by its values in the order of `by`."""
    count = _Count(question)
    columns: dict[str, Any] = {name: _table[name] for name in ("figures", *count.texts)}
    where = asked_days(question)
    for portion in portions(connection, columns, where, by_place(connection, tables.rows, where)):
        count.add(portion)
    return count.figures()


def asked_days(question: Question) -> list[ColumnElement[bool]]:
    """Feedback submitted or requested on these days, which indexes serve; no condition for all days."""
    if question.from_ <= EARLIEST and question.to >= LATEST:
        return []
    days = question.from_, question.to, question.zone
    return [or_(*(within(_table[f"{name}_at"], _table[f"{name}_on"], *days) for name in DATED))]


class _Count:
    """Feedback that arrives in portions: what was submitted on the days asked for, and what was requested on them."""

    def __init__(self, question: Question) -> None:
        self._question = question
        asked = [name for name in ("channel", "agent") if name in question.by or getattr(question, name) is not None]
        self.texts = [prefix + name for name in asked for prefix in PREFIXES.values()]
        self._codes = {name: Codes() for name in asked}
        self._gathered = Gathered()

    def add(self, portion: Mapping[str, Any]) -> None:
        import numpy as np

        rows = np.frombuffer(portion["figures"], dtype=TYPES)
        for moment, prefix in PREFIXES.items():
            texts = {name: codes.of(portion[prefix + name]) for name, codes in self._codes.items()}
            values = {"kind": rows[f"{prefix}kind"].astype(np.int64), **texts}
            which = self._asked(rows, moment, values)
            self._add(rows[which], moment, {name: column[which] for name, column in values.items()})

    def _asked(self, rows: Any, moment: str, values: Mapping[str, Whole]) -> Any:
        """Which of the rows the question is about."""
        import numpy as np

        question = self._question
        at, own = rows[moment].astype(np.int64), rows[f"{moment}_on"].astype(np.int64)
        which = (at != UNKNOWN) & inside(at, own, question.from_, question.to, question.zone)
        if question.kind is not None:
            which &= values["kind"] == KINDS.index(cast(Kind, question.kind))
        for name, codes in self._codes.items():
            if (text := getattr(question, name)) is not None:
                which &= values[name] == (codes.texts.index(text) if text in codes.texts else -1)
        return which

    def _add(self, rows: Any, moment: str, values: Mapping[str, Whole]) -> None:
        for name in self._question.by:
            column = self._periods(rows, moment, name) if name in PERIODS else values[name]
            self._gathered.add(**{f"{moment}/{name}": column})
        if moment == "requested":
            self._gathered.add(answered=rows["submitted"] != UNKNOWN)
        else:
            durations = {name: _durations(rows, name) for name in ("acknowledged", "resolved")}
            self._gathered.add(**{name: rows[name] for name in (*SCORES, "kind", "status")}, **durations)

    def _periods(self, rows: Any, moment: str, period: Period) -> Whole:
        """The first day of the period of each row."""
        import numpy as np

        at, own = rows[moment].astype(np.int64), rows[f"{moment}_on"].astype(np.int64)
        return first_days(days_of(at, own, self._question.zone), period)

    def figures(self) -> tuple[Figures, dict[Key, Figures]]:
        import numpy as np

        taken = {moment: [self._gathered.take(f"{moment}/{name}") for name in self._question.by] for moment in PREFIXES}
        columns = {name: self._gathered.take(name) for name in (*SCORES, "kind", "status", "acknowledged", "resolved")}
        answered = self._gathered.take("answered") > 0
        submitted, alike = len(columns["kind"]), np.zeros(len(columns["kind"]) + len(answered), dtype=np.int64)
        [total] = _figures(columns, answered, alike[:submitted], alike[submitted:], 1)
        if not self._question.by:
            return total, {}
        grouped = groups(*(np.concatenate(pair) for pair in zip(*taken.values(), strict=True)))
        of_rows, of_requests = np.split(grouped.of_rows, [submitted])
        found = _figures(columns, answered, of_rows, of_requests, grouped.length)
        return total, {self._key(key): figures for key, figures in zip(grouped.keys, found, strict=True)}

    def _key(self, key: Sequence[int]) -> Key:
        return tuple(self._value(name, number) for name, number in zip(self._question.by, key, strict=True))

    def _value(self, name: str, number: int) -> str | date | None:
        if name in PERIODS:
            return as_date(number)
        if name == "kind":
            return None if number == NONE else KINDS[number]
        return self._codes[name].texts[number] or None


# How they are counted


class _Scores(NamedTuple):
    """How many answers, and how many requests, each group has."""

    csat: list[int]
    satisfied: list[int]
    nps: list[int]
    promoters: list[int]
    detractors: list[int]
    requests: list[int]
    replied: list[int]


def _figures(columns: Mapping[str, Any], answered: Any, of_rows: Whole, of_requests: Whole, length: int) -> list[Figures]:
    """The figures of each group; `of_rows` and `of_requests` have the group of what was submitted and requested."""
    kinds, statuses = (_table_of(of_rows, length, columns[name]) for name in ("kind", "status"))
    scores = _scores(columns, answered, of_rows, of_requests, length)
    parts = (
        map(counts, kinds, statuses, scores.csat, scores.nps, scores.promoters, scores.detractors),
        map(rates, *scores),
        _efforts(columns, of_rows, length),
        _measures("acknowledgement", columns["acknowledged"], of_rows, length),
        _measures("resolution", columns["resolved"], of_rows, length),
    )
    return [{name: figure for part in row for name, figure in part.items()} for row in zip(*parts, strict=True)]


def _scores(columns: Mapping[str, Any], answered: Any, of_rows: Whole, of_requests: Whole, length: int) -> _Scores:
    score, is_csat, is_nps = columns["score"], columns["kind"] == KINDS.index("csat"), columns["kind"] == KINDS.index("nps")
    on_scale = is_csat & (columns["scale_min"] == SCALES["csat"].min) & (columns["scale_max"] == SCALES["csat"].max)
    return _Scores(
        csat=_counted(of_rows[on_scale], length),
        satisfied=_counted(of_rows[on_scale & (score >= SATISFIED)], length),
        nps=_counted(of_rows[is_nps], length),
        promoters=_counted(of_rows[is_nps & (score >= PROMOTER)], length),
        detractors=_counted(of_rows[is_nps & (score <= DETRACTOR)], length),
        requests=_counted(of_requests, length),
        replied=_counted(of_requests[answered], length),
    )


def _counted(groups: Whole, length: int) -> list[int]:
    import numpy as np

    counts: list[int] = np.bincount(groups, minlength=length).tolist()
    return counts


def _table_of(groups: Whole, length: int, values: Any) -> list[list[int]]:
    """How many rows of each group have each value."""
    import numpy as np

    table: list[list[int]] = np.bincount(groups * WIDTH + values, minlength=length * WIDTH).reshape(-1, WIDTH).tolist()
    return table


def _efforts(columns: Mapping[str, Any], of_rows: Whole, length: int) -> list[Figures]:
    """The mean score of each group on each scale."""
    import numpy as np

    which = np.flatnonzero(columns["kind"] == KINDS.index("ces"))
    of_group, least, most, score = (column[which].astype(np.int64) for column in (of_rows, *(columns[name] for name in SCALED)))
    found: list[Figures] = [{} for _ in range(length)]
    scales = groups(of_group, least, most)
    counts, sums = _counted(scales.of_rows, scales.length), np.zeros((2, scales.length), dtype=np.int64)
    for one, powers in zip(sums, (score, score**2), strict=True):
        np.add.at(one, scales.of_rows, powers)
    for (group, low, high), count, total, of_squares in zip(scales.keys, counts, *sums.tolist(), strict=True):
        found[group][f"ces_{low}_to_{high}"] = mean_score(count, total, of_squares, low, high)
    return found


def _durations(rows: Any, end: str) -> Whole:
    """The time from the submission to this end; UNKNOWN without that end, or if it was before the submission."""
    import numpy as np

    took = rows[end].astype(np.int64) - rows["submitted"].astype(np.int64)
    known = took >= 0
    if end == "resolved":
        known &= rows["ended"] == ENDS.index("resolved")
    return np.where(known, took, UNKNOWN)


def _measures(name: str, durations: Whole, of_rows: Whole, length: int) -> list[Figures]:
    import numpy as np

    known = np.flatnonzero(durations != UNKNOWN)
    what = Described(name, SECOND, "seconds", DURATIONS[name], HAVING, NO_VALUE)
    return [distributed(what, spread) for spread in spreads(durations[known], of_rows[known], length, bounded=True)]

"""The report on feedback over columns, against the same figures counted row by row, in portions."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.customers.feedback.values import SCALES
from projections.customers.feedback import feedback, tables
from projections.customers.feedback_figures import ENDS, KINDS, STATUSES, packed
from projections.customers.feedback_report import Figures, Question, figures
from projections.shared.grouped import QUANTILES
from projections.shared.occurred import day_of
from projections.shared.reports import PERIODS, first_day
from projections.shared.rows import Row, Rows
from tests.projections.harness import in_memory, uuid

BEGAN = datetime(2024, 3, 1, tzinfo=UTC)
ZONE = ZoneInfo("America/St_Johns")
MOMENTS = st.none() | st.integers(0, 3000).map(lambda minutes: BEGAN + timedelta(minutes=7 * minutes))
DAYS = st.none() | st.integers(0, 14).map(lambda days: BEGAN.date() + timedelta(days=days))
TEXTS = st.none() | st.sampled_from(["a", "b"])
KIND = st.none() | st.sampled_from(KINDS)
BY = st.lists(st.sampled_from(["kind", "channel", "agent"]), unique=True, max_size=3).flatmap(
    lambda names: st.sampled_from([tuple(names), ("week", *names), (*names, "day")])
)


@st.composite
def rows(draw: st.DrawFn) -> Row:
    kind = draw(st.sampled_from(KINDS))
    low, high = draw(st.sampled_from([(1, 5), (0, 10), (1, 7)]))
    if kind == "nps":
        low, high = 0, 10
    moments = {name: draw(MOMENTS) for name in ("requested_at", "submitted_at", "acknowledged_at", "resolved_at")}
    return {
        **dict.fromkeys(column.name for column in tables.rows.c),
        **moments,
        "status": draw(st.sampled_from(STATUSES)),
        "kind": kind,
        "score": draw(st.integers(low, high)),
        "scale_min": low,
        "scale_max": high,
        "ended": draw(st.none() | st.sampled_from(ENDS)),
        "requested_kind": draw(KIND),
        "requested_on": draw(DAYS) if moments["requested_at"] else None,
        "submitted_on": draw(DAYS) if moments["submitted_at"] else None,
        **{name: draw(TEXTS) for name in ("channel", "agent", "requested_channel", "requested_agent")},
        "position": 1,
        "version": 1,
        "irregular": 0,
        "lists": "{}",
        "attributes": "{}",
        "occurred_at": BEGAN,
    }


@settings(max_examples=40, deadline=None)
@given(
    some=st.lists(rows(), max_size=12),
    by=BY,
    kind=KIND,
    agent=TEXTS,
    period=st.sampled_from([(date(2024, 3, 3), date(2024, 3, 11)), (date(1900, 1, 1), date(9999, 1, 1))]),
)
def test_the_figures_are_those_of_each_row(
    some: list[Row], by: Any, kind: str | None, agent: str | None, period: tuple[date, date]
) -> None:
    with in_memory(feedback) as connection, pytest.MonkeyPatch.context() as patch:
        patch.setattr("projections.shared.vectors.ROWS", 3)
        kept = [row | {"feedback_id": uuid(n), "subject": uuid(n), "figures": packed(row)} for n, row in enumerate(some)]
        Rows(connection).insert(tables.rows, kept)
        asked = Question(from_=period[0], to=period[1], zone=ZONE, by=by, kind=kind, agent=agent)
        total, groups = figures(connection, asked)
    expected: dict[Any, tuple[list[Row], list[Row]]] = defaultdict(lambda: ([], []))
    for place, (moment, prefix) in enumerate((("submitted", ""), ("requested", "requested_"))):
        for row in some:
            if row[f"{moment}_at"] is None or any(
                one is not None and row[prefix + name] != one for name, one in (("kind", kind), ("agent", agent))
            ):
                continue
            day = day_of(row[f"{moment}_at"], row[f"{moment}_on"], ZONE)
            if period[0] <= day < period[1]:
                key: Any = tuple(first_day(day, name) if name in PERIODS else row[prefix + name] for name in by)
                for group in ("total", *([key] if by else [])):
                    expected[group][place].append(row)
    assert groups.keys() == expected.keys() - {"total"}
    for key, found in (("total", total), *groups.items()):
        _assert_figures(found, *expected[key])


def _assert_figures(found: Figures, submitted: Sequence[Row], requested: Sequence[Row]) -> None:
    kinds, statuses = (Counter(row[name] for row in submitted) for name in ("kind", "status"))
    on_scale = SCALES["csat"].min, SCALES["csat"].max
    csat = [row["score"] for row in submitted if row["kind"] == "csat" and (row["scale_min"], row["scale_max"]) == on_scale]
    nps = [row["score"] for row in submitted if row["kind"] == "nps"]
    promoters, detractors = sum(score >= 9 for score in nps), sum(score <= 6 for score in nps)
    counts = {
        "submitted": len(submitted),
        "complaints": kinds["complaint"],
        "praise": kinds["praise"],
        "suggestions": kinds["suggestion"],
        "csat_on_other_scales": kinds["csat"] - len(csat),
        "promoters": promoters,
        "passives": len(nps) - promoters - detractors,
        "detractors": detractors,
        "resolved": statuses["resolved"],
        "dismissed": statuses["dismissed"],
        "open": statuses["submitted"] + statuses["acknowledged"],
        "unacknowledged": statuses["submitted"],
    }
    assert {name: found[name].value for name in counts} == counts
    answered = sum(row["submitted_at"] is not None for row in requested)
    divided = {
        "csat": (sum(score >= 4 for score in csat), len(csat)),
        "nps": (100 * (promoters - detractors), len(nps)),
        "response_rate": (answered, len(requested)),
    }
    efforts: dict[Any, list[int]] = defaultdict(list)
    for row in submitted:
        if row["kind"] == "ces":
            efforts[f"ces_{row['scale_min']}_to_{row['scale_max']}"].append(row["score"])
    divided |= {name: (sum(scores), len(scores)) for name, scores in efforts.items()}
    assert {name for name in found if name.startswith("ces")} == efforts.keys()
    assert {name: (found[name].numerator, found[name].denominator) for name in divided} == divided
    _assert_measure(found, "acknowledgement", [(row["submitted_at"], row["acknowledged_at"]) for row in submitted])
    resolved = [row for row in submitted if row["ended"] == "resolved"]
    _assert_measure(found, "resolution", [(row["submitted_at"], row["resolved_at"]) for row in resolved])


def _assert_measure(found: Figures, measure: str, ends: Sequence[tuple[datetime, datetime | None]]) -> None:
    took = sorted(int((end - began).total_seconds()) for began, end in ends if end is not None and end >= began)
    mean, largest = found[f"{measure}_mean"], found[f"{measure}_max"]
    assert (mean.denominator, mean.numerator, largest.value) == (len(took), sum(took), took[-1] if took else None)
    for name, (part, of) in QUANTILES.items():
        at, rest = divmod((len(took) - 1) * part, of)
        between = Fraction((took[at + 1] - took[at]) * rest, of) if rest and took else 0
        assert found[f"{measure}_{name}"].value == (took[at] + between if took else None)

"""The benchmark of reports runs, small: every report answers from the rows that it fills in, on both engines."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.benchmarks.reports.measuring import fill
from tests.benchmarks.reports.one import measured
from tests.benchmarks.reports.part import Part
from tests.benchmarks.reports.parts import PARTS
from tests.benchmarks.reports.table import WHAT, line

ROWS = 60


@pytest.mark.parametrize("part", PARTS, ids=lambda part: next(iter(part.reports)))
@pytest.mark.parametrize("engine", ["sqlite", pytest.param("postgresql", marks=pytest.mark.servers)])
def test_every_report_is_measured(part: Part, engine: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    database = str(tmp_path / "reports.db") if engine == "sqlite" else request.getfixturevalue("database_url")
    fill(database, part, ROWS)
    for name in part.reports:
        one = measured(name, database)
        assert one.answer > 2, f"the answer of {name} is empty"
        assert name in line(engine, name, one)


def test_every_report_of_the_page_is_one_of_a_part() -> None:
    assert WHAT.keys() <= {name for part in PARTS for name in part.reports}

"""The benchmark's reports on tickets, feedback and segments, small: both engines give the same answers, in many portions."""

from pathlib import Path

import pytest

from infra.read_models.digest import one_moment
from tests.benchmarks.reports.measuring import fill
from tests.benchmarks.reports.one import opened
from tests.benchmarks.reports.part import Part
from tests.benchmarks.reports.segments import PART as SEGMENTS
from tests.benchmarks.reports.service import PART as SERVICE

ROWS = 2_000


@pytest.mark.parametrize("part", [SERVICE, SEGMENTS], ids=["service", "segments"])
def test_both_engines_give_the_same_answers(
    part: Part, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("projections.shared.vectors.ROWS", 300)
    monkeypatch.setattr("projections.shared.vectors.PAGES", 7)
    answers = []
    for database in (str(tmp_path / "read-models.db"), database_url):
        fill(database, part, ROWS)
        read_models = opened(database)
        with one_moment(read_models) as connection:
            answers.append({name: report(connection) for name, report in part.reports.items()})
        read_models.close()
    assert answers[0] == answers[1]

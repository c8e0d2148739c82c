"""A run of many rounds can be interrupted: a repeat goes on with what the file of results does not have."""

from __future__ import annotations

from pathlib import Path

from tests.faults.chaos import Played, Results
from tests.faults.table import Row


def test_results_are_kept_by_seed_and_their_tables_add_up(tmp_path: Path) -> None:
    # Given the results of two deployments, one of which failed
    results = Results(tmp_path / "results")
    results.add(Played(1, {"kill relay": Row(rounds=2, accepted=40, longest_pause=1.5)}, None))
    results.add(Played(2, {"kill relay": Row(rounds=1, accepted=9, lost=1, failed=1, longest_pause=0.5)}, "the log lacks one"))
    # When a repeat opens the file
    again = Results(tmp_path / "results")
    # Then it knows both
    assert (again.seeds(), again.failed()) == ({1, 2}, [2])
    assert again.whole() == {"kill relay": Row(rounds=3, accepted=49, lost=1, failed=1, longest_pause=1.5)}


def test_without_a_file_there_are_no_results_at_the_start(tmp_path: Path) -> None:
    assert Results(None).known == Results(tmp_path / "not there yet").known == []

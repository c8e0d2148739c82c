"""When a figure counts as fallen, and what is recorded about a figure."""

from pathlib import Path

import msgspec
import pytest

from tests.benchmarks.guard import (
    Place,
    Record,
    Recorded,
    elsewhere,
    fallen,
    not_compared,
    read_record,
    summary,
    write_record,
)

HERE = Place(commit="297b317", changed=False, date="2026-03-01", machine="x86_64", cores=2, python="3.11.7", load="wrk")


def _recorded(ratio: float, spread: float) -> Recorded:
    return Recorded(what="Customers are registered", ratio=ratio, spread=spread, runs=[ratio], rounds=5, place=HERE)


def _record(ratio: float, spread: float) -> Record:
    return Record(figures={"register": _recorded(ratio, spread)})


def test_a_figure_lower_by_16_percent_has_not_fallen_where_the_spread_is_10() -> None:
    assert fallen(_record(4.0, spread=0.10), {"register": 4.0 * 0.84}) == []


def test_a_figure_lower_by_16_percent_has_fallen_where_the_spread_is_5() -> None:
    assert len(fallen(_record(4.0, spread=0.05), {"register": 4.0 * 0.84})) == 1


def test_a_figure_lower_by_14_percent_has_not_fallen_however_small_the_spread() -> None:
    assert fallen(_record(4.0, spread=0.0), {"register": 4.0 * 0.86}) == []


def test_a_figure_lower_by_30_percent_has_fallen_and_the_line_says_from_where_to_where() -> None:
    assert fallen(_record(4.0, spread=0.05), {"register": 2.8}) == [
        "register fell by 30%: from 4 to 2.8 times its peer, where the spread is 5%"
    ]


def test_a_figure_that_rose_has_not_fallen() -> None:
    assert fallen(_record(4.0, spread=0.0), {"register": 8.0}) == []


def test_only_fallen_figures_are_named() -> None:
    record = Record(figures={"register": _recorded(4.0, 0.05), "change": _recorded(5.0, 0.05)})
    [line] = fallen(record, {"register": 4.0, "change": 2.5})
    assert line.startswith("change fell by 50%")


def test_a_figure_that_is_not_in_the_record_is_reported_and_has_not_fallen() -> None:
    ratios = {"register": 4.0, "relay": 0.7}
    assert not_compared(_record(4.0, spread=0.05), ratios) == ["relay is not in the record: nothing to compare it with"]
    assert fallen(_record(4.0, spread=0.05), ratios) == []


def test_a_figure_that_was_recorded_on_another_machine_is_reported() -> None:
    there = msgspec.structs.replace(HERE, cores=8, commit="other", date="2026-04-01")
    assert elsewhere(_record(4.0, spread=0.05), ["register", "relay"], there) == [
        "register was recorded elsewhere: x86_64, 2 cores, Python 3.11.7, load from wrk"
    ]


def test_another_commit_and_another_day_are_not_another_machine() -> None:
    later = msgspec.structs.replace(HERE, commit="other", date="2026-04-01", changed=True)
    assert elsewhere(_record(4.0, spread=0.05), ["register"], later) == []


def test_the_ratio_is_the_median_of_the_runs_medians() -> None:
    recorded = summary("", [[1.0, 2.0, 9.0], [3.0, 3.0, 3.0], [4.0, 4.0, 1.0]], HERE)
    assert (recorded.ratio, recorded.runs, recorded.rounds) == (3.0, [2.0, 3.0, 4.0], 9)


def test_the_spread_is_at_least_the_difference_between_the_runs() -> None:
    recorded = summary("", [[4.0] * 5, [4.0] * 5, [3.0] * 5], HERE)
    assert recorded.spread == pytest.approx(0.25)


def test_the_spread_is_at_least_half_the_interquartile_range_of_the_rounds() -> None:
    recorded = summary("", [[1.0, 3.0, 4.0, 5.0, 7.0]], HERE)
    assert recorded.spread == pytest.approx(0.25)


def test_one_disturbed_round_does_not_move_the_spread() -> None:
    assert summary("", [[4.0, 4.0, 4.0, 4.0, 0.1]], HERE).spread == 0.0


def test_recorded_figures_are_read_unchanged_and_other_figures_stay(tmp_path: Path) -> None:
    path, order = tmp_path / "benchmarks.json", ("register", "change")
    write_record({"change": _recorded(5.0, 0.05)}, order, path)
    write_record({"register": _recorded(4.0, 0.10)}, order, path)
    assert list(read_record(path).figures.items()) == [("register", _recorded(4.0, 0.10)), ("change", _recorded(5.0, 0.05))]


def test_without_a_record_there_are_no_figures(tmp_path: Path) -> None:
    assert read_record(tmp_path / "benchmarks.json").figures == {}

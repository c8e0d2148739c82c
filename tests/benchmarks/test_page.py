"""docs/benchmarks.md is what was measured, and says honestly what is met."""

from collections import Counter
from pathlib import Path

import msgspec
import pytest

from tests.benchmarks import page
from tests.benchmarks.figures import Figure, alone, compared, in_turn
from tests.benchmarks.guard import Place
from tests.benchmarks.page import HEAD, NOT_MEASURED, Run
from tests.benchmarks.place import Machine
from tests.benchmarks.reports.table import WHAT, Measured, Reports
from tests.benchmarks.rows import ENGINES, ROWS, SECTIONS, WAITS, Target


def _run(**figures: Figure) -> Run:
    return Run(
        place=Place(
            commit="297b3170", changed=True, date="2026-03-01", machine="x86_64", cores=2, python="3.11.7", load="Node.js v20"
        ),
        machine=Machine(processor="EPYC", memory_gb=23, kernel="Linux 6", versions={}, durability={"PostgreSQL fsync": "on"}),
        rounds=5,
        seconds=4,
        minutes=18.4,
        figures={name.replace("_", "-"): figure for name, figure in figures.items()},
    )


def _cells(text: str, what: str) -> list[dict[str, str]]:
    lines = (line for line in text.splitlines() if line.startswith(f"| {what} |"))
    return [dict(zip(HEAD, (cell.strip() for cell in line.strip("|").split("|")), strict=True)) for line in lines]


def test_the_page_is_written_from_the_record() -> None:
    assert page.PAGE.read_text() == page.text(page.read()), "write it again: python -m tests.benchmarks.page"


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    run = _run(relay=compared([(50.0, 100.0)]))
    page.write(run, tmp_path / "record.json", tmp_path / "page.md")
    assert page.read(tmp_path / "record.json") == run
    assert (tmp_path / "page.md").read_text() == page.text(run)


def test_every_figure_that_is_required_has_a_row_with_both_bounds() -> None:
    bounds = {name: (row.target.required, row.target.aim) for name, row in ROWS.items() if row.target}
    required: dict[str, tuple[float, float | None]] = {
        "register-64-crud-1": (4, 6),
        "register-16-crud-1": (3, 4),
        "register-1-crud-1": (1, 1.3),
        "change-64-crud-1": (6, 8),
        "register-64-nothing-1": (0.3, 0.4),
        "get-64-crud-1": (1, 2),
        "relay": (0.7, 0.85),
        "projector": (0.5, None),
        "visible-p99": (200, 100),
        **{f"fold-{engine}": (6000, 10_000) for engine in ENGINES},
        **{f"bytes-log-{engine}": (700, None) for engine in ENGINES},
        **{f"bytes-read-models-{engine}": (1200, None) for engine in ENGINES},
        **{f"wait-{kind}-{engine}": (1, None) for kind in WAITS for engine in ENGINES},
    }
    assert bounds == required


def test_no_row_is_in_two_sections() -> None:
    assert max(Counter(name for rows in SECTIONS.values() for name in rows).values()) == 1


@pytest.mark.parametrize(
    ("target", "value", "said"),
    [
        (Target(4, 6), 3.99, "**not met**"),
        (Target(4, 6), 4.0, "required met"),
        (Target(4, 6), 6.0, "aim met"),
        (Target(700, at_most=True), 701.0, "**not met**"),
        (Target(700, at_most=True), 10.0, "required met"),
        (Target(200, 100, at_most=True), 201.0, "**not met**"),
        (Target(200, 100, at_most=True), 200.0, "required met"),
        (Target(200, 100, at_most=True), 100.0, "aim met"),
    ],
)
def test_a_row_says_which_bound_is_met(target: Target, value: float, said: str) -> None:
    assert target.met(value) == said


def test_a_row_shows_both_sides_and_the_ratio() -> None:
    text = page.text(_run(relay=compared([(50.0, 100.0), (80.0, 100.0), (60.0, 90.0)])))
    [row] = _cells(text, ROWS["relay"].what)
    assert (row["Recount"], row["peer"], row["ratio"], row["met"]) == ("60", "100", "0.67", "**not met**")
    assert (row["required"], row["aim"]) == ("≥ 0.7", "≥ 0.85")


def test_a_figure_without_a_peer_is_held_against_the_bound_itself() -> None:
    [row] = _cells(page.text(_run(visible_p99=alone([120.0, 130.0, 90.0]))), ROWS["visible-p99"].what)
    assert (row["Recount"], row["peer"], row["ratio"], row["required"], row["met"]) == (
        "120",
        "–",
        "–",
        "≤ 200",
        "required met",
    )


def test_one_round_has_no_spread() -> None:
    [row] = _cells(page.text(_run(bytes_log_sqlite=alone([560.2]))), ROWS["bytes-log-sqlite"].what)
    assert (row["Recount"], row["spread"], row["required"], row["aim"], row["met"]) == (
        "560",
        "–",
        "≤ 700",
        "–",
        "required met",
    )


@pytest.mark.parametrize(
    ("wall", "peak", "said"),
    [(2.0, 600, "aim met"), (2.01, 600, "required met"), (3.01, 100, "**not met**"), (0.1, 601, "**not met**")],
)
def test_a_report_is_held_against_time_and_memory(wall: float, peak: float, said: str) -> None:
    one = Measured(wall=wall, cpu=0.5, again=0.25, peak=peak, left=90.0, left_again=90.0, answer=10)
    run = msgspec.structs.replace(_run(), reports=Reports(rows=1000, minutes=2.5, measured={"postgresql": {"cohorts": one}}))
    what = WHAT["cohorts"]
    [row] = [line for line in page.text(run).splitlines() if line.startswith(f"| {what} | PostgreSQL |")]
    assert row == f"| {what} | PostgreSQL | {wall:.2f} | 0.25 | 0.50 | {peak} | {said} |"
    assert f"| {what} | SQLite | – | – | – | – | – |" in page.text(run)


def test_what_was_not_measured_is_said() -> None:
    text = page.text(None)
    assert text.count(NOT_MEASURED) == len(ROWS)
    assert "met |" not in text.replace("| met |", "")


def test_the_conditions_name_a_tree_with_changes_and_the_durability() -> None:
    text = page.text(_run())
    assert "commit 297b3170 with changes" in text
    assert "PostgreSQL fsync = on" in text


def test_the_sides_take_turns_to_be_first() -> None:
    order: list[str] = []
    sides = {name: (lambda name=name: order.append(name)) for name in "abc"}
    assert [set(results) for results in in_turn(sides, 3)] == [{*"abc"}] * 3
    assert "".join(order) == "abcbcacab"


def test_a_ratio_is_the_median_of_the_rounds_and_the_spread_is_relative_to_it() -> None:
    figure = compared([(1.0, 1.0), (6.0, 2.0), (4.0, 1.0), (5.0, 1.0), (14.0, 2.0)])
    assert (figure.ours, figure.theirs, figure.ratio, figure.rounds) == (5.0, 1.0, 4.0, 5)
    assert figure.spread == pytest.approx(0.25)

"""Bars of chosen measures, with whiskers where there are intervals. Amounts in different units never share an axis."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from matplotlib.axes import Axes

from infra.drawing.sheet import (
    AROUND,
    LINE_HEIGHT,
    MOST_LINES,
    MOST_PANELS,
    Place,
    Sheet,
    at_most,
    common,
    label,
    numbers,
    titled,
    whiskers,
)
from infra.drawing.style import GREY, PALETTE
from infra.reports.answer import Answer, Group, columns
from infra.reports.numbers import NOTHING, number

FEWEST = 3
"""A panel has room for so many bars at least, so that one alone is no wall."""


class Panel(NamedTuple):
    """One measure in one unit, of the groups that have it."""

    measure: str
    unit: str
    groups: Sequence[Group]


def sheet(answer: Answer, measures: Sequence[str]) -> Sheet:
    wanted = measures or usual(answer)
    every = panels(answer, wanted)
    shown = every[:MOST_PANELS]
    lines = max(min(len(one.groups), MOST_LINES) for one in shown)
    made = Sheet(answer.report, Place(len(shown), 1, LINE_HEIGHT * max(lines, FEWEST) + AROUND))
    for axes, panel in zip(made.panels, shown, strict=True):
        _fill(made, axes, panel)
    return made


def usual(answer: Answer) -> list[str]:
    """The first measure with an interval, else the first one."""
    _, measures = columns(answer.groups)
    sure = (name for name in measures if any(name in one.figures and one.figures[name].interval for one in answer.groups))
    return [next(sure, measures[0])]


def panels(answer: Answer, measures: Sequence[str]) -> list[Panel]:
    """A panel for each measure and unit."""
    found: dict[tuple[str, str], list[Group]] = {}
    for measure in measures:
        for one in answer.groups:
            if measure in one.figures:
                found.setdefault((measure, one.figures[measure].unit), []).append(one)
    return [Panel(measure, unit, groups) for (measure, unit), groups in found.items()]


def _fill(made: Sheet, axes: Axes, panel: Panel) -> None:
    groups = at_most(panel.groups, MOST_LINES, made, "groups")
    figures = [one.figures[panel.measure] for one in groups]
    shared = common(groups)
    places = range(len(groups))
    values = [float(one.value or 0) for one in figures]
    drawn = axes.barh(places, values, color=PALETTE[0], height=0.7)
    errors = whiskers(figures)
    if any(map(any, errors)):
        axes.errorbar(values, places, xerr=errors, fmt="none", ecolor="black", elinewidth=1, capsize=2)
        made.notes.append("Whiskers are intervals at 95 %.")
    for bar, figure, value, above in zip(drawn, figures, values, errors[1], strict=True):
        if figure.caution:
            bar.set_hatch("///")
            made.notes.append(f"Hatched: {figure.caution}.")
        text = f" {number(figure.value)}" if figure.value is not None else f" {NOTHING} {label(figure.reason)}"
        axes.text(value + above, bar.get_y() + bar.get_height() / 2, text, va="center", fontsize=7, color=GREY)
    axes.set_yticks(places, [label(one.called(shared)) or "all" for one in groups])
    axes.set_ylim(max(len(groups), FEWEST) - 0.5, -0.5)
    axes.grid(visible=False, axis="y")
    axes.margins(x=0.12)
    numbers(axes, x=True)
    axes.set_xlabel(titled(panel.measure, panel.unit))

"""What each arm of a campaign changed against the control: a dot with its interval, beside the line of no difference."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.axes import Axes

from infra.drawing.bars import Panel, panels
from infra.drawing.sheet import (
    MOST_PANELS,
    NothingToDraw,
    Place,
    Sheet,
    at_most,
    common,
    label,
    numbers,
    once,
    titled,
    whiskers,
)
from infra.drawing.style import GREY, PALETTE
from infra.reports.answer import Answer, Shown, columns

LINE_HEIGHT, AROUND = 0.35, 0.9


def sheet(answer: Answer, measures: Sequence[str]) -> Sheet:
    compared = [one for panel in panels(answer, measures or usual(answer)) if (one := _known(panel)).groups]
    if not compared:
        raise NothingToDraw("no arm is compared with another")
    shown = compared[:MOST_PANELS]
    height = LINE_HEIGHT * max(len(one.groups) for one in shown) + AROUND
    made = Sheet(answer.report, Place(len(shown), 1, height))
    at_most(compared, MOST_PANELS, made, "measures")
    for axes, panel in zip(made.panels, shown, strict=True):
        _fill(made, axes, panel)
    return made


def usual(answer: Answer) -> list[str]:
    """The differences, and the ratio if there is no relative lift."""
    _, measures = columns(answer.groups)
    found = [name for name in measures if "difference" in name or "lift" in name]
    return found or [name for name in measures if _nothing(name)]


def _nothing(measure: str) -> float:
    """The value that means no difference."""
    return 1.0 if measure.endswith("ratio") else 0.0


def _known(panel: Panel) -> Panel:
    """Without the groups that are compared with nothing, such as the control."""
    groups = [one for one in panel.groups if one.figures[panel.measure].value is not None]
    if not panel.unit:
        # The groups of every currency repeat what is not in a currency.
        groups = once(groups, ["currency"])
    return panel._replace(groups=groups)


def _fill(made: Sheet, axes: Axes, panel: Panel) -> None:
    figures = [one.figures[panel.measure] for one in panel.groups]
    axes.axvline(_nothing(panel.measure), color=GREY, linewidth=1)
    for place, one in enumerate(figures):
        _dot(made, axes, place, one)
    shared = common(panel.groups)
    axes.set_yticks(range(len(figures)), [label(one.called(shared)) for one in panel.groups])
    axes.set_ylim(len(figures) - 0.4, -0.6)
    axes.grid(visible=False, axis="y")
    numbers(axes, x=True)
    axes.set_xlabel(titled(panel.measure, panel.unit))


def _dot(made: Sheet, axes: Axes, place: int, one: Shown) -> None:
    value = float(one.value or 0)
    if one.always_valid:
        always = whiskers([one._replace(interval=one.always_valid)])
        axes.errorbar([value], [place + 0.18], xerr=always, fmt="none", ecolor=PALETTE[1], elinewidth=1, capsize=2)
        made.notes.append("Vermilion, below: the interval that is valid for any number of looks.")
    filled = "white" if one.caution else PALETTE[0]
    error = whiskers([one])
    axes.errorbar([value], [place], xerr=error, fmt="o", color=PALETTE[0], markerfacecolor=filled, elinewidth=1.5, capsize=3)
    if one.interval:
        made.notes.append("Whiskers are intervals at 95 %, for one look at the data.")
    if one.caution:
        made.notes.append(f"Hollow: {one.caution}.")
